// Calling an information system with REST.
#pragma once

#include "certs/channel/payload.hpp"
#include "schemas/message/rest.hpp"
#include "security-server/house.hpp"
#include "security-server/provider/call.hpp"

#include <memory>
#include <string>

namespace onceway::provider {

/// What an information system answered.
struct ServiceAnswer {
    int status = 0;
    std::string reason;
    message::Fields fields;
    std::shared_ptr<channel::Payload> body;  // null where HTTP has no body; otherwise sealed, possibly empty
};

/// The address of one call: the service's address, the path behind it, the query; all as they were written.
/// Faults: `service_missing_url`, `service_malformed_url`. Rule: message-transport §5.5.
Result<channel::Url> call_address(const access::Service& service, const identity::RestTarget& target);

/// Verb and headers as `request` has them, the body for POST, PUT and PATCH only. The headers can be written: see
/// `transport::check_fields`. Rule: message-transport §5.5.
class RestCall : public Call {
public:
    /// `request` and `body`, which may be null, outlive the call.
    RestCall(const message::RestRequest& request, const channel::Payload* body, const House& house)
        : request_(request), body_(body), house_(house) {}

    Result<channel::Url> address(const access::Service& service) const override;
    std::string head(const channel::Url& url) const override;
    Async<void> write_body(transport::Sink& sink) const override;
    bool answers_head() const override { return request_.verb == "HEAD"; }
    Async<void> hear(message::ResponseHead head, transport::Source& body) override;

    ServiceAnswer& heard() { return heard_; }

private:
    const message::RestRequest& request_;
    const channel::Payload* body_;
    const House& house_;
    ServiceAnswer heard_;
};

}  // namespace onceway::provider
