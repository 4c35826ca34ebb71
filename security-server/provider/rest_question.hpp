// A question in REST, and how it is answered.
#pragma once

#include "security-server/provider/question.hpp"

namespace onceway::provider {

class RestQuestion : public Question {
public:
    /// `request` outlives the question.
    RestQuestion(const message::RestRequest& request, const Desk& desk) : request_(request), desk_(desk) {}

    message::Facts facts() const override { return request_.facts(); }
    Result<Admission> admit(const access::Client& owner, const x509::Trust& trust) const override;
    /// Faults: those of Services::call as they are, and of catalogue.hpp.
    Async<Answer> answer(const transport::Message& message, Visit& visit) override;

private:
    Async<Answer> ask_service(const transport::Message& message, Visit& visit);
    Async<Answer> describe_itself(const transport::Message& message, Visit& visit);
    Octets part(const struct ServiceAnswer& given, const transport::Message& message, const Visit& visit) const;

    const message::RestRequest& request_;
    Desk desk_;
};

}  // namespace onceway::provider
