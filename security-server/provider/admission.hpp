// Whether a message that has been read is let through to the service it asks for.
#pragma once

#include "certs/signature/memory.hpp"
#include "certs/x509/trust.hpp"
#include "schemas/base/result.hpp"
#include "schemas/message/facts.hpp"
#include "schemas/message/rest.hpp"
#include "security-server/access/state.hpp"
#include "security-server/transport/message.hpp"

namespace onceway::provider {

/// What was let through.
struct Admission {
    const access::Service* service = nullptr;  // null: the server answers by itself, see catalogue.hpp
    const access::Right* right = nullptr;      // that opened the service
};

/// Service, type, right and notice, in this order. Services that the server answers by itself need no right.
/// Faults: `unknown_service`, `service_type`, `access_denied`, `service_disabled`. Rule: message-transport §5.1, 4
/// to 7.
Result<Admission> admit_rest(const message::RestRequest& request, const access::Client& owner,
                             const x509::Trust& trust);
/// The same for SOAP, where a service is code and version, and only a right on the whole service counts.
Result<Admission> admit_soap(const message::Facts& facts, const access::Client& owner, const x509::Trust& trust);

/// The signature over the message; `seen` is what this thread verified before. Gives the octets of the signature's
/// value. Faults: `signature_verification.…`; `internal_error` for REST without a message id.
/// Rule: message-transport §4.6.
Result<Octets> verify(const message::Facts& facts, const transport::Message& message,
                      const std::shared_ptr<const x509::Trust>& trust, Instant at, signature::VerifyMemory& seen);

}  // namespace onceway::provider
