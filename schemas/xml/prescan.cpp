#include "schemas/xml/prescan.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace onceway::xml {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
/// The library compares every attribute of a tag with every other one. The squares of all tags together may not reach
/// this, which is some hundred milliseconds.
constexpr std::uint64_t most_attribute_work = 50'000'000;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

Fault refused(std::string_view why) { return fault(FaultCode::invalid_xml, fmt::format("Reading XML: {}", why)); }
Fault too_much(std::string_view what, std::size_t limit) {
    return fault(FaultCode::too_large, fmt::format("Reading XML: {} (limit {})", what, limit));
}

/// The value of a pseudo-attribute of the XML declaration; empty when it is absent. The library checks the syntax.
std::string_view declared(std::string_view declaration, std::string_view name) {
    for (auto at = declaration.find(name); at != std::string_view::npos; at = declaration.find(name, at + 1)) {
        if (at == 0 || !is_blank(declaration[at - 1])) continue;
        auto rest = declaration.substr(at + name.size());
        while (!rest.empty() && (is_blank(rest[0]) || rest[0] == '=')) rest.remove_prefix(1);
        if (rest.empty()) return {};
        const auto end = rest.find(rest[0], 1);
        if (end != std::string_view::npos) return rest.substr(1, end - 1);
    }
    return {};
}

Result<void> check_declaration(OctetsView octets) {
    if (!octets.starts_with("<?xml") || octets.size() < 6 || !is_blank(octets[5])) return {};
    const auto end = octets.find("?>");
    if (end == OctetsView::npos) return refused("the XML declaration does not end");
    const auto declaration = octets.substr(5, end - 5);
    const auto encoding = declared(declaration, "encoding");
    if (!encoding.empty() && !same_ignoring_case(encoding, "UTF-8"))
        return refused(fmt::format("the encoding is declared as '{}'; only UTF-8 is read", encoding.substr(0, 40)));
    return {};
}

struct Tag {
    std::size_t end;         // position behind '>', or the end of the octets
    std::size_t attributes;  // '=' outside quotes
};

/// The tag that begins at `begin`; quoted values may hold '>'.
Tag tag_at(OctetsView octets, std::size_t begin) {
    Tag tag{octets.size(), 0};
    char quote = 0;
    for (auto at = begin + 1; at < octets.size(); ++at) {
        const char c = octets[at];
        if (quote != 0) {
            if (c == quote) quote = 0;
        } else if (c == '>') {
            tag.end = at + 1;
            break;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '=') {
            ++tag.attributes;
        }
    }
    return tag;
}

Result<void> check_tags(OctetsView octets, const Bounds& bounds) {
    std::uint64_t work = 0;
    for (auto at = octets.find('<'); at != OctetsView::npos;) {
        const auto rest = octets.substr(at);
        const auto skip_to = [&](std::string_view mark, std::size_t from) {
            const auto end = rest.find(mark, from);
            at = end == OctetsView::npos ? OctetsView::npos : octets.find('<', at + end + mark.size());
        };
        if (rest.starts_with("<!--")) {
            skip_to("-->", 4);
        } else if (rest.starts_with("<![CDATA[")) {
            skip_to("]]>", 9);
        } else if (rest.starts_with("<?")) {
            skip_to("?>", 2);
        } else if (rest.starts_with("<!")) {
            return refused("a document type declaration (DOCTYPE) is never accepted");
        } else {
            const auto tag = tag_at(octets, at);
            if (tag.end - at > bounds.start_tag_octets)
                return too_much("a tag has too many octets", bounds.start_tag_octets);
            if (tag.attributes > bounds.attributes_per_element)
                return too_much("an element has too many attributes", bounds.attributes_per_element);
            work += std::uint64_t{tag.attributes} * tag.attributes;
            if (work > most_attribute_work)
                return too_much("too many elements have many attributes", most_attribute_work);
            at = octets.find('<', tag.end);
        }
    }
    return {};
}

}  // namespace

Result<OctetsView> prescan(OctetsView octets, const Bounds& bounds) {
    if (octets.size() > bounds.octets) return too_much("the document has too many octets", bounds.octets);
    if (octets.starts_with(byte_order_mark)) {
        if (!bounds.byte_order_mark)
            return refused("a byte order mark stands in front of a document that may have none");
        octets.remove_prefix(byte_order_mark.size());
    }
    if (octets.empty()) return refused("the document is empty");
    if (auto declaration = check_declaration(octets); !declaration) return declaration.error();
    if (auto tags = check_tags(octets, bounds); !tags) return tags.error();
    if (!is_utf8(octets)) return refused("the document holds octets that are no UTF-8");
    return octets;
}

}  // namespace onceway::xml
