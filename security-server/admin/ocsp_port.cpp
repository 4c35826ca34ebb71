#include "security-server/admin/ocsp_port.hpp"

#include "schemas/base/log.hpp"
#include "schemas/message/mime.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::admin {
namespace {

constexpr std::size_t most_certificates = 16;
constexpr std::size_t sha1_digits = 40;

bool lower_case_digits(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// The whole multipart answer, or why one of its parts is missing.
Async<Octets> write_answers(std::vector<Octets> asked, std::string boundary, KeyRing& keys) {
    message::MimeWriter writer(std::move(boundary));
    Octets body;
    for (auto& sha1 : asked) {
        auto answer = co_await keys.ocsp_by_sha1(std::move(sha1));
        if (!answer) co_return answer.error();
        body += writer.open_part("application/ocsp-response");
        body += *answer;
    }
    body += writer.close();
    co_return body;
}

}  // namespace

Result<std::vector<Octets>> read_ocsp_target(std::string_view target) {
    const auto refuse = [](std::string_view why) {
        return fault(FaultCode::bad_request, fmt::format("Reading a question for OCSP answers: {}", why));
    };
    std::vector<Octets> asked;
    const auto mark = target.find('?');
    auto query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (!pair.starts_with("cert=")) continue;
        const auto digits = pair.substr(5);
        if (digits.size() != sha1_digits || !lower_case_digits(digits))
            return refuse("'cert' must be the SHA-1 of a certificate in 40 lower-case hexadecimal digits.");
        if (asked.size() == most_certificates) return refuse("more than 16 certificates.");
        asked.push_back(*from_hex(digits));
    }
    if (asked.empty()) return refuse("there is no parameter 'cert'.");
    return asked;
}

boost::asio::awaitable<void> answer_ocsp_request(channel::Exchange& exchange, KeyRing& keys) {
    const message::Fields text{{"Content-Type", "text/plain; charset=utf-8"}};
    const auto& head = exchange.head();
    if (head.method == "HEAD") {
        [[maybe_unused]] auto sent = co_await exchange.respond(200, "OK", {}, {});
        co_return;
    }
    auto asked =
        head.method == "GET"
            ? read_ocsp_target(head.target)
            : Result<std::vector<Octets>>(fault(FaultCode::invalid_http_method, "Only GET and HEAD are served."));
    const auto boundary = message::random_boundary();
    Result<Octets> body = asked ? Octets{} : Result<Octets>(asked.error());
    if (asked) body = co_await write_answers(std::move(*asked), boundary, keys);
    if (!body) {
        log::warning("ocsp.question_refused", {{"peer", exchange.peer_address()}, {"reason", body.error().detail}});
        [[maybe_unused]] auto sent = co_await exchange.respond(500, "Internal Server Error", text, body.error().detail);
        co_return;
    }
    const message::Fields type{
        {"Content-Type",
         fmt::format("multipart/related; type=\"application/ocsp-response\"; charset=UTF-8; boundary={}", boundary)}};
    [[maybe_unused]] auto sent = co_await exchange.respond(200, "OK", type, *body);
}

}  // namespace onceway::admin
