// A question in SOAP, and how it is answered.
#pragma once

#include "security-server/provider/question.hpp"

namespace onceway::provider {

class SoapQuestion : public Question {
public:
    /// `request` outlives the question.
    SoapQuestion(const message::SoapMessage& request, const Desk& desk) : request_(request), desk_(desk) {}

    message::Facts facts() const override { return request_.facts(); }
    Result<Admission> admit(const access::Client& owner, const x509::Trust& trust) const override;
    /// Faults: those of SoapCall behind `service_failed`, `service_missing_url`, `service_malformed_url`, and of
    /// catalogue.hpp.
    Async<Answer> answer(const transport::Message& message, Visit& visit) override;

private:
    Async<Answer> ask_service(const transport::Message& message, Visit& visit);

    const message::SoapMessage& request_;
    Desk desk_;
};

}  // namespace onceway::provider
