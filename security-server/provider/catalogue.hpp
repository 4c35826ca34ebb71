// The services that a security server answers by itself: which services there are, and how they are described.
#pragma once

#include "schemas/base/async.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/message/facts.hpp"
#include "schemas/message/rest.hpp"
#include "security-server/provider/question.hpp"

#include <string>

namespace onceway::provider {

/// True for a GET of `listMethods`, `allowedMethods` or `getOpenAPI`: answered here, without a right, and with
/// everything else that a message owes. Rule: message-transport §5.6.
bool answers_by_itself(const message::RestRequest& request);
/// The same for SOAP's `listMethods`, `allowedMethods` and `getWsdl`.
bool answers_by_itself(const message::Facts& soap);

struct Described {
    std::string type;
    Octets octets;
};
/// The services of the provider, or those that the caller may use, as JSON; or the OpenAPI description of one of them,
/// downloaded anew and with its hosts hidden. Faults: `invalid_request` (no serviceCode), `internal_error` (no such
/// service, not described by OpenAPI, no description to be had). Rule: server-services §1.5.
Async<Described> describe(const message::RestRequest& request, const Visit& visit, const Desk& desk);

/// The same in SOAP: a list of services, or the WSDL of one as an attachment. Faults: `invalid_request`,
/// `unknown_service`, `service_type`, `internal_error`. Rule: server-services §1.3, §1.4.
Async<Answer> describe(const transport::Message& question, Visit& visit, const Desk& desk);

}  // namespace onceway::provider
