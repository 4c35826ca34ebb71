// Where a provider can be reached.
#pragma once

#include "certs/x509/trust.hpp"
#include "schemas/identity/identifiers.hpp"

#include <optional>
#include <string>
#include <vector>

namespace onceway::consumer {

/// The addresses of the security servers of which `provider` is owner or registered client, each once, in document
/// order; only that of `wanted` when the request names a server. Faults: `unknown_member` (nobody serves the provider),
/// `invalid_security_server` (the server named does not exist or does not serve it), `maintenance_mode` with the
/// operators' message. Rule: message-transport §3.2, 1 to 3.
Result<std::vector<std::string>> addresses_of(const identity::ClientId& provider,
                                              const std::optional<identity::ServerId>& wanted,
                                              const x509::Trust& trust);

}  // namespace onceway::consumer
