// The signed directory: written octet by octet, cut octet by octet, in the form of registries and of proxies.
#include "schemas/registry/documents.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using onceway::tests::contains;
using namespace onceway::registry;

namespace {

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

std::string with_lf(std::string text) {
    std::erase(text, '\r');
    return text;
}

/// The directory of a registry, with boundaries OUT and IN.
const std::string good =
    "Content-Type: multipart/related; charset=UTF-8; boundary=OUT\r\n\r\n"
    "--OUT\r\nContent-Type: multipart/mixed; charset=UTF-8; boundary=IN\r\n\r\n"
    "--IN\r\nExpire-date: 2026-01-01T12:10:00Z\r\nVersion: 6\r\n\r\n"
    "--IN\r\nContent-type: application/octet-stream\r\nContent-transfer-encoding: base64\r\n"
    "Content-identifier: SHARED-PARAMETERS; instance='TEST'\r\nContent-location: /V6/1/shared-params.xml\r\n"
    "Hash-algorithm-id: http://www.w3.org/2001/04/xmlenc#sha512\r\n\r\nZGlnZXN0\r\n--IN--\r\n"
    "\r\n--OUT\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
    "Signature-Algorithm-Id: http://www.w3.org/2001/04/xmldsig-more#rsa-sha512\r\n"
    "Verification-certificate-hash: aGFzaA==; hash-algorithm-id=\"http://www.w3.org/2001/04/xmlenc#sha512\"\r\n\r\n"
    "c2lnbmF0dXJl\r\n--OUT--\r\n";

}  // namespace

TEST_CASE("GC-20, GC-35: a directory is written as genuine clients read it, each Base64 on one line") {
    const Octets digest(64, '\xff'), signature(512, '\x01'), certificate(64, '\x02');
    const auto draft =
        draft_directory(*parse_rfc3339("2026-01-01T12:10:00.999Z"), 6,
                        {{"SHARED-PARAMETERS", "TEST", "/V6/1/shared-params.xml", "uri:digest", digest}});
    CHECK(draft.inner_boundary.size() == 20);
    CHECK(draft.signed_octets.starts_with("--" + draft.inner_boundary +
                                          "\r\nExpire-date: 2026-01-01T12:10:00Z\r\nVersion: 6\r\n\r\n--"));
    CHECK(draft.signed_octets.ends_with("\r\n--" + draft.inner_boundary + "--\r\n"));
    const auto body = write_directory(draft, "uri:signature", signature, "uri:certificate", certificate);
    CHECK(body.starts_with("Content-Type: multipart/related; charset=UTF-8; boundary="));
    CHECK(contains(body, "\r\n\r\n" + to_base64(digest) + "\r\n--"));
    CHECK(contains(body, "\r\n\r\n" + to_base64(signature) + "\r\n--"));
    CHECK(contains(body, "Content-identifier: SHARED-PARAMETERS; instance='TEST'\r\n"));

    const auto read = read_directory(body);
    REQUIRE_MESSAGE(read, read.error().detail);
    CHECK(read->signed_octets == draft.signed_octets);
    CHECK(read->expires == *parse_rfc3339("2026-01-01T12:10:00Z"));
    CHECK(read->signature_algorithm == "uri:signature");
    CHECK(read->signature == signature);
    CHECK(read->certificate_digest_uri == "uri:certificate");
    CHECK(read->certificate_digest == certificate);
    REQUIRE(read->parts.size() == 1);
    CHECK(read->parts[0].instance == "TEST");
    CHECK(read->parts[0].digest == digest);
}

TEST_CASE("two directories never have the same boundaries") {
    const auto one = draft_directory({}, 6, {}), other = draft_directory({}, 6, {});
    CHECK(one.inner_boundary != other.inner_boundary);
}

TEST_CASE("the signed octets end with the line break of the closing inner delimiter, and hold no header of the part") {
    const auto read = read_directory(good);
    REQUIRE_MESSAGE(read, read.error().detail);
    CHECK(read->signed_octets.starts_with("--IN\r\nExpire-date"));
    CHECK(read->signed_octets.ends_with("--IN--\r\n"));
    const auto other_case =
        read_directory(replaced(good, "multipart/mixed; charset=UTF-8", "multipart/mixed; charset=utf-8"));
    REQUIRE(other_case);
    CHECK(other_case->signed_octets == read->signed_octets);
}

TEST_CASE("GC-23, GC-24: the forms of proxies and of other writers are read:") {
    struct {
        const char* what;
        std::string body;
    } const rows[] = {
        {"LF in the outer header", replaced(good, "boundary=OUT\r\n\r\n", "boundary=OUT\n\n")},
        {"LF everywhere", with_lf(good)},
        {"lower-case names",
         replaced(replaced(good, "Expire-date", "expire-date"), "Hash-algorithm-id", "hash-algorithm-id")},
        {"upper-case names",
         replaced(replaced(good, "Expire-date", "EXPIRE-DATE"), "Content-location", "CONTENT-LOCATION")},
        {"a type parameter and quoted boundaries",
         replaced(replaced(good, "related; charset=UTF-8; boundary=OUT",
                           "related; type=\"multipart/mixed\"; charset=UTF-8; boundary=\"OUT\""),
                  "boundary=IN", "boundary=\"IN\"")},
        {"a folded outer header", replaced(good, "; boundary=OUT", ";\r\n boundary=OUT")},
        {"an empty line behind the first entry", replaced(good, "Version: 6\r\n\r\n", "Version: 6\r\n\r\n\r\n")},
        {"a fraction of the expiry", replaced(good, "12:10:00Z", "12:10:00.000Z")},
        {"an offset of the expiry", replaced(good, "12:10:00Z", "14:10:00+02:00")},
        {"double quotes around the instance", replaced(good, "'TEST'", "\"TEST\"")},
        {"no quotes around the instance", replaced(good, "'TEST'", "TEST")},
        {"no quotes around the algorithm",
         replaced(good, "\"http://www.w3.org/2001/04/xmlenc#sha512\"", "http://www.w3.org/2001/04/xmlenc#sha512")},
        {"no end delimiter", replaced(good, "\r\n--OUT--\r\n", "")},
    };
    for (const auto& [what, body] : rows) SUBCASE(what) {
            const auto read = read_directory(body);
            REQUIRE_MESSAGE(read, read.error().detail);
            CHECK(read->expires == *parse_rfc3339("2026-01-01T12:10:00Z"));
            CHECK(read->version == 6);
            REQUIRE(read->parts.size() == 1);
            CHECK(read->parts[0].instance == "TEST");
            CHECK(read->parts[0].digest == "digest");
            CHECK(read->signature == "signature");
            CHECK(read->certificate_digest_uri == "http://www.w3.org/2001/04/xmlenc#sha512");
        }
}

TEST_CASE("GC-28: without Version it is 2") {
    const auto read = read_directory(replaced(good, "Version: 6\r\n", ""));
    REQUIRE(read);
    CHECK(read->version == 2);
}

TEST_CASE("an entry without identifier is kept, whatever it is") {
    const auto read = read_directory(replaced(good, "Content-identifier: SHARED-PARAMETERS; instance='TEST'\r\n", ""));
    REQUIRE(read);
    CHECK(read->parts.at(0).identifier.empty());
}

TEST_CASE("GC-27, GC-28: a directory is refused, with its reason, when it") {
    using enum FaultCode;
    struct {
        const char* why;
        std::string body;
        FaultCode code;
        std::string_view says;
    } const wrong[] = {
        {"has no header block of its own", good.substr(good.find("--OUT")), malformed_global_conf, "without colon"},
        {"has no boundary", replaced(good, "; boundary=OUT", ""), malformed_global_conf, "boundary"},
        {"was cut off inside the signed data", good.substr(0, 400), global_conf_missing_signed_data_expiration_date,
         "cut off"},
        {"has no signature part", good.substr(0, good.find("\r\n--OUT\r\nContent-Type: application") + 2),
         global_conf_missing_signed_data_expiration_date, "signature"},
        {"has a third part", replaced(good, "--OUT--", "--OUT\r\nx: y\r\n\r\nz\r\n--OUT--"), malformed_global_conf,
         "more than"},
        {"has no Expire-date", replaced(good, "Expire-date: 2026-01-01T12:10:00Z\r\n", ""),
         global_conf_header_field_missing, "Expire-date"},
        {"has an expiry without offset", replaced(good, "12:10:00Z", "12:10:00"), malformed_global_conf, "Expire-date"},
        {"has its Expire-date twice", replaced(good, "Version: 6", "Expire-date: 2027-01-01T00:00:00Z\r\nVersion: 6"),
         malformed_global_conf, "twice"},
        {"has version 1", replaced(good, "Version: 6", "Version: 1"), malformed_global_conf, "Version '1'"},
        {"has version 7", replaced(good, "Version: 6", "Version: 7"), malformed_global_conf, "Version '7'"},
        {"has a version that is no number", replaced(good, "Version: 6", "Version: six"), malformed_global_conf,
         "Version"},
        {"has a part without location", replaced(good, "Content-location: /V6/1/shared-params.xml\r\n", ""),
         global_conf_header_field_missing, "Content-Location"},
        {"has a part without digest algorithm",
         replaced(good, "Hash-algorithm-id: http://www.w3.org/2001/04/xmlenc#sha512\r\n", ""),
         global_conf_header_field_missing, "Hash-Algorithm-Id"},
        {"has a part without type", replaced(good, "Content-type: application/octet-stream\r\n", ""),
         global_conf_header_field_missing, "Content-Type"},
        {"has a part of another type",
         replaced(good, "Content-type: application/octet-stream", "Content-type: text/xml"), malformed_global_conf,
         "text/xml"},
        {"has a type with a parameter",
         replaced(good, "Content-type: application/octet-stream",
                  "Content-type: application/octet-stream; charset=UTF-8"),
         malformed_global_conf, "charset"},
        {"has an encoding in capitals",
         replaced(good, "Content-transfer-encoding: base64", "Content-transfer-encoding: BASE64"),
         malformed_global_conf, "BASE64"},
        {"names no instance for shared parameters", replaced(good, "; instance='TEST'", ""),
         global_conf_header_field_missing, "instance"},
        {"has a digest that is no Base64", replaced(good, "ZGlnZXN0", "%%%%"), malformed_global_conf, "Base64"},
        {"has no signature algorithm", replaced(good, "Signature-Algorithm-Id", "Other"),
         global_conf_header_field_missing, "Signature-Algorithm-Id"},
        {"has no certificate hash", replaced(good, "Verification-certificate-hash", "Other"),
         global_conf_header_field_missing, "Verification-certificate-hash"},
        {"does not say how the certificate was digested",
         replaced(good, "hash-algorithm-id=\"", "HASH-ALGORITHM-ID=\""), global_conf_header_field_missing,
         "hash-algorithm-id"},
        {"is larger than 1 MiB", good + std::string(1024 * 1024, ' '), too_large, "octets"},
    };
    for (const auto& [why, body, code, says] : wrong) SUBCASE(why) {
            const auto read = read_directory(body);
            REQUIRE_FALSE(read);
            CHECK(spelling(read.error().code) == spelling(code));
            CHECK_MESSAGE(contains(read.error().detail, says), read.error().detail);
        }
    CHECK(read_directory(good));
}
