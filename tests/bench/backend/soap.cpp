#include "tests/bench/backend/soap.hpp"

#include "schemas/message/mime.hpp"
#include "tests/bench/backend/octets.hpp"

#include <fmt/format.h>
#include <charconv>

namespace onceway::bench {

namespace {

using boost::asio::awaitable;
using channel::Exchange;

constexpr std::string_view xml = "text/xml; charset=UTF-8";
constexpr std::string_view boundary = "bench-answer";
constexpr std::size_t envelope_most = 1024 * 1024;

/// The text of the first element `name`, of whatever prefix; empty when there is none.
std::string_view text_of(std::string_view envelope, std::string_view name) {
    const auto tag = envelope.find(fmt::format(":{}>", name));
    if (tag == envelope.npos) return {};
    const auto begin = tag + name.size() + 2;
    return envelope.substr(begin, envelope.find('<', begin) - begin);
}

/// What was asked: the envelope, and what came with it.
struct Question : message::MimeSink {
    std::string envelope;
    std::size_t parts = 0;
    std::uint64_t attached = 0;
    keys::Hasher hasher;  // of all attachments, one behind another

    Result<void> part_begins(const message::Fields&) override {
        ++parts;
        return {};
    }
    Result<void> part_data(OctetsView octets) override {
        if (parts <= 1) return add(octets);
        attached += octets.size();
        if (wants("digest")) hasher.feed(octets);
        return {};
    }
    Result<void> part_ends() override { return {}; }
    bool wants(std::string_view name) const { return !text_of(envelope, name).empty(); }

    Result<void> add(OctetsView octets) {
        if (envelope.size() + octets.size() > envelope_most) return fault(FaultCode::too_large, "a large envelope");
        envelope += octets;
        return {};
    }
};

Async<void> read_question(Exchange& exchange, Question& question) {
    std::optional<message::MimeReader> reader;
    const auto type = message::field(exchange.head().fields, "Content-Type").value_or("");
    if (type.starts_with("multipart/")) {
        auto between = message::boundary_of(type);
        if (!between) co_return between.error();
        reader.emplace(*between, message::MimeRules::peer, question);
    }
    for (;;) {
        auto octets = co_await exchange.read_body();
        if (!octets) co_return octets.error();
        if (octets->empty()) break;
        auto taken = reader ? reader->feed(*octets) : question.add(*octets);
        if (!taken) co_return taken.error();
    }
    co_return reader ? reader->end() : Result<void>();
}

/// The question up to the end of its header, and a body of our own. Faults: when there is no header.
Result<std::string> envelope_around(std::string_view question, std::string_view content) {
    const auto end = question.find(":Header>", question.find("</"));
    const auto open = question.rfind("</", end);
    if (end == question.npos || open == question.npos) return fault(FaultCode::missing_header, "no SOAP header");
    const auto prefix = question.substr(open + 2, end - open - 2);
    const auto service = text_of(question, "serviceCode");
    return fmt::format(
        R"({0}<{1}:Body><b:{2}Response xmlns:b="urn:bench">{3}</b:{2}Response></{1}:Body></{1}:Envelope>)",
        question.substr(0, end + 8), prefix, service, content);
}

Async<void> give_attached(Exchange& exchange, std::string envelope, std::uint64_t size) {
    const auto head = fmt::format(
        "--{0}\r\nContent-Type: {1}\r\nContent-ID: <envelope>\r\n\r\n{2}\r\n--{0}\r\nContent-Type: "
        "application/octet-stream\r\nContent-ID: <attached>\r\n\r\n",
        boundary, xml, envelope);
    const auto tail = fmt::format("\r\n--{}--\r\n", boundary);
    const message::Fields fields{
        {"Content-Type", fmt::format(R"(multipart/related; type="text/xml"; boundary={})", boundary)}};
    const Exchange::Streaming how{head.size() + size + tail.size(), false};
    auto begun = co_await exchange.begin(200, "OK", fields, how);
    if (begun) begun = co_await exchange.write(head);
    if (begun) begun = co_await write_octets(exchange, size);
    if (begun) begun = co_await exchange.write(tail);
    if (begun) begun = co_await exchange.finish();
    co_return begun;
}

std::string content_for(Question& question) {
    if (!question.wants("digest")) return fmt::format("<b:answer>{}</b:answer>", letters(1024));
    return fmt::format("<b:attachments>{}</b:attachments><b:octets>{}</b:octets><b:sha512>{}</b:sha512>",
                       question.parts > 0 ? question.parts - 1 : 0, question.attached, to_hex(question.hasher.value()));
}

/// Octets to be attached, as the question says.
std::uint64_t number_of(std::string_view text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace

awaitable<void> give_wsdl(Exchange& exchange) {
    constexpr std::string_view text =
        R"(<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:b="urn:bench" targetNamespace="urn:bench"><portType name="bench"/><binding name="bench" type="b:bench"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/><operation name="measure"><soap:operation soapAction=""/></operation></binding><service name="bench"><port name="bench" binding="b:bench"><soap:address location="http://{}/soap"/></port></service></definitions>)";
    const auto here = message::field(exchange.head().fields, "Host").value_or("127.0.0.1");
    const message::Fields fields{{"Content-Type", std::string(xml)}};
    const auto wsdl = fmt::format(text, here);
    auto given = co_await exchange.respond(200, "OK", fields, wsdl);
    if (!given) exchange.close_after();
}

awaitable<void> answer_soap(Exchange& exchange) {
    Question question;
    auto read = co_await read_question(exchange, question);
    auto envelope = read ? envelope_around(question.envelope, content_for(question)) : read.error();
    if (!envelope) {
        co_await refuse(exchange, 400, envelope.error().detail);
        co_return;
    }
    Result<void> given;
    if (const auto octets = number_of(text_of(question.envelope, "octets")); octets > 0) {
        given = co_await give_attached(exchange, *envelope, octets);
    } else {
        const message::Fields fields{{"Content-Type", std::string(xml)}};
        given = co_await exchange.respond(200, "OK", fields, *envelope);
    }
    if (!given) exchange.close_after();
}

}  // namespace onceway::bench
