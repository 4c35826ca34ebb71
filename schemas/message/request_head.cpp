// The head of a request, read strictly in front of every route.
#include "schemas/message/head_scanner.hpp"

#include <fmt/format.h>

#include <charconv>

namespace onceway::message {
namespace {

using namespace scanning;

bool is_port(std::string_view text) {
    unsigned port = 0;
    if (text.empty() || text.size() > 5) return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() && port <= 65'535;
}

/// A name or an address with an optional port. Rule: threats §5.3, head check 3.
bool is_host(std::string_view host) {
    const bool bracketed = !host.empty() && host.front() == '[';
    const auto colon = bracketed ? host.find(':', std::min(host.find(']'), host.size())) : host.find(':');
    const auto name = host.substr(0, colon);
    if (colon != std::string_view::npos && !is_port(host.substr(colon + 1))) return false;
    if (!bracketed) return !name.empty() && name.size() <= 255 && all_of(name, host_octets);
    static constexpr auto address_octets = table_of([](int c) { return one_of("0123456789abcdefABCDEF:.", c); });
    return name.size() > 3 && name.back() == ']' && all_of(name.substr(1, name.size() - 2), address_octets);
}

Result<int> read_request_line(std::string_view line, RequestHead& head, const Scanner& scanner) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || line.find(' ', first + 1) != last)
        return scanner.refused("its first line is no request line");
    const auto method = line.substr(0, first);
    const auto target = line.substr(first + 1, last - first - 1);
    if (method.empty() || method.size() > 32 || !all_of(method, token_octets))
        return scanner.refused(fmt::format("'{}' is no method", shown(method)));
    const auto minor = minor_version_of(line.substr(last + 1));
    if (!minor) return scanner.refused(fmt::format("version is '{}', not HTTP/1.1", shown(line.substr(last + 1))));
    if (target.empty() || target.front() != '/') return scanner.refused("the target does not begin with '/'");
    if (target.starts_with("//")) return scanner.refused("the target begins with two '/'");
    const auto mark = std::min(target.find('?'), target.size());
    if (!all_of(target.substr(0, mark), path_octets) ||
        !all_of(target.substr(std::min(mark + 1, target.size())), query_octets))
        return scanner.refused("the target holds a character that must be escaped");
    head.method = method;
    head.target = target;
    return *minor;
}

Result<void> check_request_fields(RequestHead& head, const Scanner& scanner) {
    const auto host = field(head.fields, "host");
    if (!host) return scanner.refused("field Host is missing");
    if (!is_host(*host)) return scanner.refused(fmt::format("Host is '{}', no name or address", shown(*host)));
    for (const auto* name : {"upgrade", "trailer"})
        if (count_fields(head.fields, name) > 0) return scanner.refused(fmt::format("field {} is not accepted", name));
    for (const auto& [name, value] : head.fields)
        if (same_ignoring_case(name, "te") && !same_ignoring_case(value, "trailers"))
            return scanner.refused(fmt::format("TE is '{}', not trailers", shown(value)));
    if (const auto expect = field(head.fields, "expect")) {
        if (!same_ignoring_case(*expect, "100-continue"))
            return scanner.refused(fmt::format("Expect is '{}', not 100-continue", shown(*expect)));
        head.expects_continue = true;
    }
    return {};
}

}  // namespace

Result<RequestHead> parse_request_head(OctetsView octets, const HeadRules& rules) {
    Scanner scanner(octets, rules, FaultCode::bad_request);
    auto raw = scanner.read();
    if (!raw) return raw.error();
    RequestHead head;
    auto minor = read_request_line(raw->start, head, scanner);
    if (!minor) return minor.error();
    head.minor_version = *minor;
    head.fields = std::move(raw->fields);
    if (auto fine = check_repetitions(head.fields, rules, scanner); !fine) return fine.error();
    if (auto fine = check_request_fields(head, scanner); !fine) return fine.error();
    auto framing = declared_framing(head.fields, *minor, scanner);
    if (!framing) return framing.error();
    head.framing = *framing;
    head.keep_alive = keeps_alive(head.fields, *minor);
    return head;
}

}  // namespace onceway::message
