#include "schemas/message/head_scanner.hpp"

#include <fmt/format.h>

#include <charconv>

namespace onceway::message::scanning {
namespace {

/// Fields that decide about framing and connection, or that several readers would read differently.
constexpr std::array single_fields{"host",          "content-type", "content-length", "transfer-encoding",
                                   "authorization", "soapaction",   "expect"};
constexpr std::array interpreted_fields{"host", "content-length", "transfer-encoding", "connection", "expect", "te"};

}  // namespace

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

Result<RawHead> Scanner::read() {
    if (octets_.size() > rules_.octets)
        return fault(FaultCode::too_large,
                     fmt::format("HTTP head has {} octets, of which {} are allowed", octets_.size(), rules_.octets));
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

/// The next line without its CRLF.
Result<std::string_view> Scanner::line() {
    const auto lf = octets_.find('\n');
    const auto cr = octets_.find('\r');
    if (lf == std::string_view::npos) return refused("ends without an empty line");
    if (cr > lf) return refused("a line ends in a bare LF");
    if (cr + 1 != lf) return refused("a CR stands without LF");
    const auto found = octets_.substr(0, cr);
    octets_.remove_prefix(lf + 1);
    return found;
}

Result<void> Scanner::add(Fields& fields, std::string_view text) const {
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

bool keeps_alive(const Fields& fields, int minor_version) {
    bool close = false, keep_alive = false;
    for (const auto& [name, value] : fields) {
        if (!same_ignoring_case(name, "connection")) continue;
        for (std::string_view rest = value; !rest.empty();) {
            const auto comma = std::min(rest.find(','), rest.size());
            const auto token = trimmed(rest.substr(0, comma));
            close |= same_ignoring_case(token, "close");
            keep_alive |= same_ignoring_case(token, "keep-alive");
            rest.remove_prefix(std::min(comma + 1, rest.size()));
        }
    }
    return !close && (minor_version == 1 || keep_alive);
}

std::optional<int> minor_version_of(std::string_view version) {
    if (version == "HTTP/1.1") return 1;
    if (version == "HTTP/1.0") return 0;
    return std::nullopt;
}

}  // namespace onceway::message::scanning
