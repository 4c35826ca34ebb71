#include "schemas/identity/identifiers.hpp"

#include "schemas/base/limits.hpp"

#include <fmt/format.h>

#include <array>
#include <initializer_list>
#include <iterator>
#include <span>

namespace onceway::identity {
namespace {

constexpr std::string_view unreserved_and_more =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$'()*,;&=@:+";
constexpr auto stays_unescaped = [] {
    std::array<bool, 256> table{};
    for (const char c : unreserved_and_more) table[static_cast<unsigned char>(c)] = true;
    return table;
}();

/// Every refusal of this page has the code that a genuine server gives to illegal identifiers.
Fault illegal(std::string detail) { return fault(FaultCode::internal_error, std::move(detail)); }

/// A foreign text as it may stand in a fault: short, printable ASCII, the rest as \xHH.
std::string shown(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 60)) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet < 0x20 || octet >= 0x7f)
            out += fmt::format("\\x{:02x}", octet);
        else
            out += c;
    }
    if (text.size() > 60) out += "...";
    return out;
}

/// The code points of valid UTF-8, one after the other.
template <class Visit>
void each_code_point(std::string_view text, Visit&& visit) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        std::uint32_t point = length == 1 ? lead : lead & (0xff >> (length + 1));
        for (std::size_t k = 1; k < length; ++k) point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3f);
        visit(point);
        i += length;
    }
}

bool is_white_space(std::uint32_t point) {
    return point == 0x20 || point == 0xa0 || point == 0x1680 || (point >= 0x2000 && point <= 0x200a) ||
           point == 0x2028 || point == 0x2029 || point == 0x202f || point == 0x205f || point == 0x3000;
}

/// Why a code point may not stand in an identifier, or null.
const char* refusal_of(std::uint32_t point) {
    if (point < 0x20 || (point >= 0x7f && point <= 0x9f)) return "a control character";
    if (point == '/' || point == '%' || point == ':' || point == ';' || point == '\\') return "a separator";
    if (point == 0x200b || point == 0xfeff) return "an invisible character";
    if ((point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069)) return "a direction override";
    return nullptr;
}

/// The pieces between slashes, at most `most` of them: the last one holds the rest, slashes and all.
constexpr std::size_t pieces_most = 8;
struct Pieces {
    std::array<std::string_view, pieces_most> all;
    std::size_t count = 0;

    std::size_t size() const { return count; }
    std::string_view operator[](std::size_t i) const { return all.at(i); }
    std::span<const std::string_view> from(std::size_t first, std::size_t how_many) const {
        return std::span(all).subspan(first, how_many);
    }
    std::span<const std::string_view> whole() const { return from(0, count); }
};

Pieces split(std::string_view text, std::size_t most) {
    Pieces pieces;
    while (pieces.count + 1 < most) {
        const auto slash = text.find('/');
        if (slash == std::string_view::npos) break;
        pieces.all.at(pieces.count++) = text.substr(0, slash);
        text.remove_prefix(slash + 1);
    }
    pieces.all.at(pieces.count++) = text;
    return pieces;
}

constexpr std::array client_components{"instance", "member class", "member code", "subsystem code", "service code"};
constexpr std::array server_components{"instance", "member class", "member code", "server code"};
constexpr std::array one_component{"member code"};
constexpr std::array two_components{"member class", "member code"};

/// Decodes `segments`, naming the component that is at fault.
template <std::size_t N>
Result<std::array<std::string, N>> decode_all(std::span<const std::string_view> segments,
                                              const std::array<const char*, N>& names, std::string_view kind) {
    std::array<std::string, N> decoded;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        auto component = decode_component(segments[i]);
        if (!component) return illegal(fmt::format("{}: {} {}", kind, names[i], component.error().detail));
        decoded[i] = std::move(*component);
    }
    return decoded;
}

ServiceId service_of(std::array<std::string, 5>& parts) {
    return {{std::move(parts[0]), std::move(parts[1]), std::move(parts[2]), std::move(parts[3])},
            std::move(parts[4]),
            std::nullopt};
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// The characters that the provider's side accepts in a path or a query, escapes complete. Rule: §2.2.1.
Result<void> check_uri_characters(std::string_view text, bool brackets, std::string_view what) {
    static constexpr std::string_view also = "/?%";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%' && (i + 2 >= text.size() || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0))
            return illegal(fmt::format("the {} holds an incomplete escape", what));
        if (brackets && (c == '[' || c == ']')) continue;
        if (!stays_unescaped[static_cast<unsigned char>(c)] && also.find(c) == std::string_view::npos)
            return illegal(fmt::format("the {} holds a character that must be escaped: '{}'", what, shown({&c, 1})));
    }
    return {};
}

}  // namespace

Result<void> check_component(std::string_view text) {
    if (text.empty()) return illegal("cannot be empty");
    if (!is_utf8(text)) return illegal(fmt::format("is not UTF-8: '{}'", shown(text)));
    std::size_t count = 0;
    bool blank = true;
    const char* refusal = nullptr;
    each_code_point(text, [&](std::uint32_t point) {
        ++count;
        if (!is_white_space(point)) blank = false;
        if (!refusal) refusal = refusal_of(point);
    });
    if (refusal) return illegal(fmt::format("holds {}: '{}'", refusal, shown(text)));
    if (blank) return illegal("cannot be blank");
    if (count > limits::identifier_characters)
        return illegal(fmt::format("has {} characters, of which {} are allowed", count, limits::identifier_characters));
    return {};
}

Result<std::string> decode_component(std::string_view segment) {
    std::string text;
    text.reserve(segment.size());
    for (std::size_t i = 0; i < segment.size(); ++i) {
        const char c = segment[i];
        if (c == '%') {
            const int high = i + 2 < segment.size() ? hex_digit(segment[i + 1]) : -1;
            const int low = high >= 0 ? hex_digit(segment[i + 2]) : -1;
            if (low < 0) return illegal(fmt::format("holds an incomplete escape: '{}'", shown(segment)));
            text += static_cast<char>(high << 4 | low);
            i += 2;
        } else if (stays_unescaped[static_cast<unsigned char>(c)]) {
            text += c;
        } else {
            return illegal(fmt::format("holds a character that must be escaped: '{}'", shown(segment)));
        }
    }
    auto fine = check_component(text);
    if (!fine) return fine.error();
    return text;
}

namespace {

void append_encoded(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (stays_unescaped[static_cast<unsigned char>(c)])
            out += c;
        else
            fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
}

/// The components, encoded, with slashes between them.
std::string joined(std::initializer_list<const std::string*> components) {
    std::string out;
    std::size_t size = 0;
    for (const auto* component : components) size += component ? component->size() + 1 : 0;
    out.reserve(size);
    for (const char* slash = ""; const auto* component : components) {
        if (!component) continue;
        out += slash;
        append_encoded(out, *component);
        slash = "/";
    }
    return out;
}

}  // namespace

std::string encode_component(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    append_encoded(out, text);
    return out;
}

std::string MemberId::url() const { return joined({&instance, &member_class, &member_code}); }
std::string MemberId::text() const { return fmt::format("MEMBER:{}/{}/{}", instance, member_class, member_code); }

std::string ClientId::url() const {
    return joined({&instance, &member_class, &member_code, subsystem ? &*subsystem : nullptr});
}

std::string ClientId::text() const {
    if (!subsystem) return member().text();
    return fmt::format("SUBSYSTEM:{}/{}/{}/{}", instance, member_class, member_code, *subsystem);
}

Result<ClientId> ClientId::from_header(std::string_view value) {
    const auto segments = split(value, 6);
    if (segments.size() != 3 && segments.size() != 4)
        return illegal(fmt::format("client identifier has {} parts, not 3 or 4: '{}'", segments.size(), shown(value)));
    auto parts = decode_all(segments.whole(), client_components, "client identifier");
    if (!parts) return parts.error();
    ClientId id{std::move((*parts)[0]), std::move((*parts)[1]), std::move((*parts)[2]), std::nullopt};
    if (segments.size() == 4) id.subsystem = std::move((*parts)[3]);
    return id;
}

std::string ServiceId::url() const {
    const auto& [instance, member_class, member_code, subsystem] = provider;
    return joined({&instance, &member_class, &member_code, subsystem ? &*subsystem : nullptr, &code});
}

std::string ServiceId::text() const {
    std::string out = fmt::format("SERVICE:{}/{}/{}/", provider.instance, provider.member_class, provider.member_code);
    if (provider.subsystem) out += *provider.subsystem + '/';
    out += code;
    if (version) out += '/' + *version;
    return out;
}

Result<ServiceId> ServiceId::from_header(std::string_view value) {
    const auto segments = split(value, 7);
    if (segments.size() != 5)
        return illegal(fmt::format("service identifier has {} parts, not 5: '{}'", segments.size(), shown(value)));
    auto parts = decode_all(segments.whole(), client_components, "service identifier");
    if (!parts) return parts.error();
    return service_of(*parts);
}

std::string ServerId::url() const { return joined({&owner.instance, &owner.member_class, &owner.member_code, &code}); }

std::string ServerId::text() const {
    return fmt::format("SERVER:{}/{}/{}/{}", owner.instance, owner.member_class, owner.member_code, code);
}

Result<ServerId> ServerId::from_header(std::string_view value) {
    const auto segments = split(value, 6);
    if (segments.size() != 4)
        return illegal(
            fmt::format("security server identifier has {} parts, not 4: '{}'", segments.size(), shown(value)));
    auto parts = decode_all(segments.whole(), server_components, "security server identifier");
    if (!parts) return parts.error();
    return ServerId{{(*parts)[0], (*parts)[1], (*parts)[2]}, (*parts)[3]};
}

Result<RestTarget> RestTarget::parse(std::string_view target) {
    RestTarget read;
    const auto mark = target.find('?');
    const auto path = target.substr(0, mark);
    if (mark != std::string_view::npos) {
        read.has_query = true;
        read.query = target.substr(mark + 1);
    }
    if (auto fine = check_uri_characters(path, false, "path"); !fine) return fine.error();
    if (auto fine = check_uri_characters(read.query, true, "query"); !fine) return fine.error();

    // "", "r1", five identifier components, and what is left of the path.
    auto pieces = split(path, 8);
    if (pieces.size() < 7 || !pieces[0].empty() || pieces[1] != "r1")
        return illegal("the path is not /r1/instance/class/member/subsystem/service");
    if (pieces.size() == 8) read.path = '/' + std::string(pieces[7]);
    auto parts = decode_all(pieces.from(2, 5), client_components, "service identifier");
    if (!parts) return parts.error();
    // To others on the way these are no names but steps in a path. Rule: threats row 8; architecture.md, rulings.
    for (const auto& part : *parts)
        if (part == "." || part == "..") return illegal("service identifier: it holds a dot segment");
    read.service = service_of(*parts);
    return read;
}

Result<void> check_represented_party(std::string_view value) {
    if (value.empty()) return {};
    const auto segments = split(value, 4);
    if (segments.size() > 2)
        return illegal(fmt::format("represented party has {} parts, not 1 or 2: '{}'", segments.size(), shown(value)));
    if (segments.size() == 1) {
        auto code = decode_all(segments.whole(), one_component, "represented party");
        return code ? Result<void>{} : code.error();
    }
    auto both = decode_all(segments.whole(), two_components, "represented party");
    return both ? Result<void>{} : both.error();
}

}  // namespace onceway::identity

std::size_t std::hash<onceway::identity::ClientId>::operator()(const onceway::identity::ClientId& id) const noexcept {
    const std::hash<std::string> each;
    std::size_t seed = 0;
    const auto mix = [&](std::size_t value) { seed ^= value + 0x9e3779b97f4a7c15 + (seed << 6) + (seed >> 2); };
    mix(each(id.instance));
    mix(each(id.member_class));
    mix(each(id.member_code));
    mix(id.subsystem ? each(*id.subsystem) : 0);
    return seed;
}
