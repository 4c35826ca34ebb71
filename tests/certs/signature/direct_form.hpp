// Signatures in the direct form, as newer servers make them: one reference for each part, exclusive canonicalisation,
// no wrapper, no policy.
#pragma once

#include "schemas/xml/document.hpp"
#include "tests/certs/signature/sealed.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onceway::tests {

inline constexpr std::string_view dsig = "http://www.w3.org/2000/09/xmldsig#",
                                  xades = "http://uri.etsi.org/01903/v1.3.2#";
inline constexpr std::string_view exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";

inline std::string digest_elements(OctetsView digest) {
    return fmt::format(
        R"(<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha512"/><ds:DigestValue>{}</ds:DigestValue>)",
        to_base64(digest));
}

/// A document in the direct form, as newer servers sign.
class DirectForm {
public:
    explicit DirectForm(const Signer& signer) : signer_(signer) {}

    std::string sign(const std::vector<std::pair<std::string, Octets>>& parts, bool with_properties = true) const {
        std::string references;
        for (const auto& [name, octets] : parts)
            references +=
                fmt::format(R"(<ds:Reference URI="{}">{}</ds:Reference>)", name, digest_elements(keys::sha512(octets)));
        if (with_properties) references += properties_reference();
        const std::string draft = document(references, "");
        const Octets signed_info = canonical(draft, dsig, "SignedInfo");
        const auto value =
            must(signer_.own.key->sign(signer_.own.key->default_algorithm(), signed_info, keys::EcdsaForm::raw));
        return document(references, to_base64(value));
    }

private:
    std::string properties_reference() const {
        const Octets digest = keys::sha512(canonical(document("", ""), xades, "SignedProperties"));
        return fmt::format(
            R"(<ds:Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#xades-id-1"><ds:Transforms>)"
            R"(<ds:Transform Algorithm="{}"/></ds:Transforms>{}</ds:Reference>)",
            exclusive, digest_elements(digest));
    }

    std::string document(const std::string& references, const std::string& value) const {
        return fmt::format(
            R"(<ds:Signature xmlns:ds="{}" Id="id-1"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{}"/>)"
            R"(<ds:SignatureMethod Algorithm="{}"/>{}</ds:SignedInfo><ds:SignatureValue Id="value-id-1">{}</ds:SignatureValue>)"
            R"(<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo><ds:Object>)"
            R"(<xades:QualifyingProperties xmlns:xades="{}" Target="#id-1">{}<xades:UnsignedProperties>)"
            R"(<xades:UnsignedSignatureProperties><xades:RevocationValues><xades:OCSPValues><xades:EncapsulatedOCSPValue>{})"
            R"(</xades:EncapsulatedOCSPValue></xades:OCSPValues></xades:RevocationValues></xades:UnsignedSignatureProperties>)"
            R"(</xades:UnsignedProperties></xades:QualifyingProperties></ds:Object></ds:Signature>)",
            dsig, exclusive, signer_.own.key->default_algorithm().uri(), references, value,
            to_base64(signer_.own.certificate.der()), xades, signed_properties(), to_base64(signer_.key.ocsp.front()));
    }

    std::string signed_properties() const {
        return fmt::format(
            R"(<xades:SignedProperties Id="xades-id-1"><xades:SignedSignatureProperties><xades:SigningTime>2026-02-02T10:15:30Z)"
            R"(</xades:SigningTime><xades:SigningCertificateV2><xades:Cert><xades:CertDigest>{}</xades:CertDigest></xades:Cert>)"
            R"(</xades:SigningCertificateV2></xades:SignedSignatureProperties></xades:SignedProperties>)",
            digest_elements(signer_.own.certificate.sha512()));
    }

    static Octets canonical(const std::string& text, std::string_view space, std::string_view name) {
        const auto document = must(xml::Document::parse(text));
        return must(document.canonical(document.find(space, name).front(), xml::C14n::exclusive));
    }

    const Signer& signer_;
};

}  // namespace onceway::tests
