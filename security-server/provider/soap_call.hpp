// Calling an information system with SOAP.
#pragma once

#include "schemas/message/soap.hpp"
#include "security-server/house.hpp"
#include "security-server/provider/call.hpp"
#include "security-server/provider/visit.hpp"
#include "security-server/transport/message.hpp"

#include <optional>
#include <string>

namespace onceway::provider {

/// What an information system answered.
struct SoapHeard {
    int status = 0;
    std::string type;            // the Content-Type of the whole
    transport::Message message;  // envelope and attachments as it wrote them; of a fault, the envelope alone
    message::SoapMessage soap;   // the envelope, read
};

/// The boundary under which envelope and attachments go to the information system: the one that the client chose. None
/// when the envelope goes alone. Faults: `invalid_content_type` when there are attachments and `original_type` is no
/// multipart/related, or has no boundary; `internal_error` for a part's header that cannot be written.
Result<std::optional<std::string>> related_boundary(const transport::Message& question,
                                                    const std::string& original_type);

/// The envelope as it came, alone or with its attachments in a multipart like the client's: the same boundary, the same
/// octets. What comes back is read to the header rules; a fault ends the reading. Rule: message-transport §5.5.
class SoapCall : public Call {
public:
    /// All outlive the call. `boundary` as related_boundary gives it; `visit` is told from where on faults are late.
    SoapCall(const transport::Message& question, std::optional<std::string> boundary, Visit& visit, const House& house)
        : question_(question), boundary_(std::move(boundary)), visit_(visit), house_(house) {}

    Result<channel::Url> address(const access::Service& service) const override { return written_address(service); }
    std::string head(const channel::Url& url) const override;
    Async<void> write_body(transport::Sink& sink) const override;
    bool answers_head() const override { return false; }
    /// Faults: `http_error` (neither 200 nor 500), `invalid_content_type`, `invalid_message` (nothing in the body),
    /// `too_large`, those of Related and of `message::read_soap`.
    Async<void> hear(message::ResponseHead head, transport::Source& body) override;

    SoapHeard& heard() { return heard_; }

private:
    Async<void> hear_envelope(transport::Source& body);
    Async<void> hear_related(transport::Source& body);

    const transport::Message& question_;
    std::optional<std::string> boundary_;
    Visit& visit_;
    const House& house_;
    SoapHeard heard_;
};

}  // namespace onceway::provider
