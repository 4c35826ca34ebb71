#include "schemas/description/bounded_xml.hpp"

#include "schemas/description/wsdl.hpp"
#include "schemas/xml/encoding.hpp"

#include <fmt/format.h>

namespace onceway::description {
namespace {

/// Generated documents declare a prefix on every other element; what that costs is bounded by the parser itself.
constexpr std::size_t most_namespaces = 20'000;

}  // namespace

Result<WsdlText> wsdl_text(OctetsView document) {
    if (document.size() > most_octets)
        return fault(FaultCode::too_large,
                     fmt::format("Reading a WSDL: the document has too many octets (limit {})", most_octets));
    auto read = xml::as_utf8(document);
    if (!read) return std::move(read).error();
    WsdlText text{read->given, read->mark, std::move(read->converted)};
    const auto declared = xml::declared_encoding(text.text());
    if (declared.empty() || same_ignoring_case(declared, "UTF-8")) return text;
    const auto begin = static_cast<std::size_t>(declared.data() - text.text().data());
    text.rewritten =
        fmt::format("{}UTF-8{}", text.text().substr(0, begin), text.text().substr(begin + declared.size()));
    return text;
}

xml::Bounds wsdl_bounds() {
    xml::Bounds bounds;
    bounds.octets = 3 * most_octets;
    bounds.namespaces = most_namespaces;
    return bounds;
}

}  // namespace onceway::description
