#include "schemas/xml/prescan.hpp"

#include "schemas/xml/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace onceway::xml {
namespace {

/// The library compares every attribute of a tag with every other one. The squares of all tags together may not reach
/// this, which is some hundred milliseconds.
constexpr std::uint64_t most_attribute_work = 50'000'000;

Fault refused(std::string_view why) { return fault(FaultCode::invalid_xml, fmt::format("Reading XML: {}", why)); }
Fault too_much(std::string_view what, std::size_t limit) {
    return fault(FaultCode::too_large, fmt::format("Reading XML: {} (limit {})", what, limit));
}

Result<void> check_declaration(OctetsView octets) {
    const auto encoding = declared_encoding(octets);
    if (!encoding.empty() && !same_ignoring_case(encoding, "UTF-8"))
        return refused(fmt::format("the encoding is declared as '{}'; only UTF-8 is read", encoding.substr(0, 40)));
    return {};
}

/// Longer ones the library would refuse without saying why.
constexpr std::size_t section_octets_most = 10'000'000;

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
    std::size_t longest = 0;  // of comments, CDATA sections and processing instructions
    for (auto at = octets.find('<'); at != OctetsView::npos;) {
        const auto rest = octets.substr(at);
        const auto skip_to = [&](std::string_view mark, std::size_t from) {
            const auto end = rest.find(mark, from);
            longest = std::max(longest, std::min(end, rest.size()) - from);
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
        if (longest > section_octets_most)
            return too_much("a comment, a CDATA section or a processing instruction has too many octets",
                            section_octets_most);
    }
    return {};
}

}  // namespace

Result<OctetsView> prescan(OctetsView octets, const Bounds& bounds) {
    if (octets.size() > bounds.octets) return too_much("the document has too many octets", bounds.octets);
    if (octets.starts_with(utf8_mark)) {
        if (!bounds.byte_order_mark)
            return refused("a byte order mark stands in front of a document that may have none");
        octets.remove_prefix(utf8_mark.size());
    }
    if (auto declaration = check_declaration(octets); !declaration) return declaration.error();
    if (auto text = prescan_text(octets, bounds); !text) return text.error();
    return octets;
}

Result<void> prescan_text(OctetsView text, const Bounds& bounds) {
    if (text.size() > bounds.octets) return too_much("the document has too many octets", bounds.octets);
    if (text.empty()) return refused("the document is empty");
    if (auto tags = check_tags(text, bounds); !tags) return tags.error();
    if (!is_utf8(text)) return refused("the document holds octets that are no UTF-8");
    // The library takes a NUL for the end of everything, or for a sign of another encoding.
    if (text.find('\0') != OctetsView::npos) return refused("it holds a NUL");
    if (text.starts_with(utf8_mark)) return refused("a second byte order mark stands at the beginning");
    return {};
}

}  // namespace onceway::xml
