// What the two readers of a WSDL share.
#pragma once

#include "schemas/xml/document.hpp"

#include <string_view>

namespace onceway::description {

inline constexpr std::string_view wsdl_space = "http://schemas.xmlsoap.org/wsdl/";
inline constexpr std::string_view soap11_space = "http://schemas.xmlsoap.org/wsdl/soap/";
inline constexpr std::string_view soap12_space = "http://schemas.xmlsoap.org/wsdl/soap12/";

/// The document under the bounds of a description. Faults: `invalid_xml`, `too_large`.
Result<xml::Document> parse_wsdl(OctetsView document);

}  // namespace onceway::description
