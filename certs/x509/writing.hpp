// The pieces that certificates and requests are written from, as DER. Internal to `x509`.
#pragma once

#include "certs/x509/certificate.hpp"

namespace onceway::x509 {

/// OBJECT IDENTIFIER of dotted text.
Octets oid(std::string_view dotted);
/// "CN" of "2.5.4.3"; the dotted text where there is no short name. And back.
std::string short_name(std::string_view dotted);
std::optional<std::string> dotted_oid(std::string_view short_name);

/// A Name with one relative name per pair. Faults: `invalid_argument` for an attribute without a known name.
Result<Octets> write_name(const Subject& subject);
Octets extension(std::string_view dotted, bool critical, OctetsView value);
Octets write_key_usage(const std::vector<int>& bits, bool critical);
/// subjectAltName of DNS names and IP addresses. Faults: `invalid_argument`.
Result<Octets> alternative_names(const std::vector<std::string>& addresses);
/// SEQUENCE { body, algorithm, signature over body }.
Result<Octets> sign_body(OctetsView body, const keys::PrivateKey& key);

}  // namespace onceway::x509
