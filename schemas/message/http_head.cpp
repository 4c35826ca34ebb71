// The strict scanner. Every octet of a head is looked at here, once; what is odd is refused with the reason.
#include "schemas/message/http_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace onceway::message {
namespace {

template <class Belongs>
constexpr std::array<bool, 256> table_of(Belongs belongs) {
    std::array<bool, 256> table{};
    for (int i = 0; i < 256; ++i) table[static_cast<std::size_t>(i)] = belongs(i);
    return table;
}
constexpr bool is_letter_or_digit(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
constexpr bool one_of(std::string_view set, int c) {
    return c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos;
}

constexpr auto token_octets = table_of([](int c) { return is_letter_or_digit(c) || one_of("!#$%&'*+-.^_`|~", c); });
constexpr auto value_octets = table_of([](int c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
constexpr auto host_octets = table_of([](int c) { return is_letter_or_digit(c) || one_of("-._", c); });
constexpr auto path_octets = table_of([](int c) { return is_letter_or_digit(c) || one_of("-._~!$&'()*+,;=:@/%", c); });
// Square brackets are not of RFC 3986 in a query, but `a[0]=x` is common and a genuine provider's server reads it.
constexpr auto query_octets =
    table_of([](int c) { return path_octets[static_cast<std::size_t>(c)] || one_of("?[]", c); });

bool all_of(std::string_view text, const std::array<bool, 256>& table) {
    return std::all_of(text.begin(), text.end(), [&](char c) { return table[static_cast<unsigned char>(c)]; });
}

/// Foreign text for a reason. Targets and values of unknown fields are never shown: they may hold somebody's number,
/// and reasons go into logs.
std::string shown(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 60)) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet < 0x20 || octet >= 0x7f)
            out += fmt::format("\\x{:02x}", octet);
        else
            out += c;
    }
    return text.size() > 60 ? out + "..." : out;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// What a head looks like before its fields mean anything.
struct RawHead {
    std::string_view start;
    Fields fields;
};

/// One scanner for requests and answers; `code` is what its refusals carry.
class Scanner {
public:
    Scanner(OctetsView octets, const HeadRules& rules, FaultCode code) : octets_(octets), rules_(rules), code_(code) {}

    Result<RawHead> read() {
        if (octets_.size() > rules_.octets)
            return fault(FaultCode::too_large, fmt::format("HTTP head has {} octets, of which {} are allowed",
                                                           octets_.size(), rules_.octets));
        RawHead head;
        auto start = line();
        if (!start) return start.error();
        head.start = *start;
        if (start->empty()) return refused("begins with an empty line");
        while (true) {
            auto next = line();
            if (!next) return next.error();
            if (next->empty()) break;
            if (head.fields.size() == rules_.fields)
                return fault(FaultCode::too_large, fmt::format("HTTP head has more than {} fields", rules_.fields));
            auto added = add(head.fields, *next);
            if (!added) return added.error();
        }
        if (!octets_.empty()) return refused("octets follow the empty line that ends the head");
        return head;
    }

    Fault refused(std::string detail) const { return fault(code_, "HTTP head: " + std::move(detail)); }

private:
    /// The next line without its CRLF.
    Result<std::string_view> line() {
        const auto lf = octets_.find('\n');
        const auto cr = octets_.find('\r');
        if (lf == std::string_view::npos) return refused("ends without an empty line");
        if (cr > lf) return refused("a line ends in a bare LF");
        if (cr + 1 != lf) return refused("a CR stands without LF");
        const auto found = octets_.substr(0, cr);
        octets_.remove_prefix(lf + 1);
        return found;
    }

    Result<void> add(Fields& fields, std::string_view text) const {
        if (text.front() == ' ' || text.front() == '\t') return refused("a field is folded over several lines");
        const auto colon = text.find(':');
        if (colon == std::string_view::npos) return refused("a line has no colon");
        const auto name = text.substr(0, colon);
        if (name.empty()) return refused("a field has no name");
        if (!all_of(name, token_octets)) return refused(fmt::format("'{}' is no field name", shown(name)));
        const auto value = trimmed(text.substr(colon + 1));
        if (!all_of(value, value_octets)) return refused(fmt::format("field {} holds a control character", name));
        fields.emplace_back(name, value);
        return {};
    }

    OctetsView octets_;
    const HeadRules& rules_;
    FaultCode code_;
};

/// Fields that decide about framing and connection, or that several readers would read differently.
constexpr std::array single_fields{"host",          "content-type", "content-length", "transfer-encoding",
                                   "authorization", "soapaction",   "expect"};
constexpr std::array interpreted_fields{"host", "content-length", "transfer-encoding", "connection", "expect", "te"};

Result<void> check_repetitions(const Fields& fields, const HeadRules& rules, const Scanner& scanner) {
    for (const auto* name : single_fields)
        if (count_fields(fields, name) > 1) return scanner.refused(fmt::format("field {} stands there twice", name));
    for (const auto* name : interpreted_fields)
        for (const auto& [known, value] : fields)
            if (same_ignoring_case(known, name) &&
                std::any_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
                return scanner.refused(fmt::format("field {} holds an octet that is not ASCII", name));
    if (!rules.refuse_repeated_x_road) return {};
    for (const auto& [name, value] : fields)
        if (name.size() > 7 && same_ignoring_case(std::string_view(name).substr(0, 7), "x-road-") &&
            count_fields(fields, name) > 1)
            return scanner.refused(fmt::format("field {} stands there twice", name));
    return {};
}

/// The tokens of all `Connection` fields together.
struct ConnectionOptions {
    bool close = false, keep_alive = false;
};
ConnectionOptions connection_options(const Fields& fields) {
    ConnectionOptions options;
    for (const auto& [name, value] : fields) {
        if (!same_ignoring_case(name, "connection")) continue;
        for (std::string_view rest = value; !rest.empty();) {
            const auto comma = std::min(rest.find(','), rest.size());
            const auto token = trimmed(rest.substr(0, comma));
            options.close |= same_ignoring_case(token, "close");
            options.keep_alive |= same_ignoring_case(token, "keep-alive");
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return options;
}

/// The framing that the fields declare; none when they declare nothing.
Result<Framing> declared_framing(const Fields& fields, int minor_version, const Scanner& scanner) {
    const auto coding = field(fields, "transfer-encoding");
    const auto length = field(fields, "content-length");
    if (coding && length) return scanner.refused("Transfer-Encoding and Content-Length stand there together");
    if (coding) {
        if (*coding != "chunked")
            return scanner.refused(fmt::format("Transfer-Encoding is '{}', not chunked", shown(*coding)));
        if (minor_version == 0) return scanner.refused("Transfer-Encoding in HTTP/1.0");
        return Framing{Framing::Kind::chunked, 0};
    }
    if (!length) return Framing{};
    Framing framing{Framing::Kind::length, 0};
    const bool digits = std::all_of(length->begin(), length->end(), [](char c) { return c >= '0' && c <= '9'; });
    if (length->empty() || length->size() > 15 || !digits)
        return scanner.refused(fmt::format("Content-Length is '{}', not 1 to 15 digits", shown(*length)));
    std::from_chars(length->data(), length->data() + length->size(), framing.length);
    return framing;
}

/// A name or an address with an optional port. Rule: threats §5.3, head check 3.
bool is_host(std::string_view host) {
    const bool bracketed = !host.empty() && host.front() == '[';
    const auto colon = bracketed ? host.find(':', std::min(host.find(']'), host.size())) : host.find(':');
    const auto name = host.substr(0, colon);
    if (colon != std::string_view::npos) {
        const auto port = host.substr(colon + 1);
        if (port.empty() || port.size() > 5 ||
            !std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; }))
            return false;
    }
    if (!bracketed) return !name.empty() && name.size() <= 255 && all_of(name, host_octets);
    static constexpr auto address_octets = table_of([](int c) { return one_of("0123456789abcdefABCDEF:.", c); });
    return name.size() > 3 && name.back() == ']' && all_of(name.substr(1, name.size() - 2), address_octets);
}

/// "HTTP/1.1" or "HTTP/1.0": the minor version; none for anything else.
std::optional<int> minor_version_of(std::string_view version) {
    if (version == "HTTP/1.1") return 1;
    if (version == "HTTP/1.0") return 0;
    return std::nullopt;
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

std::optional<std::string_view> field(const Fields& fields, std::string_view name) {
    for (const auto& [known, value] : fields)
        if (same_ignoring_case(known, name)) return value;
    return std::nullopt;
}

std::size_t count_fields(const Fields& fields, std::string_view name) {
    return static_cast<std::size_t>(std::count_if(
        fields.begin(), fields.end(), [&](const auto& known) { return same_ignoring_case(known.first, name); }));
}

std::optional<std::size_t> head_end(OctetsView octets) {
    // Also finds an end made of bare LFs, so that such a head is refused at once and not awaited for ever.
    for (auto lf = octets.find('\n'); lf != OctetsView::npos; lf = octets.find('\n', lf + 1)) {
        const auto next = octets.substr(lf + 1, 2);
        if (next.starts_with('\n')) return lf + 2;
        if (next == "\r\n") return lf + 3;
    }
    return std::nullopt;
}

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
    const auto options = connection_options(head.fields);
    head.keep_alive = !options.close && (*minor == 1 || options.keep_alive);
    return head;
}

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
    const auto options = connection_options(head.fields);
    head.keep_alive = !options.close && (*minor == 1 || options.keep_alive);

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

void append_field(std::string& head, std::string_view name, std::string_view value) {
    if (name.empty() || !all_of(name, token_octets))
        throw std::invalid_argument(fmt::format("'{}' is no field name", shown(name)));
    if (!all_of(value, value_octets))
        throw std::invalid_argument(fmt::format("the value of field {} holds a control character", name));
    head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace onceway::message
