// What an information system asks for, and whether it may ask in this client's name.
#pragma once

#include "certs/channel/server.hpp"
#include "schemas/message/rest.hpp"
#include "security-server/access/state.hpp"
#include "security-server/house.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace onceway::consumer {

/// A question, already in the form in which it will be sealed.
struct Call {
    message::RestRequest request;  // as the part says it: read back from what will be sent
    Octets part;
    std::string request_id;             // made here, one for each exchange
    std::string original_content_type;  // of the information system's request; empty when it sent none
};

/// Reads the head of a request to `/r1/…`. A missing message id is made: `<own instance>-<uuid>`.
/// Faults: `invalid_client_identifier` (no X-Road-Client), `internal_error` (verb, target, path or an identifier is not
/// acceptable; message-transport §2.5 gives that code for all of them). Rule: message-transport §2.2, §3.8.1.
Result<Call> read_call(const message::RequestHead& head, std::string_view own_instance);

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
