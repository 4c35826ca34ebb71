// What an information system asks for, in either language, and whether it may ask in this client's name.
#pragma once

#include "certs/channel/server.hpp"
#include "schemas/message/facts.hpp"
#include "security-server/access/state.hpp"
#include "security-server/consumer/answer.hpp"
#include "security-server/house.hpp"
#include "security-server/transport/message.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace onceway::consumer {

/// The last value of the field `name`: it is the one that counts.
std::optional<std::string_view> last_field(const message::Fields& fields, std::string_view name);

/// A question whose head, or whose SOAP part, has been read. What REST and SOAP do differently stands in its two forms,
/// rest_call.hpp and soap_call.hpp; the way through the house knows only this.
class Call {
public:
    Call(message::Facts facts, std::string request_id);
    virtual ~Call();

    const message::Facts facts;          // who asks whom for what
    const std::string request_id;        // made here, one for each exchange
    std::string original_content_type;   // of the information system's request; empty when it sent none
    std::optional<WireFault> sent_back;  // what came is no question but a fault, and this is the answer to it

    /// Reads the body or the attachments that are still to come, and gives the whole message, to be sealed. As the last
    /// thing that is done with this question's octets. Faults: `io_error`, and what is wrong with a multipart.
    virtual Async<transport::Message> take_message(channel::Exchange& exchange, const House& house) = 0;
    /// Appends the HTTP fields that only this language has between servers. Rule: message-transport §3.4.
    virtual void append_fields(std::string& head) const = 0;
    /// Checks that a verified answer belongs to this question and can be handed on. `request_hash` is raw.
    /// Faults: `inconsistent_response`, saying what differs; `internal_error`. Rule: message-transport §2.4, §2.7.
    virtual Result<void> check(const Answer& answer, OctetsView request_hash) const = 0;
    /// Hands a checked answer to the information system. Faults: those of the exchange.
    virtual Async<void> deliver(channel::Exchange& exchange, const Answer& answer) const = 0;
};

/// What decides besides the client's own certificates; looked at only where a client must show one.
struct Recognition {
    std::function<std::shared_ptr<const channel::TlsIdentity>()> own;  // the server's internal certificate counts too
    bool enforce_dates = false;  // refuse a certificate that is not valid now; otherwise it is only told
    const Clock& clock;
};
Recognition recognition_by(const House& house);

/// Checks that the connection is of the kind that the client's operator demands. A certificate counts when it is one of
/// the client's, octet for octet: no chain, no name, no revocation.
/// Faults: `ssl_authentication_failed`. Rule: message-transport §2.1.
Result<void> authenticate(const access::Client& client, const channel::Exchange& exchange,
                          const Recognition& recognition);

}  // namespace onceway::consumer
