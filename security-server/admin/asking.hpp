// How a command reaches a server: over the socket of a running one, otherwise in the folder of a stopped one.
#pragma once

#include "security-server/admin/commands.hpp"
#include "security-server/admin/stopped_server.hpp"

#include <boost/json/object.hpp>

#include <memory>

namespace onceway::admin {

class Asking {
public:
    /// Faults: those of `load_server_file`.
    static Result<Asking> of(const std::filesystem::path& folder);

    /// Asks, and gives the answer of a request that was granted. With `needs_keys` the PIN of a stopped server's keys
    /// is asked for at the terminal when no file holds it. Faults: the server's own, or why it could not be asked.
    Result<boost::json::object> ask(const boost::json::object& request, bool needs_keys = false);
    const ServerFile& file() const { return file_; }
    bool running() const;

private:
    explicit Asking(ServerFile file) : file_(std::move(file)) {}
    Result<Octets> ask_stopped(OctetsView line, bool needs_keys);

    ServerFile file_;
    std::unique_ptr<StoppedServer> stopped_;
};

/// A server's answer as it came over the socket. Faults: the one that it holds.
Result<boost::json::object> read_answer(OctetsView reply);

/// Prints a fault for people: what happened, its code and the operator's advice. Gives `no`.
Outcome complain(const Fault& fault);
/// One JSON object on stdout.
void print(const boost::json::object& object);
/// Asks a yes-or-no question at the terminal; false when there is none.
bool confirmed(const std::string& question);

std::string text_in(const boost::json::object& object, std::string_view key);

}  // namespace onceway::admin
