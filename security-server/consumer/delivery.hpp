// Hands an answer, or the reason why there is none, to the information system.
#pragma once

#include "certs/channel/payload.hpp"
#include "certs/channel/server.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/fault.hpp"
#include "schemas/message/rest.hpp"
#include "security-server/consumer/answer.hpp"

namespace onceway::consumer {

/// Answers with the provider's status, headers and body. Headers come in the order of the part, a `Date` once.
/// Faults: those of the exchange. Rule: message-transport §2.3.
Async<void> deliver(channel::Exchange& exchange, const message::RestResponse& response, const channel::Payload* body);

/// Checks that an answer in SOAP can be handed on: it says what its service answered with, and its parts have headers
/// that can be written. Faults: `internal_error`. Rule: message-transport §2.7, §8, trap 21.
Result<void> check_deliverable(const Answer& answer);

/// Answers with the provider's envelope, and with its attachments when the service answered with a multipart: the same
/// octets, type and boundary. The answer has passed `check_deliverable`. Faults: those of the exchange.
/// Rule: message-transport §2.7.
Async<void> deliver_soap(channel::Exchange& exchange, const Answer& answer);

/// Why a question gets no answer.
struct Refusal {
    WireFault fault;
    Octets document{};  // the other server's fault document, as it came; empty for a fault made here
    bool busy = false;  // nothing is wrong with the question: it may be asked again in a moment
};

/// Answers with an error of REST or a SOAP fault. What the information system still wants to send is read away first,
/// within limits; when busy it is not, for such a refusal must cost next to nothing, and it says when to try again.
/// Faults: those of the exchange. Rule: message-transport §2.5, §2.8.
Async<void> refuse(channel::Exchange& exchange, message::Language language, const Refusal& why);

}  // namespace onceway::consumer
