// Reads a message from the multipart of another server: streaming, part by part, in the one order that is allowed.
#pragma once

#include "schemas/base/async.hpp"
#include "schemas/base/fault.hpp"
#include "schemas/message/rest.hpp"
#include "schemas/message/soap.hpp"
#include "security-server/transport/message.hpp"
#include "security-server/transport/octets.hpp"
#include "security-server/transport/places.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace onceway::transport {

/// The boundary of a message's content type. Faults: `invalid_content_type` (not multipart/mixed, no boundary,
/// unreadable).
Result<std::string> message_boundary(std::string_view content_type);

/// One message being read. Body and attachments go into a payload as they arrive; every other part is bounded.
class Incoming {
public:
    enum class Expect { request, response };

    /// `spool` is where large bodies go; what a body holds of memory is counted in `memory`, when there is one.
    Incoming(Expect what, std::string boundary, std::filesystem::path spool,
             std::shared_ptr<BodyMemory> memory = nullptr);
    Incoming(Incoming&&) noexcept;
    ~Incoming();

    /// Reads to the end of the message part, or to the end of the octets when there is none. What is wrong further
    /// behind is not reported here, however the octets were cut into pieces. Faults: `mime_parsing_failed`,
    /// `invalid_content_type`, `io_error` (an OCSP part that is none, octets that end), `too_large`, `internal_error`
    /// (REST part malformed), those of `message::read_soap`, `invalid_message` (a request that is a SOAP fault), and
    /// those of the source.
    Async<void> read_message_part(Source& source);
    /// Reads what is left, to the end of the octets. Faults: the same, and `invalid_message` for a part behind the
    /// signature.
    Async<void> read_rest(Source& source);

    /// The message part, once read; none in an answer that is only a fault.
    const std::optional<message::RestRequest>& request() const;    // expecting a request, of REST
    const std::optional<message::RestResponse>& response() const;  // expecting a response, of REST
    const std::optional<message::SoapMessage>& soap() const;       // either, of SOAP; never a fault
    /// The fault that the other server put in place of the message or of the signature; nothing behind it was read.
    struct Relayed {
        WireFault fault;
        Octets document;  // as it came: SOAP's callers get it untouched
    };
    const std::optional<Relayed>& relayed() const;

    /// What has been received so far.
    const Message& received() const;
    /// The same, handed over: once everything has been read, and as the last thing.
    Message take_received();
    message::RestResponse take_response();
    message::SoapMessage take_soap();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::transport
