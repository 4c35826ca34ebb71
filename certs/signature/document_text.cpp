#include "certs/signature/document_text.hpp"

#include "certs/signature/names.hpp"

#include <fmt/format.h>

namespace onceway::signature {
namespace {

constexpr std::string_view c14n = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
constexpr std::string_view sha512 = "http://www.w3.org/2001/04/xmlenc#sha512";
constexpr std::string_view namespaces =
    R"( xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#")"
    R"( xmlns:xades="http://uri.etsi.org/01903/v1.3.2#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance")";
constexpr std::string_view policy_digest =
    "BuO0EDNfkxSVlUbxCzmQPzX1AUF1/xx9ytWHk3/6SAOePxQiniEfDYk+90QeYb3lWpV3Izhuz9fKaYyE+lTcXw==";

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
    return element("xades:IssuerSerial", element("ds:X509IssuerName", issuer) + element("ds:X509SerialNumber", serial));
}

std::string signing_certificate(Form form, const DocumentTexts& texts) {
    const std::string digest = element("xades:CertDigest", digest_pair(form, texts.certificate_digest));
    return element("xades:SigningCertificate",
                   element("xades:Cert", digest + issuer_serial(texts.issuer_name, texts.serial_number)));
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

std::string reference(Form form, std::string_view attributes, std::string_view digest) {
    return fmt::format("<ds:Reference {}>\n{}\n</ds:Reference>\n", attributes, digest_pair(form, digest, "\n"));
}

std::string certificate_references(const std::vector<x509::Certificate>& intermediates) {
    std::string references, values;
    for (std::size_t i = 0; i < intermediates.size(); ++i) {
        const auto& certificate = intermediates[i];
        references +=
            fmt::format(R"(<xades:Cert URI="#encapsulated-cert-{}">{}{}</xades:Cert>)", i + 1,
                        element("xades:CertDigest", digest_pair(Form::document, to_base64(certificate.sha512()))),
                        issuer_serial(character_data(certificate.issuer()), certificate.serial_decimal()));
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

}  // namespace

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

std::string signed_properties(Form form, const DocumentTexts& texts, bool by_chain) {
    const std::string_view type = by_chain ? "application/hash-chain-result" : "text/xml";
    const std::string format =
        fmt::format(R"(<xades:DataObjectFormat ObjectReference="#signature-reference-0">{}</xades:DataObjectFormat>)",
                    element("xades:MimeType", type));
    return fmt::format(R"(<xades:SignedProperties{} Id="signed-properties">{}{}</xades:SignedProperties>)",
                       form == Form::canonical ? namespaces : "",
                       element("xades:SignedSignatureProperties", element("xades:SigningTime", texts.signing_time) +
                                                                      signing_certificate(form, texts) + policy(form)),
                       element("xades:SignedDataObjectProperties", format));
}

std::string signed_info(Form form, const DocumentTexts& texts, bool by_chain) {
    const std::string first =
        fmt::format(R"(Id="signature-reference-0" URI="{}")", by_chain ? chain_result_name : message_name);
    constexpr std::string_view second =
        R"(Id="signature-reference-1" Type="http://uri.etsi.org/01903#SignedProperties" URI="#signed-properties")";
    return fmt::format(
        "<ds:SignedInfo{}>\n{}\n{}\n{}{}</ds:SignedInfo>", form == Form::canonical ? namespaces : "",
        method(form, "ds:CanonicalizationMethod", c14n), method(form, "ds:SignatureMethod", texts.algorithm),
        reference(form, first, texts.reference_digest), reference(form, second, texts.properties_digest));
}

std::string document(const DocumentTexts& texts, bool by_chain) {
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?><asic:XAdESSignatures{}>"
        "<ds:Signature Id=\"signature\">\n{}\n<ds:SignatureValue Id=\"signature-value\">\n{}\n</ds:SignatureValue>\n"
        "<ds:KeyInfo>\n<ds:X509Data>\n<ds:X509Certificate>{}</ds:X509Certificate>\n</ds:X509Data>\n</ds:KeyInfo>\n"
        "<ds:Object><xades:QualifyingProperties Target=\"#signature\">{}{}</xades:QualifyingProperties></ds:Object>\n"
        "</ds:Signature></asic:XAdESSignatures>",
        namespaces, signed_info(Form::document, texts, by_chain), texts.signature_value, texts.certificate,
        signed_properties(Form::document, texts, by_chain),
        element("xades:UnsignedProperties", element("xades:UnsignedSignatureProperties", texts.evidence)));
}

std::string evidence_text(const std::vector<x509::Certificate>& intermediates, const std::vector<Octets>& ocsp) {
    return certificate_references(intermediates) + revocation_values(ocsp);
}

}  // namespace onceway::signature
