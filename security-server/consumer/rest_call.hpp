// A question in REST: its head is the part that will be sealed, its body comes behind. Rule: message-transport §2.2.
#pragma once

#include "schemas/message/rest.hpp"
#include "security-server/consumer/call.hpp"

#include <memory>
#include <string_view>

namespace onceway::consumer {

class RestCall : public Call {
public:
    RestCall(message::RestRequest request, Octets part, std::string request_id);

    message::RestRequest request;  // as the part says it: read back from what will be sent
    Octets part;                   // until the message is taken

    Async<transport::Message> take_message(channel::Exchange& exchange, const House& house) override;
    void append_fields(std::string& head) const override;
    Result<void> check(const Answer& answer, OctetsView request_hash) const override;
    Async<void> deliver(channel::Exchange& exchange, const Answer& answer) const override;
};

/// Reads the head of a request to `/r1/…`. A missing message id is made: `<own instance>-<uuid>`.
/// Faults: `invalid_client_identifier` (no X-Road-Client), `internal_error` (verb, target, path or an identifier is not
/// acceptable; message-transport §2.5 gives that code for all of them). Rule: message-transport §2.2, §3.8.1.
Result<std::unique_ptr<RestCall>> read_rest_call(const message::RequestHead& head, std::string_view own_instance);

}  // namespace onceway::consumer
