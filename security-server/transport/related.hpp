// SOAP as information systems speak it: the multipart/related in which an envelope and its attachments arrive, and the
// one in which they are handed on. Both sides of a server use it: questions of our systems, answers of services.
#pragma once

#include "schemas/base/async.hpp"
#include "security-server/transport/message.hpp"
#include "security-server/transport/octets.hpp"
#include "security-server/transport/places.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace onceway::transport {

/// One multipart/related being read: the first leaf is the SOAP part, every further leaf an attachment, in the order of
/// the document; a multipart within it is flattened. Headers of parts are kept, unfolded, of equal names the last;
/// octets are never decoded, whatever a Content-Transfer-Encoding says. All attachments go into one payload.
///
/// Lines end in CRLF or LF, and what stands before the first and behind the end delimiter is not looked at; the end
/// delimiters themselves must be there, so that what was cut off is noticed. Where an attachment ends at an LF as well,
/// none can hold a line that another reader, strict or not, takes for a delimiter when the parts are put together anew
/// under the same boundary. Rule: message-transport §2.6.2, §3.6; threats §5.7.
class Related {
public:
    /// `boundary` as `message::boundary_of` gives it. `spool` is where large attachments go; what they hold of memory
    /// is counted in `memory`, when there is one.
    Related(std::string boundary, std::filesystem::path spool, std::shared_ptr<BodyMemory> memory = nullptr);
    Related(Related&&) noexcept;
    ~Related();

    /// Reads to the end of the SOAP part; its envelope is not parsed. What is wrong further behind is not reported
    /// here. Faults: `mime_parsing_failed`, `missing_soap` (no part), `invalid_content_type` (a part without a type, or
    /// the first is neither text/xml nor application/xop+xml), `too_large` (SOAP part above 10 MiB), and those of the
    /// source.
    Async<void> read_soap_part(Source& source);
    /// Reads what is left, to the end of the octets. Faults: the same; `too_large` for more than 1000 attachments.
    Async<void> read_rest(Source& source);

    /// What has been received so far: after `read_soap_part` the envelope with its type and headers, after `read_rest`
    /// the attachments too.
    const Message& received() const;
    /// The same, handed over: as the last thing.
    Message take_received();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// True when `content_type` is a multipart/related, whatever its case and parameters.
bool is_related(std::string_view content_type);
/// True for the two types that a SOAP part may have: text/xml and application/xop+xml.
bool is_soap_type(std::string_view content_type);

/// Octets that `write_related` will write, for a Content-Length.
std::uint64_t related_octets(std::string_view boundary, const Message& message);
/// Writes a SOAP message as a multipart for an information system and finishes the sink: the SOAP part, then the
/// attachments, nothing decoded, types and headers as they came. They can be written: check headers that come from
/// elsewhere with `check_fields` first. Faults: those of the sink and of the payload.
/// Rule: message-transport §2.7 (framing; a blank behind `content-type:` only without attachments).
Async<void> write_related(Sink& sink, std::string boundary, const Message& message);

}  // namespace onceway::transport
