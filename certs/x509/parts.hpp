// What is found in a certificate's octets; for the .cpp files of x509.
#pragma once

#include "certs/keys/gloves.hpp"
#include "certs/x509/certificate.hpp"

#include <set>

namespace onceway::x509 {

/// Everything read from the DER of one certificate. Views look into `der`.
struct CertificateFacts {
    Octets der;
    OctetsView issuer_name, subject_name, serial, spki, key_bits, extensions;
    OctetsView signed_part, signature_algorithm, signature;
    Instant not_before{}, not_after{};

    bool ca = false, unknown_critical = false, extended_usage_critical = false;
    std::optional<std::int64_t> path_length;
    std::optional<std::uint32_t> key_usage;  // bit n of RFC 5280 is bit n here
    std::set<std::string> extended_usages;
    std::optional<Octets> subject_key_id;
    std::vector<std::string> ocsp_urls;
};

struct Certificate::Parts : CertificateFacts {
    keys::OwnedX509 x509;
    Octets sha256, sha1, canonical_subject, canonical_issuer;
    std::optional<keys::PublicKey> key;
    Fault key_fault;  // why there is no key
};

enum KeyUsageBit : std::uint32_t {
    digital_signature = 1u << 0,
    non_repudiation = 1u << 1,
    key_encipherment = 1u << 2,
    data_encipherment = 1u << 3,
    key_cert_sign = 1u << 5,
};

/// Finds the fields of `facts.der`. Faults: `incorrect_certificate`.
Result<void> find_fields(CertificateFacts& facts);
/// Reads `facts.extensions`. Faults: `incorrect_certificate` for a malformed or doubled one.
Result<void> read_extensions(CertificateFacts& facts);

}  // namespace onceway::x509
