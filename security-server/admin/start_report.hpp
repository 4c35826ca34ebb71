// What a starting server found, told in its log: one line each for configuration and keys; the ports are told by
// `server.ready`.
#pragma once

#include "security-server/admin/administration.hpp"

namespace onceway::admin {

/// `server.found_configuration` and `server.found_keys`, as warnings when messages cannot flow with what was found.
void tell_what_was_found(const Administered& server);

/// A fault of opening a port, with who holds it, or that the address is not ours, and what to do. A fault of something
/// else comes back as it is.
Fault why_not_open(Fault refused, const std::string& address, std::uint16_t port);

}  // namespace onceway::admin
