// The signature document as we write it: one fixed form whose canonical octets are known without parsing it again.
#pragma once

#include "certs/signature/gapped_text.hpp"
#include "certs/x509/certificate.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/base/time.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace onceway::signature {

/// Octets of SignedProperties and SignedInfo in canonical form, and the digest that binds the one into the other.
struct CanonicalForms {
    Octets signed_properties, signed_info;
    std::string properties_digest;  // Base64
};

/// What the documents of one signer have in common.
struct SignerFacts {
    std::string_view algorithm;  // URI of the signature algorithm
    Octets certificate_digest;   // SHA-512 of the signing certificate
    std::string issuer_name;     // RFC 2253
    std::string serial_decimal;
};

/// Certificates and answers that travel beside what is signed.
struct Evidence {
    const x509::Certificate& certificate;
    const std::vector<x509::Certificate>& intermediates;
    const std::vector<Octets>& ocsp;
};

/// What changes from signature to signature.
struct SignedFacts {
    Octets reference_digest;  // SHA-512 of what reference 0 names
    Instant signing_time;
};

/// The document of one signer in one of its two forms: over the message itself, or over a hash chain result.
/// Rule: message-transport §4.3.
class SignatureTemplate {
public:
    /// `evidence` is null where no whole document is asked for.
    SignatureTemplate(const SignerFacts& signer, bool by_chain, const Evidence* evidence);

    /// The octets of SignedProperties and SignedInfo as canonicalisation gives them in the context of our document.
    /// Rule: message-transport §4.4 steps 4 and 5.
    CanonicalForms canonical_forms(const SignedFacts& facts) const;
    /// The whole document, `forms` being those of the same facts. Parsed again it has these canonical forms.
    Octets document(const SignedFacts& facts, const CanonicalForms& forms, OctetsView signature_value) const;

private:
    GappedText properties_, info_, document_;
};

}  // namespace onceway::signature
