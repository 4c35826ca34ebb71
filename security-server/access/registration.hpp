// Which of the declared clients the global configuration knows at this server: the others are refused on both sides.
#pragma once

#include "certs/x509/trust.hpp"
#include "schemas/base/result.hpp"
#include "security-server/access/state.hpp"

namespace onceway::access {

/// True when the configuration lists `client` at `server`, as its owner or as one of its clients. Exact equality.
bool registered(const identity::ClientId& client, const identity::ServerId& server, const x509::Trust& trust);

/// The declared client of this id once it is registered at `server`. Whoever asks uses one snapshot of each: what
/// either changes counts from the next message on. Faults: `unknown_member`. Rule: message-transport §2.1, §5.1;
/// server-services §2.2, kept in docs/conformance/server-services.md as 44.
Result<const Client*> registered_client(const State& state, const identity::ClientId& client,
                                        const identity::ServerId& server, const x509::Trust& trust);

}  // namespace onceway::access
