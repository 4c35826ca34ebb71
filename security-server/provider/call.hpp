// One call of an information system as a language makes it: what is said, and how the answer is heard.
#pragma once

#include "certs/channel/url.hpp"
#include "schemas/base/async.hpp"
#include "schemas/message/http_head.hpp"
#include "security-server/access/state.hpp"
#include "security-server/transport/octets.hpp"

#include <string>

namespace onceway::provider {

class Call {
public:
    virtual ~Call() = default;
    /// Where the call goes. Faults: `service_missing_url`, `service_malformed_url`.
    virtual Result<channel::Url> address(const access::Service& service) const = 0;
    /// The whole HTTP head; it names the length of what `write_body` writes.
    virtual std::string head(const channel::Url& url) const = 0;
    /// Writes the body, if there is one, and finishes the sink.
    virtual Async<void> write_body(transport::Sink& sink) const = 0;
    /// True when the answer ends with its head whatever that says.
    virtual bool answers_head() const = 0;
    /// Takes the answer in. A body that is not read to its end costs the connection.
    virtual Async<void> hear(message::ResponseHead head, transport::Source& body) = 0;
};

/// The address of `service` as its operator wrote it. Faults: `service_missing_url`, `service_malformed_url`.
Result<channel::Url> written_address(const access::Service& service);

}  // namespace onceway::provider
