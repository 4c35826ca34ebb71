#include "certs/signature/template.hpp"

#include "certs/keys/digest.hpp"

#include <algorithm>
#include <stdexcept>

namespace onceway::signature {
namespace {

/// The same text is written twice: as it stands in the document, and as canonicalisation would give it.
enum class Form { document, canonical };

constexpr std::string_view c14n = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
constexpr std::string_view sha512 = "http://www.w3.org/2001/04/xmlenc#sha512";
constexpr std::string_view namespaces =
    R"( xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#")"
    R"( xmlns:xades="http://uri.etsi.org/01903/v1.3.2#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance")";
constexpr std::string_view policy_digest =
    "BuO0EDNfkxSVlUbxCzmQPzX1AUF1/xx9ytWHk3/6SAOePxQiniEfDYk+90QeYb3lWpV3Izhuz9fKaYyE+lTcXw==";

/// Escapes character data as canonicalisation writes it, so that document and canonical form agree.
std::string character_data(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        if (c == '&')
            escaped += "&amp;";
        else if (c == '<')
            escaped += "&lt;";
        else if (c == '>')
            escaped += "&gt;";
        else if (c == '\r')
            escaped += "&#xD;";
        else
            escaped += c;
    }
    return escaped;
}

std::string element(std::string_view name, std::string_view content) {
    return fmt::format("<{}>{}</{}>", name, content, name);
}

std::string method(Form form, std::string_view name, std::string_view algorithm) {
    if (form == Form::canonical) return fmt::format(R"(<{} Algorithm="{}"></{}>)", name, algorithm, name);
    return fmt::format(R"(<{} Algorithm="{}"/>)", name, algorithm);
}

std::string digest_pair(Form form, std::string_view base64, std::string_view between = "") {
    std::string pair = method(form, "ds:DigestMethod", sha512);
    return pair.append(between).append(element("ds:DigestValue", base64));
}

std::string issuer_serial(std::string_view issuer, std::string_view serial) {
    return element("xades:IssuerSerial",
                   element("ds:X509IssuerName", character_data(issuer)) + element("ds:X509SerialNumber", serial));
}

std::string signing_certificate(Form form, const SignerFacts& signer) {
    const std::string digest = element("xades:CertDigest", digest_pair(form, to_base64(signer.certificate_digest)));
    const std::string serial = issuer_serial(signer.issuer_name, signer.serial_decimal);
    return element("xades:SigningCertificate", element("xades:Cert", digest + serial));
}

std::string policy(Form form) {
    return element(
        "xades:SignaturePolicyIdentifier",
        element("xades:SignaturePolicyId",
                element("xades:SigPolicyId",
                        R"(<xades:Identifier Qualifier="OIDAsURN">urn:oid:1.3.6.1.4.1.3516.16.2</xades:Identifier>)"
                        "<xades:Description>Profile for High Performance Digital Signatures (version 1.2)"
                        "</xades:Description>") +
                    element("xades:SigPolicyHash", digest_pair(form, policy_digest)) +
                    element("xades:SigPolicyQualifiers",
                            element("xades:SigPolicyQualifier",
                                    element("xades:SPURI", "https://repo.cyber.ee/dsig-profile-1.2.pdf")))));
}

constexpr std::string_view gap{&GappedText::gap, 1};

/// Gap: the signing time.
std::string signed_properties(Form form, const SignerFacts& signer, bool by_chain) {
    const std::string_view type = by_chain ? "application/hash-chain-result" : "text/xml";
    const std::string format =
        fmt::format(R"(<xades:DataObjectFormat ObjectReference="#signature-reference-0">{}</xades:DataObjectFormat>)",
                    element("xades:MimeType", type));
    return fmt::format(R"(<xades:SignedProperties{} Id="signed-properties">{}{}</xades:SignedProperties>)",
                       form == Form::canonical ? namespaces : "",
                       element("xades:SignedSignatureProperties",
                               element("xades:SigningTime", gap) + signing_certificate(form, signer) + policy(form)),
                       element("xades:SignedDataObjectProperties", format));
}

std::string reference(Form form, std::string_view attributes) {
    return fmt::format("<ds:Reference {}>\n{}\n</ds:Reference>\n", attributes, digest_pair(form, gap, "\n"));
}

/// Gaps: the digests of the two references.
std::string signed_info(Form form, const SignerFacts& signer, bool by_chain) {
    const std::string first =
        fmt::format(R"(Id="signature-reference-0" URI="{}")", by_chain ? chain_result_name : message_name);
    constexpr std::string_view second =
        R"(Id="signature-reference-1" Type="http://uri.etsi.org/01903#SignedProperties" URI="#signed-properties")";
    return fmt::format("<ds:SignedInfo{}>\n{}\n{}\n{}{}</ds:SignedInfo>", form == Form::canonical ? namespaces : "",
                       method(form, "ds:CanonicalizationMethod", c14n),
                       method(form, "ds:SignatureMethod", signer.algorithm), reference(form, first),
                       reference(form, second));
}

std::string certificate_references(const std::vector<x509::Certificate>& intermediates) {
    std::string references, values;
    for (std::size_t i = 0; i < intermediates.size(); ++i) {
        const auto& certificate = intermediates[i];
        references +=
            fmt::format(R"(<xades:Cert URI="#encapsulated-cert-{}">{}{}</xades:Cert>)", i + 1,
                        element("xades:CertDigest", digest_pair(Form::document, to_base64(certificate.sha512()))),
                        issuer_serial(certificate.issuer(), certificate.serial_decimal()));
        values += fmt::format(R"(<xades:EncapsulatedX509Certificate Id="encapsulated-cert-{}">{}</xades:{}>)", i + 1,
                              to_base64(certificate.der()), "EncapsulatedX509Certificate");
    }
    if (references.empty()) return {};
    return fmt::format(R"(<xades:CompleteCertificateRefs Id="complete-certificate-refs">{}</xades:{}>{})",
                       element("xades:CertRefs", references), "CompleteCertificateRefs",
                       element("xades:CertificateValues", values));
}

std::string revocation_values(const std::vector<Octets>& ocsp) {
    std::string values;
    for (std::size_t i = 0; i < ocsp.size(); ++i)
        values += fmt::format(R"(<xades:EncapsulatedOCSPValue Id="ocsp-response-{}">{}</xades:EncapsulatedOCSPValue>)",
                              i + 1, to_base64(ocsp[i]));
    return element("xades:RevocationValues", element("xades:OCSPValues", values));
}

/// Gaps: the digests of the two references, the signature value, the signing time.
std::string document(const SignerFacts& signer, bool by_chain, const Evidence& evidence) {
    const std::string unsigned_properties =
        element("xades:UnsignedProperties",
                element("xades:UnsignedSignatureProperties",
                        certificate_references(evidence.intermediates) + revocation_values(evidence.ocsp)));
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?><asic:XAdESSignatures{}>"
        "<ds:Signature Id=\"signature\">\n{}\n<ds:SignatureValue Id=\"signature-value\">\n{}\n</ds:SignatureValue>\n"
        "<ds:KeyInfo>\n<ds:X509Data>\n<ds:X509Certificate>\n{}\n</ds:X509Certificate>\n</ds:X509Data>\n</ds:KeyInfo>\n"
        "<ds:Object><xades:QualifyingProperties Target=\"#signature\">{}{}</xades:QualifyingProperties></ds:Object>\n"
        "</ds:Signature></asic:XAdESSignatures>",
        namespaces, signed_info(Form::document, signer, by_chain), gap, to_base64(evidence.certificate.der()),
        signed_properties(Form::document, signer, by_chain), unsigned_properties);
}

}  // namespace

GappedText::GappedText(std::string_view text) {
    for (;;) {
        const auto end = std::min(text.find(gap), text.size());
        pieces_.emplace_back(text.substr(0, end));
        octets_ += end;
        if (end == text.size()) return;
        text.remove_prefix(end + 1);
    }
}

std::string GappedText::filled(std::initializer_list<std::string_view> values) const {
    if (pieces_.size() != values.size() + 1)
        throw std::runtime_error("the name of a certificate's issuer holds a character that XML cannot hold");
    std::size_t octets = octets_;
    for (const auto value : values) octets += value.size();
    std::string text;
    text.reserve(octets);
    auto value = values.begin();
    for (const std::string& piece : pieces_) {
        text += piece;
        if (value != values.end()) text += *value++;
    }
    return text;
}

SignatureTemplate::SignatureTemplate(const SignerFacts& signer, bool by_chain, const Evidence* evidence)
    : properties_(signed_properties(Form::canonical, signer, by_chain)),
      info_(signed_info(Form::canonical, signer, by_chain)),
      document_(evidence ? signature::document(signer, by_chain, *evidence) : std::string()) {}

CanonicalForms SignatureTemplate::canonical_forms(const SignedFacts& facts) const {
    CanonicalForms forms;
    forms.signed_properties = properties_.filled({rfc3339(facts.signing_time)});
    forms.properties_digest = to_base64(keys::sha512(forms.signed_properties));
    forms.signed_info = info_.filled({to_base64(facts.reference_digest), forms.properties_digest});
    return forms;
}

Octets SignatureTemplate::document(const SignedFacts& facts, const CanonicalForms& forms,
                                   OctetsView signature_value) const {
    return document_.filled({to_base64(facts.reference_digest), forms.properties_digest, to_base64(signature_value),
                             rfc3339(facts.signing_time)});
}

}  // namespace onceway::signature
