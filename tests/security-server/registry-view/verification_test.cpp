#include "security-server/registry-view/verification.hpp"

#include "tests/security-server/registry-view/signed_configuration.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace onceway;
using namespace onceway::tests;
using registry_view::Previous;
using registry_view::verify;

namespace {

Result<registry_view::Configuration> judged(const DirectoryText& directory, std::optional<Previous> previous = {},
                                            Instant at = test_time()) {
    return verify(directory.body(), plain_source(), directory.files(), at, previous);
}

/// One alteration of a valid configuration, and how it is refused.
struct Alteration {
    const char* what;
    std::function<void(DirectoryText&)> change;
    FaultCode code;
    std::string_view says;
};

void check_refused(const DirectoryText& directory, FaultCode code, std::string_view says) {
    const auto refused = judged(directory);
    REQUIRE_FALSE(refused);
    CHECK(spelling(refused.error().code) == spelling(code));
    CHECK_MESSAGE(contains(refused.error().detail, says), refused.error().detail);
}

}  // namespace

TEST_CASE(
    "GC-22: a configuration verifies; its signature covers the closing line end, the inner header is not covered") {
    const auto directory = plain_directory();
    const auto verified = judged(directory);
    REQUIRE(verified);
    CHECK(verified->version == 6);
    CHECK(rfc3339_seconds(verified->expires) == "2026-02-02T10:25:30Z");
    CHECK(verified->shared.instance == "TEST");
    CHECK(verified->parts.size() == 2);

    const auto whole = directory.signed_octets();
    SUBCASE("without the last line end the signature fails") {
        const auto body = directory.body_of(whole.substr(0, whole.size() - 2));
        const auto refused = verify(body, plain_source(), directory.files(), test_time(), {});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::global_conf_signature_verification_failure);
    }
    SUBCASE("another charset in the inner header changes nothing") {
        CHECK(verify(directory.body_of(whole, "utf-8"), plain_source(), directory.files(), test_time(), {}));
    }
    SUBCASE("another expiry fails the signature") {
        auto altered = whole;
        altered.replace(altered.find("10:25:30"), 8, "11:25:30");
        const auto refused = verify(directory.body_of(altered), plain_source(), directory.files(), test_time(), {});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::global_conf_signature_verification_failure);
    }
    SUBCASE("a second after the expiry it is outdated, at the expiry it is not") {
        const auto expires = must(parse_rfc3339("2026-02-02T10:25:30Z"));
        CHECK(judged(directory, {}, expires));
        const auto refused = judged(directory, {}, expires + std::chrono::seconds(1));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::global_conf_outdated);
    }
}

TEST_CASE("GC-23: a directory in the form of a configuration proxy verifies") {
    auto directory = plain_directory();
    directory.lower_case = directory.proxy_form = directory.blank_line_after_head = true;
    directory.expires = "2026-02-02T10:25:30.123Z";
    directory.parts[0].instance = "\"TEST\"";
    directory.parts[1].instance = "TEST";
    const auto verified = judged(directory);
    REQUIRE_MESSAGE(verified, verified.error().detail);
    CHECK(rfc3339(verified->expires) == "2026-02-02T10:25:30.123Z");
}

TEST_CASE("GC-24: the header-only first part may run into the delimiter or end with an empty line") {
    for (const bool blank : {false, true}) {
        auto directory = plain_directory();
        directory.blank_line_after_head = blank;
        CHECK(judged(directory));
    }
}

TEST_CASE("GC-25: only the location's own certificates may have signed, whomever else we know") {
    auto directory = plain_directory();
    directory.signer = 1;  // listed in the shared parameters as external, and by another instance's anchor
    check_refused(directory, FaultCode::global_conf_missing_verification_cert, "none of the 1 certificates");
}

TEST_CASE("GC-26: a signing certificate that expired in 1970 is good") {
    REQUIRE(configuration_signer().certificate.not_after() < must(parse_rfc3339("1970-02-01T00:00:00Z")));
    CHECK(judged(plain_directory()));
}

TEST_CASE("GC-27: a directory is refused when") {
    const Alteration rows[] = {
        {"Expire-date is missing", [](auto& d) { d.expires.clear(); }, FaultCode::global_conf_header_field_missing,
         "Expire-date"},
        {"Hash-algorithm-id is missing", [](auto& d) { d.parts[0].left_out = "Hash-algorithm-id"; },
         FaultCode::global_conf_header_field_missing, "Hash-Algorithm-Id"},
        {"Content-location is missing", [](auto& d) { d.parts[1].left_out = "Content-location"; },
         FaultCode::global_conf_header_field_missing, "Content-Location"},
        {"Content-type is another", [](auto& d) { d.parts[0].content_type = "text/xml"; },
         FaultCode::malformed_global_conf, "text/xml"},
        {"Content-type has a parameter", [](auto& d) { d.parts[0].content_type += "; charset=UTF-8"; },
         FaultCode::malformed_global_conf, "charset"},
        {"Content-transfer-encoding is in capitals", [](auto& d) { d.parts[0].encoding = "BASE64"; },
         FaultCode::malformed_global_conf, "BASE64"},
    };
    for (const auto& [what, change, code, says] : rows) SUBCASE(what) {
            auto directory = plain_directory();
            change(directory);
            check_refused(directory, code, says);
        }
}

TEST_CASE("GC-28: a missing Version is 2; 1 and 7 are refused") {
    auto directory = plain_directory();
    directory.version.clear();
    const auto alone = registry_view::verify_directory(directory.body(), plain_source(), test_time(), {});
    REQUIRE(alone);
    CHECK(alone->version == 2);
    for (const char* version : {"1", "7"}) {
        directory.version = version;
        check_refused(directory, FaultCode::malformed_global_conf, version);
    }
}

TEST_CASE("GC-29: unknown algorithms are refused, and weak ones by policy") {
    constexpr auto md5 = "http://www.w3.org/2001/04/xmldsig-more#md5";
    constexpr auto sha1 = "http://www.w3.org/2000/09/xmldsig#sha1";
    const Alteration rows[] = {
        {"the part digest is unknown", [](auto& d) { d.parts[0].digest_uri = "urn:unknown"; },
         FaultCode::internal_error, "unknown"},
        {"the signature algorithm is unknown", [](auto& d) { d.algorithm = "urn:unknown"; }, FaultCode::internal_error,
         "unknown"},
        {"the signature algorithm uses SHA-1",
         [](auto& d) { d.algorithm = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1"; },
         FaultCode::global_conf_signature_verification_failure, "weak"},
        {"a part digest is MD5", [&](auto& d) { d.parts[0].digest_uri = md5; },
         FaultCode::global_conf_signature_verification_failure, "weak"},
        {"a part digest is SHA-1",
         [&](auto& d) {
             d.parts[0].digest_uri = sha1;
             d.parts[0].digest = keys::Digest::sha1;
         },
         FaultCode::global_conf_signature_verification_failure, "weak"},
        {"the certificate hash is MD5", [&](auto& d) { d.hash_uri = md5; },
         FaultCode::global_conf_signature_verification_failure, "weak"},
        {"the certificate hash is SHA-1",
         [&](auto& d) {
             d.hash_uri = sha1;
             d.hash = keys::Digest::sha1;
         },
         FaultCode::global_conf_signature_verification_failure, "weak"},
    };
    for (const auto& [what, change, code, says] : rows) SUBCASE(what) {
            auto directory = plain_directory();
            change(directory);
            check_refused(directory, code, says);
        }
    SUBCASE("SHA-256 is good enough") {
        auto directory = plain_directory();
        directory.parts[0].digest_uri = directory.hash_uri = "http://www.w3.org/2001/04/xmlenc#sha256";
        directory.parts[0].digest = directory.hash = keys::Digest::sha256;
        CHECK(judged(directory));
    }
}

TEST_CASE("GC-30: a part with another digest is refused, and so is one that is not there") {
    const auto directory = plain_directory();
    auto files = directory.files();
    files.begin()->second += ' ';
    const auto altered = verify(directory.body(), plain_source(), files, test_time(), {});
    REQUIRE_FALSE(altered);
    CHECK(altered.error().code == FaultCode::global_conf_part_downloaded_file_integrity_failure);
    CHECK(contains(altered.error().detail, "private-params.xml"));

    files.erase(files.begin());
    const auto absent = verify(directory.body(), plain_source(), files, test_time(), {});
    REQUIRE_FALSE(absent);
    CHECK(absent.error().code == FaultCode::global_conf_part_download_failure);
}

TEST_CASE("GC-34: what belongs to another instance than its source is refused") {
    SUBCASE("by the parameter of a part") {
        auto directory = plain_directory();
        directory.parts[1].instance = "'OTHER'";
        check_refused(directory, FaultCode::global_conf_foreign_instance, "'OTHER'");
    }
    SUBCASE("by a further part") {
        auto directory = plain_directory();
        directory.parts.push_back({"MONITORING", "<x/>", "/V6/m.xml"});
        directory.parts.back().instance = "'OTHER'";
        check_refused(directory, FaultCode::global_conf_foreign_instance, "MONITORING");
    }
    SUBCASE("by the document itself") {
        auto directory = plain_directory();
        directory.parts[1].octets = registry::write_shared_parameters(plain_shared("OTHER"));
        check_refused(directory, FaultCode::global_conf_foreign_instance, "OTHER");
    }
    SUBCASE("as a whole, under this anchor") {
        check_refused(plain_directory("OTHER"), FaultCode::global_conf_foreign_instance, "'OTHER'");
    }
    SUBCASE("when a part does not name its instance") {
        auto directory = plain_directory();
        directory.parts[0].instance.clear();
        check_refused(directory, FaultCode::global_conf_header_field_missing, "instance");
    }
}

TEST_CASE("a part that is listed twice or not at all makes a configuration malformed") {
    const Alteration rows[] = {
        {"shared parameters twice",
         [](auto& d) {
             d.parts.push_back(d.parts[1]);
             d.parts[2].location = "/V6/again.xml";
         },
         FaultCode::malformed_global_conf, "twice"},
        {"one location twice",
         [](auto& d) {
             d.parts.push_back(d.parts[1]);
             d.parts[2].identifier = "OTHER-PART";
         },
         FaultCode::malformed_global_conf, "twice"},
        {"no shared parameters", [](auto& d) { d.parts.pop_back(); }, FaultCode::malformed_global_conf,
         "does not list SHARED-PARAMETERS"},
        {"no private parameters", [](auto& d) { d.parts.erase(d.parts.begin()); }, FaultCode::malformed_global_conf,
         "does not list PRIVATE-PARAMETERS"},
    };
    for (const auto& [what, change, code, says] : rows) SUBCASE(what) {
            auto directory = plain_directory();
            change(directory);
            check_refused(directory, code, says);
        }
}

TEST_CASE("a configuration may not go back behind the last one, but registry nodes' clocks may differ by two minutes") {
    const auto directory = plain_directory();
    const auto expires = must(parse_rfc3339("2026-02-02T10:25:30Z"));
    struct {
        const char* what;
        Previous previous;
        bool good;
    } const rows[] = {
        {"the same again", {expires, 6}, true},
        {"a later one after an earlier", {expires - std::chrono::hours(1), 5}, true},
        {"two minutes earlier", {expires + std::chrono::seconds(120), 6}, true},
        {"more than two minutes earlier", {expires + std::chrono::seconds(121), 6}, false},
    };
    for (const auto& [what, previous, good] : rows) SUBCASE(what) {
            const auto verdict = judged(directory, previous);
            REQUIRE(verdict.has_value() == good);
            if (!good) CHECK(verdict.error().code == FaultCode::global_conf_rolled_back);
            if (!good) CHECK(contains(verdict.error().detail, "seen before"));
        }
    SUBCASE("a lower version is refused") {
        auto older = directory;
        older.version = "5";
        const auto refused = judged(older, Previous{expires, 6});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::global_conf_rolled_back);
        CHECK(contains(refused.error().detail, "version 5"));
    }
}

TEST_CASE("a truncated directory is refused by what is missing") {
    const auto whole = plain_directory().body();
    for (std::size_t size = 0; size + 12 < whole.size(); size += 37) {
        CAPTURE(size);
        CHECK_FALSE(verify(whole.substr(0, size), plain_source(), plain_directory().files(), test_time(), {}));
    }
    const auto without_signature = whole.substr(0, whole.find("--outer\r\nContent-Type: application"));
    const auto refused = verify(without_signature, plain_source(), plain_directory().files(), test_time(), {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == FaultCode::global_conf_missing_signed_data_expiration_date);
}

TEST_CASE("GC-50, GC-51: unknown trailing elements and unknown identifiers are taken, and kept") {
    auto directory = plain_directory();
    auto& shared = directory.parts[1].octets;
    const auto end = shared.rfind("</");
    shared.insert(end, "<somethingNew xmlns=\"\"><inside/></somethingNew>");
    directory.parts.push_back({"SOMETHING-NEW", "whatever", "/V6/new.bin"});
    const auto verified = judged(directory);
    REQUIRE_MESSAGE(verified, verified.error().detail);
    REQUIRE(verified->parts.size() == 3);
    CHECK(verified->parts[2].octets == "whatever");
}

TEST_CASE("GC-52: absent optional parts give the defaults, present ones their values") {
    auto directory = plain_directory();
    const auto without = judged(directory);
    REQUIRE(without);
    CHECK(without->optional.ocsp_fetch_interval_seconds == 1200);
    CHECK(without->optional.verify_next_update);

    constexpr auto conf =
        R"(<?xml version="1.0" encoding="UTF-8"?><x:conf xmlns:x="http://x-road.eu/xsd/xroad.xsd">{}</x:conf>)";
    directory.parts.push_back({"FETCHINTERVAL", fmt::format(conf, "<ocspFetchInterval>300</ocspFetchInterval>"),
                               "/V6/fetchinterval-params.xml"});
    directory.parts.push_back(
        {"NEXTUPDATE", fmt::format(conf, "<verifyNextUpdate>false</verifyNextUpdate>"), "/V6/nextupdate-params.xml"});
    const auto with = judged(directory);
    REQUIRE_MESSAGE(with, with.error().detail);
    CHECK(with->optional.ocsp_fetch_interval_seconds == 300);
    CHECK_FALSE(with->optional.verify_next_update);
}
