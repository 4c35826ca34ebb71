// The structure of a signature document: which elements stand where, how often, in which order.
#pragma once

#include "schemas/base/result.hpp"
#include "schemas/xml/document.hpp"

#include <string_view>

namespace onceway::signature {

inline constexpr std::string_view ds = "http://www.w3.org/2000/09/xmldsig#";
inline constexpr std::string_view xades = "http://uri.etsi.org/01903/v1.3.2#";
inline constexpr std::string_view asic = "http://uri.etsi.org/02918/v1.2.1#";
inline constexpr std::string_view older_asic = "http://uri.etsi.org/02918/v1.1.1#";

/// Judges a ds:Signature as XML-DSig and XAdES 1.3.2 arrange it, narrowed to what a verifier interprets: what could
/// carry a second meaning (other key information, foreign objects, counter-signatures) is refused. Faults:
/// `malformed_signature`, with the element and the reason. Rule: message-transport §4.3.
Result<void> check_structure(xml::Element signature);

}  // namespace onceway::signature
