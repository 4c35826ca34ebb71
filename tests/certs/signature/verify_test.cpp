// A signature under attack: wrapped, moved, doubled, stripped. Each is refused, and for the right reason.
#include "certs/signature/memory.hpp"

#include "tests/certs/signature/sealed.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/effort.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>

using namespace onceway;
using namespace onceway::tests;
using signature::Mode;

namespace {

/// From the beginning of the first `open` to the end of the next `close`.
std::string between(const std::string& text, std::string_view open, std::string_view close) {
    const auto from = text.find(open), to = text.find(close, from);
    if (from == std::string::npos || to == std::string::npos) throw std::logic_error("no such element");
    return text.substr(from, to + close.size() - from);
}

std::string element(const std::string& text, const std::string& name) {
    return between(text, "<" + name, "</" + name + ">");
}

std::string replaced_everywhere(std::string text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

struct Attack {
    std::string why;
    std::function<void(SealedMessage&)> change;
    std::string code, word;
};

/// Each row's change makes a valid message with a body invalid, and a memory of the valid one changes nothing about
/// that.
void check_refused(const std::vector<Attack>& attacks, std::vector<Octets> contents) {
    const Signer signer;
    for (const Attack& attack : attacks) {
        CAPTURE(attack.why);
        SealedMessage sealed(signer, contents);
        REQUIRE(signature::verify(sealed.question(), *signer.trust, test_time()));
        signature::VerifyMemory memory;
        REQUIRE(signature::verify(sealed.question(), signer.trust, test_time(), memory));
        attack.change(sealed);
        const auto verified = signature::verify(sealed.question(), *signer.trust, test_time());
        REQUIRE_FALSE(verified);
        CHECK(verified.error().wire_code() == attack.code);
        CHECK_MESSAGE(contains(verified.error().detail, attack.word), verified.error().detail);
        const auto remembering = signature::verify(sealed.question(), signer.trust, test_time(), memory);
        REQUIRE_FALSE(remembering);
        CHECK(remembering.error().wire_code() == attack.code);
        CHECK(remembering.error().detail == verified.error().detail);
    }
}

Attack rewrite(std::string why, std::string from, std::string to, std::string code, std::string word) {
    return {why, [=](SealedMessage& sealed) { sealed.signature = replaced(sealed.signature, from, to); }, code, word};
}

const std::string end_of_document = "</asic:XAdESSignatures>";

}  // namespace

TEST_CASE("a wrapped or doubled signature is refused when") {
    check_refused(
        {
            {"a second signature follows the first",
             [](SealedMessage& sealed) {
                 sealed.signature = replaced(sealed.signature, end_of_document,
                                             element(sealed.signature, "ds:Signature") + end_of_document);
             },
             "malformed_signature", "Signature stands 2 times"},
            {"the signature is wrapped into a document of its own",
             [](SealedMessage& sealed) {
                 const std::string inner = element(sealed.signature, "asic:XAdESSignatures");
                 sealed.signature = "<wrapper>" + inner + "</wrapper>";
             },
             "malformed_signature", "root element is wrapper"},
            {"the signed properties stand twice",
             [](SealedMessage& sealed) {
                 const std::string properties = element(sealed.signature, "xades:SignedProperties");
                 sealed.signature = replaced(sealed.signature, properties, properties + properties);
             },
             "malformed_signature", "SignedProperties stands 2 times"},
            {"a second SignedInfo follows the first",
             [](SealedMessage& sealed) {
                 const std::string info = element(sealed.signature, "ds:SignedInfo");
                 sealed.signature = replaced(sealed.signature, info, info + info);
             },
             "malformed_signature", "SignedInfo stands 2 times"},
            {"a second object is added",
             [](SealedMessage& sealed) {
                 sealed.signature = replaced(sealed.signature, "</ds:Signature>", "<ds:Object/></ds:Signature>");
             },
             "malformed_signature", "Object stands 2 times"},
            rewrite("two elements have one id", R"(<ds:SignatureValue Id="signature-value">)",
                    R"(<ds:SignatureValue Id="signed-properties">)", "malformed_signature", "same id"),
            rewrite("one id is spelled in another way", R"(<ds:SignatureValue Id="signature-value">)",
                    R"(<ds:SignatureValue Id="signature-value" xml:id="signed-properties">)", "malformed_signature",
                    "same id"),
            rewrite("white space stands before it", "<ds:Signature ", " <ds:Signature ", "malformed_signature",
                    "before"),
            rewrite("a comment stands before it", "<ds:Signature ", "<!-- x --><ds:Signature ", "malformed_signature",
                    "before"),
            {"its prefix is another",
             [](SealedMessage& sealed) {
                 sealed.signature =
                     replaced_everywhere(replaced(sealed.signature, "xmlns:ds", "xmlns:dz"), "ds:", "dz:");
             },
             "malformed_signature", "ds:Signature"},
        },
        {"message", "body"});
}

TEST_CASE("a signature whose values are not plain is refused when") {
    check_refused(
        {
            rewrite("a comment stands in the signature value", "</ds:SignatureValue>", "<!-- x --></ds:SignatureValue>",
                    "malformed_signature", "comment"),
            rewrite("a comment stands in a digest", "</ds:DigestValue>", "<!-- x --></ds:DigestValue>",
                    "malformed_signature", "comment"),
            rewrite("a CDATA section stands in the certificate", "</ds:X509Certificate>",
                    "<![CDATA[AA]]></ds:X509Certificate>", "malformed_signature", "CDATA"),
            rewrite("a processing instruction stands in the signature value", "</ds:SignatureValue>",
                    "<?x?></ds:SignatureValue>", "malformed_signature", "processing instruction"),
            {"it has a document type",
             [](SealedMessage& sealed) {
                 sealed.signature = replaced(sealed.signature, "<asic:XAdESSignatures",
                                             "<!DOCTYPE x [<!ENTITY e 'v'>]><asic:XAdESSignatures");
             },
             "invalid_xml", "DOCTYPE"},
            {"it is no XML", [](SealedMessage& sealed) { sealed.signature = "MIIB"; }, "invalid_xml", ""},
            {"it is empty", [](SealedMessage& sealed) { sealed.signature.clear(); }, "invalid_xml", ""},
        },
        {"message"});
}

TEST_CASE("a signature with other structure than a signer writes is refused when") {
    check_refused(
        {
            rewrite("the method takes a parameter", R"(ecdsa-sha512"/>)",
                    R"(ecdsa-sha512"><ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>)",
                    "malformed_signature", "must be empty"),
            rewrite("its method is a shared secret", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
                    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512", "invalid_signature_value", "hmac-sha512"),
            rewrite("its method does not fit the key", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
                    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "internal_error", ""),
            rewrite("its method is weak", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
                    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1", "invalid_signature_value", "ecdsa-sha1"),
            rewrite("comments count in the canonical form", "REC-xml-c14n-20010315\"/>",
                    "REC-xml-c14n-20010315#WithComments\"/>", "invalid_signature_value", "WithComments"),
            rewrite("the key is to be fetched", "<ds:X509Data>",
                    R"(<ds:RetrievalMethod URI="http://127.0.0.1/"/><ds:X509Data>)", "malformed_signature", "KeyInfo"),
            rewrite(
                "a file goes through a transform", R"(URI="/message.xml">)",
                R"(URI="/message.xml"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/></ds:Transforms>)",
                "invalid_signature_value", ""),
            {"its only OCSP answer is gone",
             [](SealedMessage& sealed) {
                 sealed.signature =
                     replaced(sealed.signature, element(sealed.signature, "xades:EncapsulatedOCSPValue"), "");
             },
             "malformed_signature", "EncapsulatedOCSPValue"},
            {"its certificate is gone",
             [](SealedMessage& sealed) {
                 sealed.signature = replaced(sealed.signature, element(sealed.signature, "ds:X509Certificate"), "");
             },
             "malformed_signature", "X509Certificate"},
            {"it has no reference",
             [](SealedMessage& sealed) {
                 for (int i = 0; i < 2; ++i)
                     sealed.signature = replaced(sealed.signature, element(sealed.signature, "ds:Reference"), "");
             },
             "malformed_signature", "Reference"},
            rewrite("its unsigned properties hold a foreign element", "<xades:RevocationValues>",
                    "<xades:CounterSignature/><xades:RevocationValues>", "malformed_signature", "CounterSignature"),
            rewrite("text stands between its elements", "<ds:KeyInfo>", "text<ds:KeyInfo>", "malformed_signature",
                    "text"),
        },
        {"message"});
}

TEST_CASE("what was signed cannot be changed, nor what was received") {
    check_refused(
        {
            {"the message was changed", [](SealedMessage& sealed) { sealed.parts[0] += "!"; },
             "malformed_signature.invalid_hash_chain", "does not lead"},
            {"the body was changed", [](SealedMessage& sealed) { sealed.parts[1] += "!"; },
             "malformed_signature.invalid_hash_chain", "does not lead"},
            {"the body was taken away", [](SealedMessage& sealed) { sealed.parts.pop_back(); },
             "malformed_signature.invalid_reference", "/attachment1"},
            {"a part was added", [](SealedMessage& sealed) { sealed.parts.push_back("more"); },
             "malformed_signature.hashchain_unused_inputs", "/attachment2"},
            {"the hash chain is gone", [](SealedMessage& sealed) { sealed.chain.clear(); },
             "malformed_signature.invalid_reference", "not received"},
            {"both hash chain documents are gone",
             [](SealedMessage& sealed) {
                 sealed.chain.clear();
                 sealed.chain_result.clear();
             },
             "internal_error", "/sig-hashchainresult.xml"},
            {"the hash chain result has another white space",
             [](SealedMessage& sealed) { sealed.chain_result += "\n"; }, "invalid_signature_value", "hashchainresult"},
            rewrite("the signing time was changed", "2026-02-02T10:15:30", "2026-02-02T10:15:31",
                    "invalid_signature_value", "#signed-properties"),
            rewrite("the reference was changed", R"(URI="/sig-hashchainresult.xml")", R"(URI="/attachment1")",
                    "invalid_signature_value", ""),
        },
        {"message", "body"});
}

TEST_CASE("a part that a plain signature does not cover is refused, and accepted by a genuine verifier") {
    const Signer signer;
    SealedMessage sealed(signer, {"message"});
    sealed.parts.push_back("a body that nobody signed");
    const auto strict = signature::verify(sealed.question(), *signer.trust, test_time());
    REQUIRE_FALSE(strict);
    CHECK(strict.error().wire_code() == "malformed_signature.hashchain_unused_inputs");
    CHECK(contains(strict.error().detail, "/attachment1"));
    const auto genuine = signature::verify(sealed.question(), *signer.trust, test_time(), Mode::compatible);
    REQUIRE(genuine);
    CHECK(genuine->covered == std::vector<bool>{true, false});
}

TEST_CASE("a signature of somebody else is refused") {
    const Signer signer;
    const SealedMessage sealed(signer, {"message"});
    auto question = sealed.question();
    question.signer.member_code = "9999";
    const auto other = signature::verify(question, *signer.trust, test_time());
    REQUIRE_FALSE(other);
    CHECK(other.error().wire_code() == "incorrect_certificate");
    CHECK(contains(other.error().detail, "9999"));

    const Signer stranger("P-384");
    const auto foreign = signature::verify(SealedMessage(stranger, {"message"}).question(), *signer.trust, test_time());
    REQUIRE_FALSE(foreign);
    CHECK(contains(foreign.error().wire_code(), "internal_error"));
}

TEST_CASE("a certificate that may not sign messages is refused (item 99)") {
    const CertificateAuthority authority("Test CA");
    const auto own = authority.issue_authentication("server.test");
    const auto trust = trust_of(shared_parameters(authority));
    const signature::SigningKey key{own.key, own.certificate, {}, {authority.ocsp(own.certificate)}};
    const auto seal = must(signature::seal_now(key, {keys::sha512("message")}, test_time()));
    const signature::Question question{
        signing_member, {{"/message.xml", keys::sha512("message")}}, *seal.signature, std::nullopt, std::nullopt};
    const auto verified = signature::verify(question, *trust, test_time());
    REQUIRE_FALSE(verified);
    CHECK(verified.error().wire_code() == "malformed_signature");
    CHECK(contains(verified.error().detail, "not one for signing"));
}

TEST_CASE("a revoked, an unknown and a stale certificate are refused (item 102)") {
    const CertificateAuthority authority("Test CA");
    const Signer signer(authority, "P-256");
    struct {
        const char* why;
        Octets answer;
        const char* code;
    } const rows[] = {
        {"revoked", authority.ocsp(signer.own.certificate, test_time(), x509::Revocation::revoked),
         "invalid_cert_path.cert_validation"},
        {"unknown", authority.ocsp(signer.own.certificate, test_time(), x509::Revocation::unknown),
         "invalid_cert_path.cert_validation"},
        {"stale", authority.ocsp(signer.own.certificate, test_time() - std::chrono::hours(3)),
         "invalid_cert_path.incorrect_validation_info"},
        {"about another", authority.ocsp(authority.certificate()), "invalid_cert_path.cert_validation"},
    };
    for (const auto& row : rows)
        for (const auto mode : {Mode::strict, Mode::compatible}) {
            CAPTURE(std::string(row.why));
            Signer altered = signer;
            altered.key.ocsp = {row.answer};
            const auto verified =
                signature::verify(SealedMessage(altered, {"message"}).question(), *signer.trust, test_time(), mode);
            REQUIRE_FALSE(verified);
            CHECK(verified.error().wire_code() == row.code);
        }
}

TEST_CASE("a document made to cost much is refused at once") {
    std::string attributes, namespaces, levels;
    for (int i = 0; i < 50'000; ++i) attributes += " a" + std::to_string(i) + "=''";
    for (int i = 0; i < 2'000; ++i) namespaces += " xmlns:n" + std::to_string(i) + "='u'";
    for (int i = 0; i < 200; ++i) levels += "<a>";
    const Signer signer;
    for (const std::string& document :
         {"<x" + attributes + "/>", "<x" + namespaces + "/>", levels, std::string(300 * 1024, ' ') + "<x/>"}) {
        SealedMessage sealed(signer, {"message"});
        sealed.signature = document;
        const tests::Effort effort;
        const auto verified = signature::verify(sealed.question(), *signer.trust, test_time());
        REQUIRE_FALSE(verified);
        CHECK(effort.within(std::chrono::milliseconds(500)));  // 50 ms in a build for use
    }
}
