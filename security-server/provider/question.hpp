// What differs between the languages in which another server may ask: who may have what, and how it is answered.
#pragma once

#include "schemas/base/async.hpp"
#include "security-server/house.hpp"
#include "security-server/provider/admission.hpp"
#include "security-server/provider/service.hpp"
#include "security-server/provider/visit.hpp"
#include "security-server/transport/incoming.hpp"
#include "security-server/transport/message.hpp"

#include <memory>
#include <optional>

namespace onceway::provider {

/// What a question is answered with.
struct Answer {
    transport::Message message;  // its parts, not yet sealed
    /// The information system's own SOAP fault: travels octet for octet, in place of a message, and is not sealed.
    std::optional<transport::Incoming::Relayed> fault{};
};

/// A question that has been read: one of rest_question.hpp, soap_question.hpp.
class Question {
public:
    virtual ~Question() = default;
    virtual message::Facts facts() const = 0;
    /// Service, type, right, notice. Faults: see admission.hpp.
    virtual Result<Admission> admit(const access::Client& owner, const x509::Trust& trust) const = 0;
    /// Asks the information system that `visit` admits to, or answers in the server's own name. `message` holds the
    /// question's parts; `visit` is told when, from where on faults are late ones, and what the HTTP head says.
    virtual Async<Answer> answer(const transport::Message& message, Visit& visit) = 0;
};

/// What a question needs in order to be answered.
struct Desk {
    const House& house;
    Services& services;
};

/// The question in `incoming`, which outlives it. Null when the message part is missing, or is not of the language that
/// the HTTP head says.
std::unique_ptr<Question> question_of(const transport::Incoming& incoming, bool rest, const Desk& desk);

}  // namespace onceway::provider
