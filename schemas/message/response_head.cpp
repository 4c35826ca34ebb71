// The head of an answer, from a peer, a provider's system or a service that we ask.
#include "schemas/message/head_scanner.hpp"

#include <fmt/format.h>

#include <charconv>

namespace onceway::message {
namespace {

using namespace scanning;

Result<int> read_status_line(std::string_view line, ResponseHead& head, const Scanner& scanner) {
    const auto minor = minor_version_of(line.substr(0, 8));
    if (!minor || line.size() < 12 || line[8] != ' ')
        return scanner.refused(fmt::format("'{}' is no status line", shown(line)));
    const auto status = line.substr(9, 3);
    const auto [end, error] = std::from_chars(status.data(), status.data() + 3, head.status);
    if (error != std::errc{} || end != status.data() + 3 || head.status < 100)
        return scanner.refused(fmt::format("status is '{}', not 100 to 999", shown(status)));
    if (line.size() > 12 && line[12] != ' ') return scanner.refused(fmt::format("'{}' is no status line", shown(line)));
    const auto reason = line.substr(std::min<std::size_t>(13, line.size()));
    if (!all_of(reason, value_octets)) return scanner.refused("reason phrase holds a control character");
    head.reason = reason;
    return *minor;
}

}  // namespace

Result<ResponseHead> parse_response_head(OctetsView octets, const HeadRules& rules) {
    Scanner scanner(octets, rules, FaultCode::http_error);
    auto raw = scanner.read();
    if (!raw) return raw.error();
    ResponseHead head;
    auto minor = read_status_line(raw->start, head, scanner);
    if (!minor) return minor.error();
    head.fields = std::move(raw->fields);
    if (auto fine = check_repetitions(head.fields, rules, scanner); !fine) return fine.error();
    if (head.status == 101) return scanner.refused("the other side switches protocols, which nobody asked for");
    auto framing = declared_framing(head.fields, *minor, scanner);
    if (!framing) return framing.error();
    head.keep_alive = keeps_alive(head.fields, *minor);

    if (rules.answers_head || head.status < 200 || head.status == 204 || head.status == 304) {
        // No body follows. One that was announced all the same may be on its way: the connection is not used again.
        const bool announced = framing->kind == Framing::Kind::chunked || framing->length > 0;
        if (announced && !rules.answers_head && head.status != 304) head.keep_alive = false;
        return head;
    }
    if (framing->kind == Framing::Kind::none) {
        if (!rules.until_close_allowed) return scanner.refused("neither Content-Length nor chunked coding");
        framing->kind = Framing::Kind::until_close;
        head.keep_alive = false;
    }
    head.framing = *framing;
    return head;
}

}  // namespace onceway::message
