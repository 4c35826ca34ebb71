// Every recorded signed configuration, judged as the server judges it; where we refuse what genuine software takes, one
// table says so and why.
#include "schemas/store/database.hpp"
#include "security-server/registry-view/verification.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>

using namespace onceway;
using namespace onceway::tests;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::string text_of(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_string() ? std::string(value->as_string()) : std::string{};
}

/// Cases that the original client accepts and we refuse. Rule: rulings of architecture.md.
struct Difference {
    std::string_view name;
    FaultCode code;
    std::string_view rule;
};
constexpr Difference differences[] = {
    {"part-digest-sha1", FaultCode::global_conf_signature_verification_failure, "digests of MD5 or SHA-1 are refused"},
    {"certificate-hash-sha1", FaultCode::global_conf_signature_verification_failure,
     "digests of MD5 or SHA-1 are refused"},
    {"certificate-hash-md5", FaultCode::global_conf_signature_verification_failure,
     "digests of MD5 or SHA-1 are refused"},
    {"private-missing", FaultCode::malformed_global_conf, "absent parts are refused"},
    {"shared-twice", FaultCode::malformed_global_conf, "doubled parts are refused"},
};

/// Codes of the original that say more finely what one of ours says.
std::string our_code(const std::string& genuine) {
    if (genuine == "global_conf_part_invalid_instance_identifier") return "global_conf_foreign_instance";
    if (genuine == "global_conf_header_field_missing_parameter") return "global_conf_header_field_missing";
    if (genuine == "global_conf_header_field_wrong_value") return "malformed_global_conf";
    return genuine;
}

std::string expected_code(const json::object& expected) {
    for (const auto& difference : differences)
        if (difference.name == text_of(expected, "name")) return std::string(spelling(difference.code));
    const auto& codes = expected.at("codes").as_array();
    return codes.empty() ? std::string{} : our_code(std::string(codes[0].as_string()));
}

/// What the recorded server gave for a location.
std::optional<Octets> served(const fs::path& folder, const json::object& expected, const std::string& location) {
    auto path = location.substr(location.find("/V6/"));
    auto file = folder / "files" / fs::path(path).filename();
    if (const auto* from = expected.if_contains("servedFrom"))
        if (const auto* named = from->as_object().if_contains(path)) file = folder / std::string(named->as_string());
    auto octets = contents_of(file);
    if (const auto* other = expected.if_contains("servedDifferently"))
        if (const auto* how = other->as_object().if_contains(path)) {
            if (how->as_string() == "absent") return std::nullopt;
            octets += ' ';
        }
    return octets;
}

Result<registry_view::Configuration> replay(const fs::path& folder, const json::object& expected) {
    auto anchor_name = text_of(expected, "anchor");
    if (anchor_name.empty()) anchor_name = "configuration-anchor.xml";
    const auto anchor = must(registry::read_anchor(contents_of(folder / anchor_name)));
    const auto at = must(parse_rfc3339("2027-01-01T00:00:00Z"));
    const auto body = contents_of(folder / text_of(expected, "file"));
    const auto directory = registry_view::verify_directory(body, registry_view::source_of(anchor), at, {});
    if (!directory) return directory.error();
    std::map<std::string, Octets> parts;
    for (const auto& part : directory->parts)
        if (auto octets = served(folder, expected, part.location)) parts.emplace(part.location, std::move(*octets));
    return registry_view::verify(body, registry_view::source_of(anchor), std::move(parts), at, {});
}

}  // namespace

TEST_CASE("recorded signed configurations get the verdict of the original, or ours where a ruling says so") {
    const auto folder = vectors();
    if (!folder) return;
    std::size_t ran = 0, passed = 0, different = 0;
    for (const char* kind : {"signed", "signed-more"}) {
        const auto place = *folder / "globalconf" / kind;
        const auto cases = json::parse(contents_of(place / "cases.json"));
        for (const auto& entry : cases.as_array()) {
            const auto& expected = entry.as_object();
            const auto name = text_of(expected, "name");
            CAPTURE(name);
            const auto verdict = replay(place, expected);
            const auto code = verdict ? std::string{} : verdict.error().wire_code();
            CHECK_MESSAGE(code == expected_code(expected), (verdict ? "accepted" : verdict.error().detail));
            ++ran;
            passed += code == expected_code(expected) ? 1u : 0u;
            different += expected.at("codes").as_array().empty() && !code.empty() ? 1u : 0u;
            // Every part that the original stored is there, under the name that it gave it.
            if (verdict)
                for (const auto& part : verdict->parts) {
                    const auto stored = "VEC/" + fs::path(part.listed.location).filename().string();
                    CHECK(std::ranges::count(expected.at("downloaded").as_array(), json::value(stored)) == 1);
                }
        }
    }
    MESSAGE("signed configurations: " << ran << " ran, " << passed << " passed, " << different
                                      << " refused by our rulings");
    CHECK(different == std::size(differences));
}

TEST_CASE("signed directories of the original test suite get the verdict that it asserts") {
    const auto folder = vectors();
    if (!folder) return;
    const auto place = *folder / "globalconf" / "signed-source";
    const auto at = must(parse_rfc3339("2026-01-15T00:00:00Z"));
    std::size_t ran = 0;
    const auto cases = json::parse(contents_of(place / "cases.json"));
    for (const auto& entry : cases.as_array()) {
        const auto& expected = entry.as_object();
        CAPTURE(text_of(expected, "name"));
        const auto body = contents_of(place / text_of(expected, "file"));
        const auto listed = [&](const std::string& name) {
            return registry_view::Source{"EE",
                                         {must(x509::Certificate::from_pem_or_der(contents_of(place / name))).der()}};
        };
        const auto verdict =
            registry_view::verify_directory(body, listed(text_of(expected, "verificationCertificate")), at, {});
        const auto wanted = text_of(expected, "testExpects");
        if (verdict)
            CHECK_MESSAGE(contains(wanted, "accepted"), wanted);
        else
            CHECK_MESSAGE(verdict.error().wire_code() == wanted, verdict.error().detail);
        if (const auto other = text_of(expected, "withOtherCertificate"); !other.empty()) {
            const auto refused = registry_view::verify_directory(body, listed("producer.pem"), at, {});
            REQUIRE_FALSE(refused);
            CHECK(refused.error().wire_code() == other);
        }
        ++ran;
    }
    MESSAGE("signed directories of the original test suite: " << ran << " ran");
}

TEST_CASE("the stored configuration of the genuine client equals what we verify") {
    const auto folder = vectors();
    if (!folder) return;
    const auto place = *folder / "globalconf" / "signed";
    const json::object good{{"file", "good.mime"}};
    const auto verdict = replay(place, good);
    REQUIRE_MESSAGE(verdict, verdict.error().detail);
    for (const auto& part : verdict->parts) {
        const auto name = fs::path(part.listed.location).filename();
        CHECK(part.octets == contents_of(place / "downloaded-by-genuine-client" / "VEC" / name));
    }
}
