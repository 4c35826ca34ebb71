// The declared state as text: clients, their services, and who may call them. Read, written, and told apart.
#pragma once

#include "schemas/base/result.hpp"
#include "security-server/access/state.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::admin {

/// Reads a state file that says everything: each description with the services of its document (`read_declaration` in
/// declaration.hpp takes the others). Certificates are PEM text, or names of files relative to `beside`. `server` is
/// the server whose state it is: all clients are of its instance. The revision is 0. Faults: `malformed_server_conf`
/// with file, line, key, and what would be right.
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
/// Reads one. Faults: `invalid_argument` with what it must be.
Result<access::Subject> read_subject(std::string_view text);
/// "rest", "openapi", "wsdl".
std::string_view type_word(access::ServiceType type);
/// "http", "https", "https-no-authentication".
std::string_view connection_word(access::ConnectionType type);
/// A service as people name it: "permit", "permit.v1".
std::string full_code(std::string_view code, const std::optional<std::string>& version);

}  // namespace onceway::admin
