#include "certs/x509/name.hpp"

#include "certs/keys/der.hpp"
#include "certs/x509/writing.hpp"

#include <algorithm>
#include <array>

namespace onceway::x509 {
namespace {

namespace der = keys::der;

enum : int { utf8_string = 12, t61_string = 20, universal_string = 28, bmp_string = 30 };

struct KnownName {
    std::string_view oid, short_name;
};
constexpr std::array known_names{
    KnownName{"2.5.4.3", "CN"},
    KnownName{"2.5.4.4", "SN"},
    KnownName{"2.5.4.5", "serialNumber"},
    KnownName{"2.5.4.6", "C"},
    KnownName{"2.5.4.7", "L"},
    KnownName{"2.5.4.8", "ST"},
    KnownName{"2.5.4.9", "STREET"},
    KnownName{"2.5.4.10", "O"},
    KnownName{"2.5.4.11", "OU"},
    KnownName{"2.5.4.13", "description"},
    KnownName{"2.5.4.15", "businessCategory"},
    KnownName{"2.5.4.97", "organizationIdentifier"},
    KnownName{"0.9.2342.19200300.100.1.25", "DC"},
    KnownName{"0.9.2342.19200300.100.1.1", "UID"},
    KnownName{"1.2.840.113549.1.9.1", "emailAddress"},
};

std::string_view label(std::string_view oid) {
    for (const KnownName& known : known_names)
        if (known.oid == oid) return known.short_name;
    return oid;
}

void append_utf8(std::string& text, std::uint32_t point) {
    if (point < 0x80) {
        text += static_cast<char>(point);
    } else if (point < 0x800) {
        text += {static_cast<char>(0xc0 | point >> 6), static_cast<char>(0x80 | (point & 0x3f))};
    } else if (point < 0x10000) {
        text += {static_cast<char>(0xe0 | point >> 12), static_cast<char>(0x80 | (point >> 6 & 0x3f)),
                 static_cast<char>(0x80 | (point & 0x3f))};
    } else {
        text += {static_cast<char>(0xf0 | (point >> 18 & 7)), static_cast<char>(0x80 | (point >> 12 & 0x3f)),
                 static_cast<char>(0x80 | (point >> 6 & 0x3f)), static_cast<char>(0x80 | (point & 0x3f))};
    }
}

// Characters of fixed width, most significant octet first; T61String counts as ISO 8859-1, as everybody does.
std::optional<std::string> widen(OctetsView content, std::size_t width) {
    if (content.size() % width != 0) return {};
    std::string text;
    for (std::size_t at = 0; at < content.size(); at += width) {
        std::uint32_t point = 0;
        for (std::size_t i = 0; i < width; ++i) point = point << 8 | static_cast<std::uint8_t>(content[at + i]);
        append_utf8(text, point);
    }
    return text;
}

std::optional<std::string> value_of(const der::Element& value) {
    switch (value.tag) {
        case t61_string:
            return widen(value.content, 1);
        case bmp_string:
            return widen(value.content, 2);
        case universal_string:
            return widen(value.content, 4);
        default:
            return std::string(value.content);
    }
}

std::optional<NameAttribute> read_attribute(const der::Element& pair, bool first) {
    der::Reader reader(pair.content);
    const auto oid = reader.next(der::object_identifier);
    const auto value = oid ? reader.next() : std::nullopt;
    if (!value || !reader.at_end()) return {};
    auto text = value_of(*value);
    std::string type = der::oid_text(oid->content);
    if (!text || type.empty() || !is_utf8(*text)) return {};
    return NameAttribute{std::move(type), std::move(*text), first, value->tag & 0x1f};
}

}  // namespace

Result<std::vector<NameAttribute>> read_name(OctetsView name) {
    const auto malformed = [] {
        return fault(FaultCode::incorrect_certificate, "Reading a distinguished name: malformed");
    };
    der::Reader outer(name);
    const auto sequence = outer.next(der::sequence);
    if (!sequence || !outer.at_end()) return malformed();
    std::vector<NameAttribute> attributes;
    for (der::Reader relative_names(sequence->content); !relative_names.at_end();) {
        const auto set = relative_names.next(der::set);
        if (!set) return malformed();
        bool first = true;
        for (der::Reader pairs(set->content); !pairs.at_end(); first = false) {
            const auto pair = pairs.next(der::sequence);
            auto attribute = pair ? read_attribute(*pair, first) : std::nullopt;
            if (!attribute) return malformed();
            attributes.push_back(std::move(*attribute));
        }
    }
    return attributes;
}

std::string rfc2253_escaped(std::string_view value) {
    std::string text;
    for (const char c : value) {
        if (std::string_view(",+\"\\<>;=").find(c) != std::string_view::npos) text += '\\';
        text += c;
    }
    if (text.starts_with('#') || text.starts_with(' ')) text.insert(0, 1, '\\');
    if (value.size() > 1 && text.ends_with(' ')) text.insert(text.size() - 1, 1, '\\');
    return text;
}

std::string rfc2253(const std::vector<NameAttribute>& attributes) {
    std::string text;
    for (auto end = attributes.end(); end != attributes.begin();) {
        auto begin = end - 1;
        while (begin != attributes.begin() && !begin->first_of_rdn) --begin;
        if (!text.empty()) text += ',';
        for (auto at = begin; at != end; ++at) {
            if (at != begin) text += '+';
            text.append(label(at->oid)).append("=").append(rfc2253_escaped(at->value));
        }
        end = begin;
    }
    return text;
}

std::string short_name(std::string_view dotted) { return std::string(label(dotted)); }

std::optional<std::string> dotted_oid(std::string_view short_name) {
    for (const KnownName& known : known_names)
        if (known.short_name == short_name || known.oid == short_name) return std::string(known.oid);
    if (!short_name.empty() && short_name[0] >= '0' && short_name[0] <= '2' &&
        short_name.find_first_not_of("0123456789.") == std::string_view::npos)
        return std::string(short_name);
    return {};
}

Octets canonical(const std::vector<NameAttribute>& attributes) {
    Octets octets;
    for (const NameAttribute& attribute : attributes) {
        std::string value;
        for (const char c : attribute.value) {
            const bool blank = c == ' ' || (c >= '\t' && c <= '\r');
            if (!blank) value += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
            if (blank && !value.empty() && value.back() != ' ') value += ' ';
        }
        if (value.ends_with(' ')) value.pop_back();
        octets +=
            der::element(attribute.first_of_rdn ? der::set : der::sequence,
                         {der::element(der::object_identifier, attribute.oid), der::element(der::utf8_string, value)});
    }
    return octets;
}

}  // namespace onceway::x509
