// The answer in SOAP, as an information system gets it.
#include "schemas/base/failpoint.hpp"
#include "schemas/message/mime.hpp"
#include "security-server/consumer/delivery.hpp"
#include "security-server/transport/delimiter_watch.hpp"
#include "security-server/transport/evidence.hpp"
#include "security-server/transport/octets.hpp"
#include "security-server/transport/related.hpp"

#include <algorithm>

namespace onceway::consumer {
namespace {

/// The type of an answer in SOAP, and the boundary when it is a multipart.
struct SoapForm {
    std::string content_type;
    std::string boundary;  // empty: the SOAP part alone
};

/// `type` without its parameter `charset`.
std::string without_charset(std::string_view type) {
    std::string kept;
    bool quoted = false;
    for (std::size_t from = 0, at = 0; at <= type.size(); ++at) {
        if (at < type.size() && type[at] == '"') quoted = !quoted;
        if (at < type.size() && type[at] == '\\') ++at;
        if (at < type.size() && (type[at] != ';' || quoted)) continue;
        const auto piece = type.substr(from, at - from);
        const auto name = piece.substr(std::min(piece.find_first_not_of(" \t"), piece.size()));
        if (!same_ignoring_case(name.substr(0, name.find_first_of("= \t")), "charset"))
            kept.append(kept.empty() ? "" : ";").append(piece);
        from = at + 1;
    }
    return kept;
}

/// What the provider's service answered with, as UTF-8 whatever it said. Rule: message-transport §2.7.
std::string in_utf8(const std::string& type, const message::MediaType& parsed) {
    const auto charset = parsed.parameter("charset");
    if (charset && same_ignoring_case(*charset, "UTF-8")) return type;
    return (charset ? without_charset(type) : type) + ";charset=utf-8";
}

Result<SoapForm> soap_form(const Answer& answer) {
    const auto type = message::MediaType::parse(*answer.original_content_type);
    const bool related = type && type->base == "multipart/related";
    if (!related && answer.message.attachments.empty()) return SoapForm{"text/xml; charset=UTF-8", {}};
    if (!related)
        return fault(FaultCode::internal_error,
                     "The provider's answer has attachments, and its x-original-content-type is no multipart/related.");
    auto boundary = message::boundary_of(*type);
    if (!boundary)
        return fault(FaultCode::internal_error,
                     "The x-original-content-type of the provider's answer cannot be used: " + boundary.error().detail);
    return SoapForm{in_utf8(*answer.original_content_type, *type), std::move(*boundary)};
}

/// As far as the message is in memory; what lies on disk is watched on its way.
bool falls_apart(const transport::Message& message, std::string_view boundary) {
    if (boundary.empty()) return false;
    if (transport::DelimiterWatch::falls_apart(message.part, boundary)) return true;
    if (!message.body || !message.body->in_memory()) return false;
    return std::ranges::any_of(message.body->parts(), [&](const auto& part) {
        return transport::DelimiterWatch::falls_apart(message.body->view().substr(part.offset, part.size), boundary);
    });
}

}  // namespace

Result<void> check_deliverable(const Answer& answer) {
    if (!answer.original_content_type)
        return fault(FaultCode::internal_error,
                     "The provider's answer has no x-original-content-type header, spelled in lower case.");
    auto form = soap_form(answer);
    if (!form) return form.error();
    auto writable = transport::check_fields(answer.message.headers);
    for (const auto& head : answer.message.attachments)
        if (writable) writable = transport::check_fields(head.headers);
    if (!writable) return writable;
    if (falls_apart(answer.message, form->boundary))
        return fault(FaultCode::internal_error,
                     "The provider's answer holds a line that begins like a delimiter of its multipart; it would fall "
                     "apart otherwise than it was signed.");
    return {};
}

Async<void> deliver_soap(channel::Exchange& exchange, const Answer& answer) {
    if (auto met = failpoint::met("client.answer"); !met) co_return met.error();
    auto form = soap_form(answer);
    if (!form) co_return form.error();
    const message::Fields fields{{"Content-Type", form->content_type}};
    if (form->boundary.empty()) {
        auto answered = co_await exchange.respond(200, "OK", fields, answer.message.part);
        co_return answered;
    }
    const channel::Exchange::Streaming how{.length = transport::related_octets(form->boundary, answer.message),
                                           .until_close = false};
    auto begun = co_await exchange.begin(200, "OK", fields, how);
    if (!begun) co_return begun.error();
    transport::AnswerSink sink(exchange);
    transport::DelimiterWatch watched(sink, form->boundary, 1 + answer.message.attachments.size());
    auto written = co_await transport::write_related(watched, form->boundary, answer.message);
    co_return written;
}

}  // namespace onceway::consumer
