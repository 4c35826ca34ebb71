#include "security-server/consumer/delivery.hpp"

#include "schemas/base/failpoint.hpp"
#include "schemas/message/fault_document.hpp"
#include "security-server/transport/octets.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace onceway::consumer {
namespace {

constexpr std::uint64_t drained_most = 1024 * 1024;

// The reason of the provider's system is in the signed part; towards our own the standard one stands in its place.
std::string_view reason(int status) {
    constexpr std::array<std::pair<int, std::string_view>, 24> reasons{{{200, "OK"},
                                                                        {201, "Created"},
                                                                        {202, "Accepted"},
                                                                        {204, "No Content"},
                                                                        {206, "Partial Content"},
                                                                        {301, "Moved Permanently"},
                                                                        {302, "Found"},
                                                                        {303, "See Other"},
                                                                        {304, "Not Modified"},
                                                                        {307, "Temporary Redirect"},
                                                                        {308, "Permanent Redirect"},
                                                                        {400, "Bad Request"},
                                                                        {401, "Unauthorized"},
                                                                        {403, "Forbidden"},
                                                                        {404, "Not Found"},
                                                                        {405, "Method Not Allowed"},
                                                                        {406, "Not Acceptable"},
                                                                        {409, "Conflict"},
                                                                        {415, "Unsupported Media Type"},
                                                                        {422, "Unprocessable Content"},
                                                                        {429, "Too Many Requests"},
                                                                        {500, "Internal Server Error"},
                                                                        {502, "Bad Gateway"},
                                                                        {503, "Service Unavailable"}}};
    const auto found = std::ranges::find(reasons, status, &std::pair<int, std::string_view>::first);
    return found == reasons.end() ? "" : found->second;
}

/// The headers of the part as HTTP fields: ISO-8859-1, and of several dates the last.
message::Fields fields_of(const message::RestResponse& response) {
    message::Fields fields;
    for (const auto& [name, value] : response.fields) {
        std::string octets = message::to_latin1(value);
        const auto dated = [](const auto& field) { return same_ignoring_case(field.first, "Date"); };
        const auto earlier = same_ignoring_case(name, "Date") ? std::ranges::find_if(fields, dated) : fields.end();
        if (earlier != fields.end())
            earlier->second = std::move(octets);
        else
            fields.emplace_back(name, std::move(octets));
    }
    return fields;
}

std::vector<std::string> accept_values(const message::Fields& fields) {
    std::vector<std::string> values;
    for (const auto& [name, value] : fields)
        if (same_ignoring_case(name, "Accept")) values.push_back(value);
    return values;
}

/// A code of another server may hold anything; a header may not.
std::string as_header(std::string code) {
    for (char& c : code)
        if (c < 0x20 || c > 0x7e) c = '?';
    return code;
}

/// So that an information system which is still sending gets to read the answer.
boost::asio::awaitable<void> read_away(channel::Exchange& exchange) {
    const auto& head = exchange.head();
    if (head.framing.kind == message::Framing::Kind::none) co_return;
    if (head.expects_continue) {
        exchange.close_after();
        co_return;
    }
    auto drained = co_await exchange.drain(drained_most);
    if (!drained) exchange.close_after();
}

Async<void> answer_rest_error(channel::Exchange& exchange, const WireFault& fault, message::Fields fields) {
    const auto error = message::write_rest_error(fault, accept_values(exchange.head().fields));
    fields.emplace_back("X-Road-Error", as_header(fault.code));
    fields.emplace_back("Content-Type", error.content_type);
    auto answered = co_await exchange.respond(error.status, reason(error.status), fields, error.body);
    co_return answered;
}

/// A fault of another server reaches the information system octet for octet.
Async<void> answer_soap_fault(channel::Exchange& exchange, const Refusal& why, message::Fields fields) {
    fields.emplace_back("Content-Type", "text/xml;charset=utf-8");
    fields.emplace_back("SOAPAction", "");
    const Octets own = why.document.empty() ? message::write_soap_fault(why.fault) : Octets();
    auto answered = co_await exchange.respond(200, reason(200), fields, own.empty() ? why.document : own);
    co_return answered;
}

}  // namespace

Async<void> deliver(channel::Exchange& exchange, const message::RestResponse& response, const channel::Payload* body) {
    if (auto met = failpoint::met("client.answer"); !met) co_return met.error();
    const message::Fields fields = fields_of(response);
    const bool bodiless = exchange.head().method == "HEAD" || response.status == 204 || response.status == 304;
    if (!body || bodiless || body->in_memory()) {
        const OctetsView octets = body && !bodiless ? body->view() : OctetsView{};
        auto answered = co_await exchange.respond(response.status, reason(response.status), fields, octets);
        co_return answered;
    }
    const channel::Exchange::Streaming how{.length = body->size(), .until_close = false};
    auto begun = co_await exchange.begin(response.status, reason(response.status), fields, how);
    if (!begun) co_return begun.error();
    transport::AnswerSink sink(exchange);
    auto carried = co_await transport::write_payload(sink, *body);
    if (!carried) co_return carried.error();
    auto finished = co_await sink.finish();
    co_return finished;
}

Async<void> refuse(channel::Exchange& exchange, message::Language language, const Refusal& why) {
    message::Fields fields;
    if (why.busy) {
        fields.emplace_back("Retry-After", "1");
    } else {
        co_await read_away(exchange);
        if (auto met = failpoint::met("client.answer"); !met) co_return met.error();
    }
    auto answering = language == message::Language::soap ? answer_soap_fault(exchange, why, std::move(fields))
                                                         : answer_rest_error(exchange, why.fault, std::move(fields));
    auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace onceway::consumer
