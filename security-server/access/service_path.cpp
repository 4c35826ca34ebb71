// Reads a service path so that it has one meaning, or refuses it.
#include "schemas/base/bytes.hpp"
#include "security-server/access/rights.hpp"

namespace onceway::access {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// What may stand in a path without an escape: RFC 3986 pchar and the slash.
bool stands_raw(char c) {
    constexpr std::string_view others = "-._~!$&'()*+,;=:@/%";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
}

std::optional<char> escaped_octet(std::string_view text, std::size_t at) {
    if (at + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[at + 1]), low = hex_digit(text[at + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    return static_cast<char>(high * 16 + low);
}

/// Decodes every well-formed escape once; `strict` refuses the others.
std::optional<std::string> decode(std::string_view text, bool strict) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto octet = text[i] == '%' ? escaped_octet(text, i) : std::optional<char>{text[i]};
        if (!octet && strict) return std::nullopt;
        decoded += octet.value_or('%');
        if (text[i] == '%' && octet) i += 2;
    }
    return decoded;
}

/// True for U+0000..U+001F and U+007F..U+009F in valid UTF-8.
bool has_control(std::string_view utf8) {
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        const auto octet = static_cast<unsigned char>(utf8[i]);
        if (octet < 0x20 || octet == 0x7f) return true;
        if (octet == 0xc2 && i + 1 < utf8.size() && static_cast<unsigned char>(utf8[i + 1]) < 0xa0) return true;
    }
    return false;
}

/// "..", and "." or ".." in front of path parameters, which some servers cut off before they walk the path.
bool is_dot_segment(std::string_view segment) {
    const auto name = segment.substr(0, segment.find(';'));
    return name == "." || name.find("..") != std::string_view::npos;
}

// The path itself stays out of the text: it may hold somebody's number, and the text goes into logs.
Fault refused(std::string_view why) {
    return fault(FaultCode::access_denied, "The service path is refused: " + std::string(why) + ".");
}

/// The reason to refuse one decoded segment, or nothing.
std::string_view objection(std::string_view segment) {
    if (segment.find('/') != std::string_view::npos) return "it holds an encoded slash";
    if (segment.find('\\') != std::string_view::npos) return "it holds an encoded backslash";
    if (!is_utf8(segment)) return "it is not UTF-8";
    if (has_control(segment)) return "it holds a control character";
    if (is_dot_segment(segment)) return "it holds a dot segment or two dots in a row";
    const auto twice = decode(segment, false);
    if (is_dot_segment(*twice) || twice->find("/.") != std::string::npos)
        return "it hides a dot segment behind two escapes";
    return {};
}

}  // namespace

Result<ServicePath> ServicePath::read(std::string_view raw) {
    ServicePath path;
    path.raw_ = raw;
    if (raw.empty()) return path;
    if (raw.front() != '/') return refused("it does not begin with a slash");
    for (const char c : raw)
        if (!stands_raw(c)) return refused("a character that must be escaped stands in it as it is");

    std::string_view rest = raw.substr(1);
    for (bool last = false; !last;) {
        const auto slash = rest.find('/');
        last = slash == std::string_view::npos;
        const auto segment = rest.substr(0, slash);
        if (segment.empty() && !last) return refused("it has an empty segment");
        const auto decoded = decode(segment, true);
        if (!decoded) return refused("it has an incomplete escape");
        if (const auto why = objection(*decoded); !why.empty()) return refused(why);
        path.decoded_ += '/' + *decoded;
        if (!last) rest.remove_prefix(slash + 1);
    }
    return path;
}

}  // namespace onceway::access
