// What a security server tells about the REST services of its clients. Rule: message-transport §5.6.
#pragma once

#include "certs/x509/trust.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"
#include "schemas/message/rest.hpp"
#include "security-server/access/state.hpp"

namespace onceway::provider {

/// True for a GET of `listMethods`, `allowedMethods` or `getOpenAPI`: answered here, without a right, and with
/// everything else that a message owes.
bool answers_by_itself(const message::RestRequest& request);

/// The services of `owner`, or those that the caller may use, as JSON: an object with the array `service`.
/// Faults: `invalid_request` for `getOpenAPI`, which this release does not serve.
Result<Octets> describe(const message::RestRequest& request, const access::Client& owner, const x509::Trust& trust);

}  // namespace onceway::provider
