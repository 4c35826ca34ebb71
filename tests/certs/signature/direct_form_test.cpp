// The direct form: one reference for each part, exclusive canonicalisation, no wrapper, no policy (item 104).
#include "certs/signature/verify.hpp"

#include "schemas/xml/document.hpp"
#include "tests/certs/signature/sealed.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

using namespace onceway;
using namespace onceway::tests;
using signature::Mode;

namespace {

constexpr std::string_view dsig = "http://www.w3.org/2000/09/xmldsig#", xades = "http://uri.etsi.org/01903/v1.3.2#";
constexpr std::string_view exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";

std::string digest_elements(OctetsView digest) {
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

signature::Question question(const std::string& document, const std::vector<Octets>& parts) {
    signature::Question asked{signing_member, {}, document, std::nullopt, std::nullopt};
    for (const Octets& part : parts)
        asked.parts.push_back({asked.parts.empty() ? "/message.xml" : fmt::format("/attachment{}", asked.parts.size()),
                               keys::sha512(part), std::nullopt});
    return asked;
}

}  // namespace

TEST_CASE("a signature with a reference for each part verifies, in whatever order they stand") {
    const Signer signer;
    for (const auto& parts : std::vector<std::vector<std::pair<std::string, Octets>>>{
             {{"/message.xml", "message"}, {"/attachment1", "body"}},
             {{"/attachment1", "body"}, {"/message.xml", "message"}}}) {
        const std::string document = DirectForm(signer).sign(parts);
        for (const auto mode : {Mode::strict, Mode::compatible}) {
            const auto verified =
                signature::verify(question(document, {"message", "body"}), *signer.trust, test_time(), mode);
            REQUIRE_MESSAGE(verified, (verified ? "" : verified.error().wire_code() + verified.error().detail));
            CHECK_FALSE(verified->by_chain);
            CHECK(verified->covered == std::vector<bool>{true, true});
        }
    }
}

TEST_CASE("a signature with references is refused when") {
    const Signer signer;
    const DirectForm form(signer);
    const std::pair<std::string, Octets> message{"/message.xml", "message"}, body{"/attachment1", "body"};
    struct {
        std::string why, document;
        std::vector<Octets> received;
        std::string code, genuine;
    } const rows[] = {
        {"a part was added",
         form.sign({message, body}),
         {"message", "body", "more"},
         "malformed_signature.hashchain_unused_inputs",
         ""},
        {"it does not cover the message",
         form.sign({body}),
         {"message", "body"},
         "malformed_signature.hashchain_unused_inputs",
         ""},
        {"it does not cover its properties",
         form.sign({message, body}, false),
         {"message", "body"},
         "malformed_signature",
         ""},
        {"it covers one part twice",
         form.sign({message, message, body}),
         {"message", "body"},
         "malformed_signature",
         ""},
        {"the body was changed",
         form.sign({message, body}),
         {"message", "other"},
         "invalid_signature_value",
         "invalid_signature_value"},
        {"the body was taken away", form.sign({message, body}), {"message"}, "internal_error", "internal_error"},
        {"it refers to a file of its own",
         form.sign({message, {"/foo.bar", "x"}}),
         {"message"},
         "invalid_signature_value",
         "invalid_signature_value"},
        {"its time was changed",
         replaced(form.sign({message}), "10:15:30Z", "10:15:31Z"),
         {"message"},
         "invalid_signature_value",
         "invalid_signature_value"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.why);
        const auto strict = signature::verify(question(row.document, row.received), *signer.trust, test_time());
        REQUIRE_FALSE(strict);
        CHECK_MESSAGE(strict.error().wire_code() == row.code, strict.error().detail);
        const auto genuine =
            signature::verify(question(row.document, row.received), *signer.trust, test_time(), Mode::compatible);
        CHECK((genuine ? "" : genuine.error().wire_code()) == row.genuine);
    }
}
