// The signature document as we write it: one fixed form whose canonical octets are known without parsing it again.
#pragma once

#include "certs/keys/private_key.hpp"
#include "certs/signature/sealer.hpp"
#include "certs/x509/certificate.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/base/time.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace onceway::signature {

inline constexpr std::string_view message_name = "/message.xml";
inline constexpr std::string_view chain_result_name = "/sig-hashchainresult.xml";
inline constexpr std::string_view chain_name = "/sig-hashchain.xml";

/// What is signed, beside the form. Rule: message-transport §4.3.
struct SignedFacts {
    std::string_view algorithm;  // URI of the signature algorithm
    bool by_chain = false;       // reference 0 is the hash chain result, else the message
    Octets reference_digest;     // SHA-512 of what reference 0 names
    Instant signing_time;
    Octets certificate_digest;  // SHA-512 of the signing certificate
    std::string issuer_name;    // RFC 2253
    std::string serial_decimal;
};

/// The octets of SignedProperties and SignedInfo as canonicalisation gives them in the context of our document.
/// Rule: message-transport §4.4 steps 4 and 5.
CanonicalForms canonical_forms(const SignedFacts& facts);

/// Certificates and answers that travel in the unsigned properties.
struct Evidence {
    const x509::Certificate& certificate;
    const std::vector<x509::Certificate>& intermediates;
    const std::vector<Octets>& ocsp;
};
/// The whole document. Parsed again it has the canonical forms above.
Octets write_document(const SignedFacts& facts, OctetsView signature_value, const Evidence& evidence);

}  // namespace onceway::signature
