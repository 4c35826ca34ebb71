#include "security-server/consumer/rest_call.hpp"

#include "security-server/consumer/delivery.hpp"
#include "security-server/transport/evidence.hpp"
#include "security-server/transport/places.hpp"

#include <algorithm>
#include <cctype>

namespace onceway::consumer {
namespace {

Fault unusable(std::string detail) { return fault(FaultCode::internal_error, std::move(detail)); }

/// A segment without its parameters, with escaped dots as dots.
std::string plain_dots(std::string_view segment) {
    std::string plain;
    for (std::size_t i = 0; i < segment.size() && segment[i] != ';'; ++i) {
        const bool dot = segment.substr(i, 2) == "%2" && i + 2 < segment.size() &&
                         std::tolower(static_cast<unsigned char>(segment[i + 2])) == 'e';
        plain += dot ? '.' : segment[i];
        if (dot) i += 2;
    }
    return plain;
}

/// Dot segments and empty inner segments mean different things to different readers: such a path is not sent.
Result<void> check_path(std::string_view path) {
    for (std::size_t at = 0; at < path.size();) {
        const auto end = std::min(path.find('/', at + 1), path.size());
        const auto segment = path.substr(at + 1, end - at - 1);
        const std::string plain = plain_dots(segment);
        if (plain == "." || plain == "..")
            return unusable("The service path holds a dot segment; write the path that is meant.");
        if (segment.empty() && end != path.size())
            return unusable("The service path holds an empty segment; write one slash between segments.");
        at = end;
    }
    return {};
}

Async<std::shared_ptr<channel::Payload>> read_body(channel::Exchange& exchange,
                                                   std::shared_ptr<transport::CountedBody> body) {
    for (;;) {
        auto octets = co_await exchange.read_body();
        if (!octets) {
            Fault cause = octets.error();
            if (cause.code == FaultCode::timed_out) cause.code = FaultCode::io_error;
            co_return cause;
        }
        if (octets->empty()) break;
        auto kept = co_await body->append(*octets);
        if (!kept) co_return kept.error();
    }
    body->seal();
    // An empty body is no body. Rule: message-transport §2.2.3.
    std::shared_ptr<channel::Payload> payload;
    if (!body->empty()) payload = transport::CountedBody::payload(std::move(body));
    co_return payload;
}

}  // namespace

Result<std::unique_ptr<RestCall>> read_rest_call(const message::RequestHead& head, std::string_view own_instance) {
    if (!message::is_rest_verb(head.method))
        return unusable("'" + head.method +
                        "' is no verb of REST: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, TRACE.");
    const auto target = identity::RestTarget::parse(head.target);
    if (!target) return target.error();
    auto path = check_path(target->path);
    if (!path) return path.error();
    if (!last_field(head.fields, "X-Road-Client"))
        return fault(FaultCode::invalid_client_identifier,
                     "The request has no X-Road-Client header; it names the client as instance/class/code/subsystem.");
    if (const auto party = last_field(head.fields, "X-Road-Represented-Party")) {
        auto checked = identity::check_represented_party(*party);
        if (!checked) return checked.error();
    }

    const std::string request_id = random_uuid();
    std::optional<std::string> generated;
    if (!last_field(head.fields, "X-Road-Id")) generated = std::string(own_instance) + '-' + random_uuid();
    Octets part = message::write_rest_request(head.method, head.target, head.fields, request_id,
                                              generated ? std::optional<std::string_view>(*generated) : std::nullopt);
    auto read = message::parse_rest_request(part);
    if (!read) return read.error();
    if (read->id.empty()) return unusable("The X-Road-Id header is empty; leave it out or give the message an id.");
    auto call = std::make_unique<RestCall>(std::move(*read), std::move(part), request_id);
    call->original_content_type = last_field(head.fields, "Content-Type").value_or("");
    return call;
}

RestCall::RestCall(message::RestRequest request, Octets part, std::string request_id)
    : Call(request.facts(), std::move(request_id)), request(std::move(request)), part(std::move(part)) {}

Async<transport::Message> RestCall::take_message(channel::Exchange& exchange, const House& house) {
    auto room = transport::CountedBody::make(house.spool, house.body_memory);
    auto body = co_await read_body(exchange, std::move(room));
    if (!body) co_return body.error();
    co_return transport::Message::of(transport::part_type::rest_request, std::move(part), std::move(*body));
}

void RestCall::append_fields(std::string& head) const {
    message::append_field(head, "x-road-message-type", transport::rest_message_type);
}

Result<void> RestCall::check(const Answer& answer, OctetsView request_hash) const {
    const auto& response = *answer.response;
    auto belongs = check_belongs(response, request, request_id, request_hash);
    if (!belongs) return belongs.error();
    if (response.status < 200)
        return fault(FaultCode::internal_error, "The provider's answer has status " + std::to_string(response.status) +
                                                    ", which ends no HTTP exchange.")
            .within("service_failed");
    auto fields = transport::check_fields(response.fields);
    if (!fields) return fields.error().within("service_failed");
    return {};
}

Async<void> RestCall::deliver(channel::Exchange& exchange, const Answer& answer) const {
    return consumer::deliver(exchange, *answer.response, answer.message.body.get());
}

}  // namespace onceway::consumer
