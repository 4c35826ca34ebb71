// A question in SOAP: an envelope, alone or in front of attachments. Rule: message-transport §2.6.
#pragma once

#include "schemas/message/soap.hpp"
#include "security-server/consumer/call.hpp"
#include "security-server/transport/related.hpp"

#include <memory>
#include <optional>
#include <string>

namespace onceway::consumer {

class SoapCall : public Call {
public:
    /// `question` holds the envelope; `attachments` is the multipart whose end has not been read yet, if there is one.
    SoapCall(message::SoapMessage asked, transport::Message question, std::optional<transport::Related> attachments);

    std::string soap_action;  // as HTTP carried it; empty when it was absent

    Async<transport::Message> take_message(channel::Exchange& exchange, const House& house) override;
    void append_fields(std::string& head) const override;
    Result<void> check(const Answer& answer, OctetsView request_hash) const override;
    Async<void> deliver(channel::Exchange& exchange, const Answer& answer) const override;

private:
    const message::SoapMessage asked_;
    transport::Message question_;
    std::optional<transport::Related> attachments_;
};

/// Reads a request to the end of its SOAP part, which must be here within 30 seconds. An envelope that holds a fault is
/// given with `sent_back` set. Faults, all behind `client.`: `invalid_http_method`, `invalid_content_type`,
/// `internal_error` (no content type), `invalid_soap_action`, those of `Related::read_soap_part` and of
/// `message::read_soap`. Rule: message-transport §2.6.
Async<std::unique_ptr<SoapCall>> read_soap_call(channel::Exchange& exchange, const House& house);

}  // namespace onceway::consumer
