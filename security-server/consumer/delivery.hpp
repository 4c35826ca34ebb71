// Hands an answer, or the reason why there is none, to the information system.
#pragma once

#include "certs/channel/payload.hpp"
#include "certs/channel/server.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/fault.hpp"
#include "schemas/message/rest.hpp"

namespace onceway::consumer {

/// Answers with the provider's status, headers and body. Headers come in the order of the part, a `Date` once.
/// Faults: those of the exchange. Rule: message-transport §2.3.
Async<void> deliver(channel::Exchange& exchange, const message::RestResponse& response, const channel::Payload* body);

/// Answers with an error of REST; what the information system still wants to send is read away first, within limits.
/// Rule: message-transport §2.5.
Async<void> refuse(channel::Exchange& exchange, const WireFault& fault);

/// The same at once: what is still to come is not read first. For a refusal that must cost next to nothing; it says
/// when to try again.
Async<void> refuse_at_once(channel::Exchange& exchange, const WireFault& fault);

/// Answers what is no REST call: a SOAP fault that says so. Rule: message-transport §2.1 (routing), §2.8.
Async<void> refuse_soap(channel::Exchange& exchange);

}  // namespace onceway::consumer
