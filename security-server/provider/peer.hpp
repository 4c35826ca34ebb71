// Judges the server that sent a message.
#pragma once

#include "certs/x509/judge.hpp"
#include "schemas/base/result.hpp"
#include "schemas/identity/identifiers.hpp"

#include <memory>
#include <vector>

namespace onceway::provider {

/// The checks on a consumer's server that need the message: OCSP parts, path, registration for `client`. What was
/// judged before with the same certificates, answers and snapshot is remembered in `memory`, which may be null. Faults:
/// `ssl_authentication_failed` with the exact cause in the text, or `internal_error` when the issuer is not approved in
/// the client's instance. Rule: message-transport §3.1.1.
Result<void> judge_peer(const std::vector<x509::Certificate>& presented, const std::vector<Octets>& ocsp,
                        const identity::ClientId& client, std::shared_ptr<const x509::Trust> trust, Instant at,
                        x509::JudgementMemory* memory);

}  // namespace onceway::provider
