// What a starting server found, told in its log: one line each for configuration and keys; the ports are told by
// `server.ready`.
#pragma once

#include "security-server/admin/administration.hpp"

namespace onceway::admin {

/// `server.found_configuration` and `server.found_keys`, as warnings when messages cannot flow with what was found.
void tell_what_was_found(const Administered& server);

/// The reason why a port could not be opened, with whoever holds it.
Fault with_port_holder(Fault refused, const std::string& address, std::uint16_t port);

}  // namespace onceway::admin
