// Containers of genuine software and altered ones: our verdict beside the recorded one, in both modes.
#include "certs/container/asic.hpp"

#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

using namespace onceway;
using namespace onceway::container;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

struct Case {
    std::string name;
    fs::path file, configuration;
    std::string genuine;  // "accepted" or a code
};

std::string text_of(const json::object& object, std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (const auto* value = object.if_contains(name)) return std::string(value->as_string());
    return {};
}

std::vector<Case> cases_of(const fs::path& folder) {
    std::vector<Case> cases;
    const json::value listed = json::parse(tests::contents_of(folder / "cases.json"));
    for (const auto& value : listed.as_array()) {
        const auto& object = value.as_object();
        const std::string verdict = text_of(object, {"verdict", "verifierPrinted", "testExpects"});
        const std::string configuration = text_of(object, {"globalConfiguration"});
        cases.push_back({text_of(object, {"name"}), folder / text_of(object, {"file"}),
                         configuration.empty() ? fs::path() : folder / configuration,
                         verdict.substr(0, verdict.find(':'))});
    }
    return cases;
}

/// Where strict mode differs from the genuine verdict, and the rule that asks for it.
struct Difference {
    const char* code;
    const char* rule;
};
const std::map<std::string, Difference> differences{
    {"neg-duplicate-message-second-altered", {"asic_malformed", "threats row 11: an entry twice"}},
    {"neg-duplicate-signatures-second-other", {"asic_malformed", "threats row 11: an entry twice"}},
    {"neg-duplicate-attachment-second-altered", {"asic_malformed", "threats row 11: an entry twice"}},
    {"neg-entry-absolute-path", {"asic_malformed", "threats row 11: names"}},
    {"neg-octets-before", {"asic_malformed", "threats row 11: leading octets"}},
    {"neg-octets-after", {"asic_malformed", "threats row 11: trailing octets"}},
    {"neg-token-early-single",
     {"invalid_cert_path.incorrect_validation_info", "rulings: thisUpdate in the future of the time-stamp"}},
    {"neg-token-early-batch",
     {"invalid_cert_path.incorrect_validation_info", "rulings: thisUpdate in the future of the time-stamp"}},
    {"neg-attachment-changed",
     {"malformed_signature.invalid_hash_chain_ref", "message-log 5.7: attachment with another digest"}},
    {"neg-second-attachment-changed",
     {"malformed_signature.invalid_hash_chain_ref", "message-log 5.7: attachment with another digest"}},
    {"neg-extra-attachment", {"asic_uncovered_entry", "message-log 5.7, threats P8: uncovered entry"}},
    {"neg-extra-attachment-plain", {"asic_uncovered_entry", "message-log 5.7, threats P8: uncovered entry"}},
    {"invalid-not-signed-hashchain",
     {"malformed_signature.hashchain_unused_inputs", "rulings: parts that no signature covers"}},
};

std::string said(const Verdict& verdict) { return verdict.verdict == "valid" ? "accepted" : verdict.code; }

Verdict judged(const Case& each, signature::Mode mode) {
    const auto trust = load_verification_conf(each.configuration);
    REQUIRE_MESSAGE(trust, (trust ? "" : trust.error().detail));
    return verify_file(each.file, **trust, mode, std::nullopt);
}

}  // namespace

TEST_CASE(
    "every recorded container gets the genuine verdict in compatible mode, and the strict one where a rule asks for "
    "it") {
    const auto vectors = tests::vectors();
    if (!vectors) return;
    int cases = 0, differing = 0;
    for (const auto folder : {"recorded", "altered", "source"})
        for (const Case& each : cases_of(*vectors / "asic" / folder)) {
            CAPTURE(each.name);
            ++cases;
            const Verdict compatible = judged(each, signature::Mode::compatible);
            CHECK_MESSAGE(said(compatible) == each.genuine, compatible.reason);

            const Verdict strict = judged(each, signature::Mode::strict);
            const auto difference = differences.find(each.name);
            differing += difference != differences.end();
            const std::string expected = difference == differences.end() ? each.genuine : difference->second.code;
            CHECK_MESSAGE(said(strict) == expected, strict.reason);
        }
    MESSAGE("containers: ", cases, " judged in both modes, ", differing, " with a stricter verdict by rule");
    CHECK(cases > 0);
}

TEST_CASE("containers that the genuine loader cannot take apart are refused with its codes") {
    const auto vectors = tests::vectors();
    if (!vectors) return;
    const auto trust = load_verification_conf(*vectors / "trust/globalconf");
    REQUIRE(trust);
    for (const Case& each : cases_of(*vectors / "asic/container-format")) {
        CAPTURE(each.name);
        const auto verdict = verify_file(each.file, **trust, signature::Mode::compatible, std::nullopt);
        if (each.genuine == "accepted")
            CHECK(!verdict.code.starts_with("asic_"));
        else
            CHECK(verdict.code == each.genuine);
    }
}

TEST_CASE("a verdict says who signed, when, and what is covered") {
    const auto vectors = tests::vectors();
    if (!vectors) return;
    const auto trust = load_verification_conf(*vectors / "trust/globalconf");
    REQUIRE(trust);
    const auto verdict = verify_file(*vectors / "asic/recorded/batch-rest-post-2-request-batch-time-stamp.asice",
                                     **trust, signature::Mode::strict, std::nullopt);
    REQUIRE_MESSAGE(verdict.verdict == "valid", verdict.reason);
    CHECK(verdict.variant == "V4");
    REQUIRE(verdict.signer);
    CHECK(verdict.signer->text() == "MEMBER:VEC/GOV/10001");
    CHECK(verdict.message_kind == "rest");
    CHECK(verdict.message_direction == "request");
    REQUIRE(verdict.stamped_at);
    CHECK(rfc3339_seconds(*verdict.stamped_at) == "2026-11-21T10:27:09Z");
    CHECK(verdict.entries.size() == 11);
    for (const auto& check : verdict.checks) {
        CAPTURE(check.name);
        CHECK(check.outcome == "pass");
    }
}
