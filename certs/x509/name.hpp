// Distinguished names: taken apart, printed, and made comparable.
#pragma once

#include "certs/x509/certificate.hpp"

namespace onceway::x509 {

/// The attributes of a DER Name in its order. Faults: `incorrect_certificate`.
Result<std::vector<NameAttribute>> read_name(OctetsView der);

/// RFC 2253: last relative name first, short names where there are any.
std::string rfc2253(const std::vector<NameAttribute>& attributes);
/// One value with the escapes of RFC 2253 (and `=`), as genuine servers render it.
std::string rfc2253_escaped(std::string_view value);

/// Octets that are equal for equal names: string types forgotten, ASCII lower case, white space trimmed and collapsed.
Octets canonical(const std::vector<NameAttribute>& attributes);

}  // namespace onceway::x509
