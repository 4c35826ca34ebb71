// The declared state as a file: clients, their services, and who may call them. Read, written, and told apart.
#pragma once

#include "schemas/base/result.hpp"
#include "security-server/access/state.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::admin {

/// Reads a state file. Certificates are PEM text, or names of files relative to `beside`. `server` is the server whose
/// state it is: all clients are of its instance. The revision is 0.
/// Faults: `malformed_server_conf` with file, line, key, and what would be right.
Result<access::State> read_state(std::string_view text, const std::string& name, const std::filesystem::path& beside,
                                 const identity::ServerId& server);

/// The same state as a file that needs no other file, in a fixed order: what the store keeps and `status` shows.
std::string write_state(const access::State& state);

/// One thing that differs between two states.
struct Change {
    enum class Kind { added, removed, changed } kind;
    std::string what;           // "client ZA-WC/GOV/HOME/people, service register"
    std::string before, after;  // "rest http://… 60 s"; empty where there is none

    std::string text() const;  // "+ client …: rest http://…", one line
};
/// What applying `next` changes, in a fixed order; empty when nothing does.
std::vector<Change> difference(const access::State& now, const access::State& next);

/// A subject as the file writes it: "I/C/M/S", "group:I/code", "local:code".
std::string subject_text(const access::Subject& subject);

}  // namespace onceway::admin
