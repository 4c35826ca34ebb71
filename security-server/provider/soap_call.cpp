#include "security-server/provider/soap_call.hpp"

#include "certs/channel/client.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/message/mime.hpp"
#include "security-server/transport/delimiter_watch.hpp"
#include "security-server/transport/evidence.hpp"
#include "security-server/transport/related.hpp"

namespace onceway::provider {
namespace {

constexpr std::size_t type_octets_most = 900;  // a line of a part's header has 1000 at most

}  // namespace

Result<std::optional<std::string>> related_boundary(const transport::Message& question,
                                                    const std::string& original_type) {
    if (!transport::is_related(original_type)) {
        if (question.attachments.empty()) return std::optional<std::string>();
        return fault(FaultCode::invalid_content_type, "The message has attachments, but its client's content type, '" +
                                                          original_type + "', is no multipart/related.");
    }
    auto boundary = message::boundary_of(original_type);
    if (!boundary) return fault(FaultCode::invalid_content_type, boundary.error().detail);
    auto fields = transport::check_fields(question.headers);
    for (const auto& head : question.attachments)
        if (fields) fields = transport::check_fields(head.headers);
    if (!fields) return fields.error();
    return std::optional<std::string>(std::move(*boundary));
}

std::string SoapCall::head(const channel::Url& url) const {
    const auto& envelope = visit_.envelope;
    const message::Fields fields{{"SOAPAction", envelope.soap_action},
                                 {"Content-Type", boundary_ ? *envelope.original_type : "text/xml; charset=UTF-8"},
                                 {"accept-encoding", ""},
                                 {"User-Agent", "Onceway/" ONCEWAY_VERSION}};
    const message::Framing framing{
        .kind = message::Framing::Kind::length,
        .length = boundary_ ? transport::related_octets(*boundary_, question_) : question_.part.size()};
    return channel::write_request_head("POST", url.target, url.authority(), fields, framing);
}

Async<void> SoapCall::write_body(transport::Sink& sink) const {
    if (boundary_) {
        transport::DelimiterWatch watched(sink, *boundary_, 1 + question_.attachments.size());
        auto written = co_await transport::write_related(watched, *boundary_, question_);
        co_return written;
    }
    auto written = co_await sink.write(question_.part);
    if (!written) co_return written.error();
    auto finished = co_await sink.finish();
    co_return finished;
}

// Up to the answer's head a genuine server has not begun its own answer; from there on faults are late ones.
Async<void> SoapCall::hear(message::ResponseHead head, transport::Source& body) {
    heard_.status = head.status;
    if (head.status != 200 && head.status != 500)
        co_return fault(FaultCode::http_error, "Calling the information system: it answered with status " +
                                                   std::to_string(head.status) +
                                                   "; SOAP answers come with 200 or 500.");
    visit_.answering = true;
    heard_.type = message::field(head.fields, "Content-Type").value_or("");
    if (heard_.type.size() > type_octets_most)
        co_return fault(FaultCode::invalid_content_type,
                        "Calling the information system: the type of its answer has more than 900 octets.");
    if (!heard_.type.empty()) visit_.fields = {{"x-original-content-type", heard_.type}};
    const bool related = transport::is_related(heard_.type);
    if (!related && !transport::is_soap_type(heard_.type))
        co_return fault(FaultCode::invalid_content_type,
                        "Calling the information system: its answer is of type '" + heard_.type.substr(0, 200) +
                            "', not text/xml, application/xop+xml or multipart/related.");
    Async<void> hearing = related ? hear_related(body) : hear_envelope(body);
    auto heard = co_await std::move(hearing);
    co_return heard;
}

Async<void> SoapCall::hear_envelope(transport::Source& body) {
    Octets envelope;
    transport::CountedEnvelope counted(house_.body_memory);
    for (;;) {
        auto octets = co_await body.next();
        if (!octets) co_return octets.error();
        if (octets->empty()) break;
        if (octets->size() > limits::message_part_octets - envelope.size())
            co_return fault(FaultCode::too_large, "Calling the information system: its envelope has more than 10 MiB.");
        envelope += *octets;
        auto fits = counted.grows_to(envelope.size());
        if (!fits) co_return fits.error();
    }
    if (envelope.empty())
        co_return fault(FaultCode::invalid_message, "Calling the information system: its answer is empty.");
    auto read = message::read_soap(envelope, heard_.type);
    if (!read) co_return read.error();
    heard_.soap = std::move(*read);
    heard_.message.type = heard_.type;
    heard_.message.part = std::move(envelope);
    heard_.message.held = counted.held();
    co_return Result<void>{};
}

Async<void> SoapCall::hear_related(transport::Source& body) {
    auto boundary = message::boundary_of(heard_.type);
    if (!boundary) co_return fault(FaultCode::invalid_content_type, boundary.error().detail);
    transport::Related related(std::move(*boundary), house_.spool, house_.body_memory);
    auto begun = co_await related.read_soap_part(body);
    if (!begun) co_return begun.error();
    auto read = message::read_soap(related.received().part, related.received().type);
    if (!read) co_return read.error();
    heard_.soap = std::move(*read);
    if (!heard_.soap.fault) {
        auto rest = co_await related.read_rest(body);
        if (!rest) co_return rest.error();
    }
    heard_.message = related.take_received();
    co_return Result<void>{};
}

}  // namespace onceway::provider
