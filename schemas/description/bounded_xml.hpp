// What the two readers of a WSDL share.
#pragma once

#include "schemas/xml/document.hpp"

#include <optional>
#include <string_view>

namespace onceway::description {

inline constexpr std::string_view wsdl_space = "http://schemas.xmlsoap.org/wsdl/";
inline constexpr std::string_view soap11_space = "http://schemas.xmlsoap.org/wsdl/soap/";
inline constexpr std::string_view soap12_space = "http://schemas.xmlsoap.org/wsdl/soap12/";

/// A document in UTF-8 that says so itself. Keep the octets that came.
struct WsdlText {
    OctetsView given;                 // as it came, without a byte order mark
    bool mark = false;                // one stood in front
    std::optional<Octets> rewritten;  // set when it came in another encoding
    OctetsView text() const { return rewritten ? OctetsView(*rewritten) : given; }
};

/// Reads `document` in the encoding that it declares. Faults: `invalid_xml`, `too_large`.
Result<WsdlText> wsdl_text(OctetsView document);

/// Bounds of a WSDL in UTF-8, its length being checked: another encoding may have been a third as long.
xml::Bounds wsdl_bounds();

}  // namespace onceway::description
