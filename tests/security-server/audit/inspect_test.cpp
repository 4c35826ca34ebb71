// onceway-audit inspect: every kind, what passes, what is refused and why; and nothing makes it fall over.
#include "security-server/audit/inspect.hpp"
#include "schemas/message/hash_chain.hpp"
#include "schemas/registry/documents.hpp"
#include "tests/certs/container/made.hpp"
#include "tests/security-server/audit/inspect_rows.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <random>

using namespace onceway;
using namespace onceway::tests;
namespace json = boost::json;

namespace {

const std::string request_head = "GET /r1/x HTTP/1.1\r\nHost: a\r\nX-Road-Client: A/B/C/D\r\n\r\n";

std::string identifier_xml(const std::string& type, const std::string& children) {
    return R"(<a xmlns:id="http://x-road.eu/xsd/identifiers" id:objectType=")" + type + "\">" + children + "</a>";
}
const std::string member_xml =
    "<id:xRoadInstance>A</id:xRoadInstance><id:memberClass>B</id:memberClass><id:memberCode>C</id:memberCode>";

}  // namespace

TEST_CASE("http-head, mime") {
    check_rows({
        {"a request", "http-head", request_head, {{"side", "server"}}, "valid", "", R"("framing":"none")"},
        {"a body of known length",
         "http-head",
         "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
         {},
         "valid",
         "",
         R"("framing":"length","length":5)"},
        {"an answer",
         "http-head",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
         {{"side", "client"}},
         "valid",
         "",
         R"("status":200)"},
        {"two ways to find the end",
         "http-head",
         "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
         {},
         "invalid",
         "bad_request",
         "Transfer-Encoding"},
        {"a client named twice",
         "http-head",
         "GET / HTTP/1.1\r\nHost: a\r\nX-Road-Client: a\r\nX-Road-Client: b\r\n\r\n",
         {},
         "invalid",
         "bad_request",
         "X-Road-Client"},
        {"the same from a peer",
         "http-head",
         "GET / HTTP/1.1\r\nHost: a\r\nX-Road-Client: a\r\nX-Road-Client: b\r\n\r\n",
         {{"port", "peer"}},
         "valid",
         "",
         "X-Road-Client"},
        {"an unknown side", "http-head", request_head, {{"side", "above"}}, "unknown", "invalid_argument", "side"},
        {"two parts",
         "mime",
         "--b\r\ncontent-type: text/plain\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--",
         {{"content_type", "multipart/mixed; boundary=b"}},
         "valid",
         "",
         R"("type":"text/plain","length":3)"},
        {"a part in a part",
         "mime",
         "--b\r\ncontent-type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--",
         {{"content_type", "multipart/mixed; boundary=b"}},
         "valid",
         "",
         R"("parts":[{"type":"","length":1)"},
        {"no end",
         "mime",
         "--b\r\n\r\none",
         {{"content_type", "multipart/mixed; boundary=b"}},
         "invalid",
         "mime_parsing_failed",
         ""},
        {"bare line feeds between servers",
         "mime",
         "--b\n\none\n--b--\n",
         {{"content_type", "multipart/mixed; boundary=b"}},
         "invalid",
         "mime_parsing_failed",
         ""},
        {"no content type given", "mime", "--b", json::object{}, "unknown", "invalid_argument", "content_type"},
        {"a content type of another kind",
         "mime",
         "--b",
         {{"content_type", "text/plain"}},
         "invalid",
         "invalid_content_type",
         ""},
    });
}

TEST_CASE("identifier, service-path") {
    check_rows({
        {"a client in a header", "identifier", "A/B/C/%C3%B6", json::object{}, "valid", "",
         R"("components":["A","B","C","ö"])"},
        {"a service in a URL",
         "identifier",
         "/r1/A/B/C/D/svc/path?q",
         {{"form", "url"}, {"of", "service"}},
         "valid",
         "",
         R"(["A","B","C","D","svc"])"},
        {"a server", "identifier", "A/B/C/ss1", {{"of", "server"}}, "valid", "", R"(["A","B","C","ss1"])"},
        {"a client in XML",
         "identifier",
         identifier_xml("MEMBER", member_xml),
         {{"form", "xml"}},
         "valid",
         "",
         R"(["A","B","C"])"},
        {"an escaped line end", "identifier", "A/B/C%0d%0aX", json::object{}, "invalid", "internal_error", "control"},
        {"too few parts", "identifier", "A/B", json::object{}, "invalid", "internal_error", ""},
        {"an objectType of another kind",
         "identifier",
         identifier_xml("SERVICE", member_xml),
         {{"form", "xml"}},
         "invalid",
         "invalid_xml",
         "objectType"},
        {"a component twice",
         "identifier",
         identifier_xml("MEMBER", member_xml + "<id:memberCode>D</id:memberCode>"),
         {{"form", "xml"}},
         "invalid",
         "duplicate_header_field",
         "memberCode"},
        {"a path that matches",
         "service-path",
         "/a/b%20c",
         {{"method", "GET"}, {"pattern", "/a/*"}},
         "valid",
         "",
         R"("matches":true,"forwarded":"/a/b%20c")"},
        {"a path that does not",
         "service-path",
         "/a/b/c",
         {{"method", "GET"}, {"pattern", "/a/*"}},
         "valid",
         "",
         R"("matches":false)"},
        {"a path that leads upwards",
         "service-path",
         "/a/%2e%2e/b",
         {{"method", "GET"}, {"pattern", "**"}},
         "invalid",
         "access_denied",
         ""},
        {"an encoded slash",
         "service-path",
         "/a%2fb",
         {{"method", "GET"}, {"pattern", "**"}},
         "invalid",
         "access_denied",
         ""},
    });
}

TEST_CASE("xml") {
    const Signer signer;
    const SealedMessage sealed(signer, {"message", "body"});
    const CertificateAuthority authority("CA");
    const TemporaryFolder folder;
    write_verification_conf(folder.path(), authority, signer.tsa);
    const std::string shared = contents_of(folder / "TEST/shared-params.xml");
    check_rows({
        {"an envelope",
         "xml",
         R"(<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"/>)",
         {{"as", "soap"}},
         "valid",
         "",
         R"("root":"e:Envelope")"},
        {"no envelope", "xml", "<a/>", {{"as", "soap"}}, "invalid", "invalid_soap", "root element is a"},
        {"an entity bomb",
         "xml",
         "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
         {{"as", "soap"}},
         "invalid",
         "invalid_xml",
         "DOCTYPE"},
        {"a signature", "xml", sealed.signature, {{"as", "signature"}}, "valid", "", "asic:XAdESSignatures"},
        {"two signatures",
         "xml",
         "<a>" + sealed.signature.substr(sealed.signature.find("?>") + 2) + "</a>",
         {{"as", "signature"}},
         "invalid",
         "malformed_signature",
         "root element"},
        {"a hash chain", "xml", sealed.chain, {{"as", "hash-chain"}}, "valid", "", "c14n_sha512"},
        {"its result", "xml", sealed.chain_result, {{"as", "hash-chain-result"}}, "valid", "", "HashChainResult"},
        {"the one as the other",
         "xml",
         sealed.chain,
         {{"as", "hash-chain-result"}},
         "invalid",
         "malformed_hash_chain",
         ""},
        {"shared parameters", "xml", shared, {{"as", "shared"}}, "valid", "", "c14n_sha512"},
        {"shared parameters cut short",
         "xml",
         shared.substr(0, 200),
         {{"as", "shared"}},
         "invalid",
         "malformed_global_conf",
         ""},
        {"no anchor", "xml", "<a/>", {{"as", "anchor"}}, "invalid", "malformed_anchor", ""},
    });
}

TEST_CASE("certificate-path, ocsp, timestamp, signature-value") {
    const CertificateAuthority authority("Test CA"), stranger("Stranger");
    const Signer signer(authority, "P-256");
    const std::string leaf = signer.own.certificate.der(), at = "2026-02-02T10:15:30Z";
    const json::string anchor = der_of(authority.certificate());
    const json::object path{{"anchors", json::array{anchor}}, {"at", at}, {"use", "sign"}};
    const json::object ocsp{{"certificate", base64(leaf)},
                            {"issuer", anchor},
                            {"at", at},
                            {"responders", json::array{der_of(authority.responder().certificate)}},
                            {"freshness_s", 3600}};
    const json::object stamp{{"data", base64("stamped")}, {"signers", json::array{der_of(signer.tsa.certificate)}}};
    const json::object value{{"algorithm", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"},
                             {"spki", base64(signer.own.key->public_key().spki())},
                             {"signed", base64("octets")}};
    const auto with = [](json::object object, const char* name, json::value changed) {
        object[name] = std::move(changed);
        return object;
    };
    const Octets signed_value =
        must(signer.own.key->sign(signer.own.key->default_algorithm(), "octets", keys::EcdsaForm::raw));
    check_rows({
        {"a leaf under its anchor", "certificate-path", leaf, path, "valid", "",
         to_hex(signer.own.certificate.sha256())},
        {"another anchor", "certificate-path", leaf, with(path, "anchors", json::array{der_of(stranger.certificate())}),
         "invalid", "cannot_create_cert_path.internal_error", ""},
        {"before its time", "certificate-path", leaf, with(path, "at", "2020-01-01T00:00:00Z"), "invalid",
         "cannot_create_cert_path.internal_error", "valid from"},
        {"for another use", "certificate-path", leaf, with(path, "use", "auth"), "invalid", "cert_validation",
         "no authentication certificate"},
        {"no certificate", "certificate-path", "MIIB", path, "invalid", "incorrect_certificate", ""},
        {"an anchor that is none", "certificate-path", leaf, with(path, "anchors", json::array{"AAAA"}), "unknown",
         "invalid_argument", "anchors"},
        {"a good answer", "ocsp", authority.ocsp(signer.own.certificate), ocsp, "valid", "", R"("status":"good")"},
        {"an authentic answer: revoked", "ocsp",
         authority.ocsp(signer.own.certificate, test_time(), x509::Revocation::revoked), ocsp, "valid", "",
         R"("status":"revoked")"},
        {"a stale answer", "ocsp", authority.ocsp(signer.own.certificate), with(ocsp, "at", "2026-02-02T12:15:30Z"),
         "invalid", "incorrect_validation_info", "older"},
        {"of another authority", "ocsp", stranger.ocsp(signer.own.certificate), ocsp, "invalid", "cert_validation", ""},
        {"no answer at all", "ocsp", "text", ocsp, "invalid", "io_error", ""},
        {"no issuer given", "ocsp", "text", {{"certificate", base64(leaf)}}, "unknown", "invalid_argument", "issuer"},
        {"a token", "timestamp", time_stamp(signer.tsa, "stamped"), stamp, "valid", "", "2026-02-02T10:15:30"},
        {"over other data", "timestamp", time_stamp(signer.tsa, "other"), stamp, "invalid", "malformed_signature", ""},
        {"of nobody we trust", "timestamp", time_stamp(signer.tsa, "stamped"),
         with(stamp, "signers", json::array{der_of(authority.issue_time_stamper("Other").certificate)}), "invalid",
         "mlog.tsp_certificate_not_found", ""},
        {"nothing to compare with",
         "timestamp",
         "x",
         {{"signers", json::array{}}},
         "unknown",
         "invalid_argument",
         "imprint"},
        {"a signature", "signature-value", signed_value, value, "valid", "", "null"},
        {"over other octets", "signature-value", signed_value, with(value, "signed", base64("other")), "invalid",
         "invalid_signature_value", ""},
        {"by a shared secret", "signature-value", signed_value,
         with(value, "algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512"), "invalid",
         "unsupported_sign_algorithm", "hmac"},
    });
}

TEST_CASE("container, configuration") {
    const CertificateAuthority authority("Test CA");
    const Signer signer(authority, "P-256");
    const TemporaryFolder folder;
    write_verification_conf(folder.path(), authority, signer.tsa);
    const Octets packed = MadeContainer(signer, true, false).pack();
    const json::object conf{{"conf", folder.path().string()}};
    check_rows({
        {"a container", "container", packed, conf, "valid", "", R"("variant":"V2")"},
        {"one with something behind it", "container", packed + "x", conf, "invalid", "asic_malformed",
         R"("format":"onceway-verdict/1")"},
        {"the same in compatible mode",
         "container",
         packed + "x",
         {{"conf", folder.path().string()}, {"mode", "compatible"}},
         "valid",
         "",
         R"("mode":"compatible")"},
        {"nobody to trust", "container", packed, {{"conf", "/nonexistent"}}, "unknown", "invalid_argument", "conf"},
        {"no anchor given", "configuration", "x", json::object{}, "unknown", "invalid_argument", "anchor"},
        {"an anchor that is none",
         "configuration",
         "x",
         {{"anchor", base64("<a/>")}},
         "unknown",
         "invalid_argument",
         "anchor"},
    });
}

TEST_CASE(
    "a recorded configuration is authentic with all its parts, and refused without one, altered, or after a newer "
    "one") {
    const auto vectors = tests::vectors();
    if (!vectors) return;
    const auto folder = *vectors / "globalconf/signed";
    const std::string body = contents_of(folder / "good.mime");
    json::object parts;
    for (const std::string name : {"private-params.xml", "shared-params.xml", "fetchinterval-params.xml"})
        parts["/V6/20261121/" + name] = base64(contents_of(folder / "files" / name));
    const json::object with{{"anchor", base64(contents_of(folder / "configuration-anchor.xml"))},
                            {"parts", parts},
                            {"at", "2027-01-01T00:00:00Z"}};
    json::object incomplete = with, later = with;
    incomplete["parts"].as_object().erase("/V6/20261121/shared-params.xml");
    later["previous"] = json::object{{"expires", "2046-02-01T00:00:00Z"}, {"version", 6}};
    check_rows({
        {"all parts", "configuration", body, with, "valid", "", R"("version":6,"expires":"2046-01-01T00:00:00Z")"},
        {"one part missing", "configuration", body, incomplete, "invalid", "global_conf_part_download_failure",
         "shared-params.xml"},
        {"signed by another key", "configuration", contents_of(folder / "signed-by-other-key.mime"), with, "invalid",
         "global_conf_signature_verification_failure", ""},
        {"one bit of its signature changed", "configuration", contents_of(folder / "signature-bit-flip.mime"), with,
         "invalid", "global_conf_signature_verification_failure", ""},
        {"older than what is known", "configuration", body, later, "invalid", "global_conf_rolled_back", ""},
    });
}

TEST_CASE("a batch is answered line by line, in order, whatever the lines are") {
    const std::string lines = R"({"id":"first","data":")" + to_base64("A/B/C") + "\"}\n" + "no JSON\n\n" +
                              R"({"id":3,"data":"!"})" + "\n" + R"({"id":{"a":[1]},"data":"QS9CL0M=","with":[]})" +
                              "\n" + R"({"id":null,"data":"QS9C","with":{"of":"client"}})" + "\n" +
                              R"({"id":{"a":[1e9999]},"data":"QS9CL0M="})" + "\n";
    const Ran ran = onceway_audit({"inspect", "identifier", "--batch"}, lines);
    CHECK(ran.status == 0);
    const auto answers = ran.lines();
    REQUIRE(answers.size() == 6);
    CHECK(answers[0].at("id").as_string() == "first");
    CHECK(answers[0].at("verdict").as_string() == "valid");
    CHECK(answers[1].at("verdict").as_string() == "unknown");
    CHECK(answers[2].at("id").as_int64() == 3);
    CHECK(contains(std::string(answers[2].at("reason").as_string()), "Base64"));
    CHECK(answers[3].at("id").is_object());
    CHECK(answers[3].at("verdict").as_string() == "unknown");
    CHECK(answers[4].at("verdict").as_string() == "invalid");
    CHECK(answers[5].at("id").is_null());
    CHECK(answers[5].at("reason").as_string() == "'id' holds a number that is too large");
}

TEST_CASE("every kind answers every input with a line, and with nothing else on its output") {
    std::mt19937 random(1);
    std::vector<json::object> withs{
        {},
        {{"side", 1}, {"as", nullptr}, {"form", json::array{}}, {"of", json::object{}}, {"at", "x"}, {"conf", "/"}},
        {{"content_type", std::string(10'000, ';')},
         {"anchors", json::array{1, nullptr, "AA=="}},
         {"parts", json::array{}},
         {"anchor", "AAAA"},
         {"signers", "AAAA"},
         {"nonce", 7},
         {"freshness_s", "x"},
         {"pattern", std::string(1000, '*')}},
        {{"certificate", "AAAA"},
         {"issuer", "AAAA"},
         {"responders", json::object{}},
         {"algorithm", "\n"},
         {"spki", "AAAA"},
         {"signed", ""},
         {"data", ""},
         {"previous", json::object{{"expires", 1}}}},
    };
    std::vector<std::string> inputs{"", std::string(1, '\0'), std::string(5000, '\xff'), "PK\x05\x06", "<a>", "0\x80",
                                    "/"};
    for (int i = 0; i < 20; ++i) {
        inputs.emplace_back();
        for (unsigned n = random() % 300; n > 0; --n) inputs.back() += static_cast<char>(random());
    }
    for (const auto& kind : onceway::audit::kinds()) {
        std::string lines;
        for (const auto& input : inputs)
            for (const auto& with : withs)
                lines += json::serialize(json::object{{"id", 1}, {"data", base64(input)}, {"with", with}}) + "\n";
        const Ran ran = onceway_audit({"inspect", std::string(kind.name), "--batch"}, lines);
        CAPTURE(std::string(kind.name));
        CHECK(ran.status == 0);
        CHECK(ran.lines().size() == inputs.size() * withs.size());
    }
}

TEST_CASE("people get the verdict in words") {
    const Ran good = onceway_audit({"inspect", "identifier"}, "A/B/C");
    CHECK(good.out == "valid\n{\"components\":[\"A\",\"B\",\"C\"]}\n");
    const Ran bad = onceway_audit({"inspect", "identifier"}, "A");
    CHECK(bad.out.starts_with("invalid: internal_error: "));
    CHECK(onceway_audit({"inspect", "identifier", "--with", "{"}, "A/B/C").status == 2);
}
