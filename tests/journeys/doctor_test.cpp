// One thing after the other is broken in a small state of real programs, and the doctor names it, and only it.
#include "tests/support/contains.hpp"
#include "tests/support/foreign_tool.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace onceway;
using tests::contains;
namespace json = boost::json;

namespace {

const std::string source = ONCEWAY_SOURCE_DIR, programs = std::string(ONCEWAY_BINARY_DIR) + "/bin";

/// A finding that is not well, as a scene must show it.
struct Expected {
    std::string_view verdict, check, turn, says;
};
struct Scene {
    const char* name;
    int exit;
    std::vector<Expected> findings;  // every failure and every "could not tell"; warnings besides are consequences
};

std::string text(const json::object& object, std::string_view key) { return std::string(object.at(key).as_string()); }

bool fits(const json::object& finding, const Expected& expected) {
    return text(finding, "verdict") == expected.verdict && text(finding, "check") == expected.check &&
           text(finding, "turn") == expected.turn &&
           contains(text(finding, "about") + ' ' + text(finding, "found"), expected.says);
}

const Scene scenes[] = {
    {"healthy", 0, {}},
    {"one peer named", 0, {}},
    {"an unknown peer named", 1, {{"failed", "peer", "registry", "knows no such server"}}},
    {"ocsp told to fail: expire", 1, {{"failed", "ocsp", "authority", "older than"}}},
    {"ocsp told to fail: wrong", 1, {{"failed", "ocsp", "authority", "its signature"}}},
    {"tsa told to fail: garbage", 1, {{"failed", "time_stamp", "authority", "no TimeStampResp"}}},
    {"tsa told to fail: refuse", 1, {{"failed", "time_stamp", "authority", "declined"}}},
    {"peer down", 1, {{"failed", "peer", "peer", "EDUCATION/ss1"}, {"failed", "peer_ocsp", "peer", "EDUCATION/ss1"}}},
    {"service down", 1, {{"failed", "service", "service", "register"}}},
    {"folder open to others", 1, {{"failed", "permissions", "operator", "keys (755)"}}},
    {"registry stopped",
     1,
     {{"failed", "source", "registry", "refused"}, {"warning", "in_force", "registry", "The last download failed"}}},
    {"trust services stopped",
     1,
     {{"failed", "ocsp", "authority", "refused"}, {"failed", "time_stamp", "authority", "refused"}}},
    {"certificate not registered",
     1,
     {{"failed", "registration", "registry", "is not registered for this server"},
      {"failed", "own_word", "operator", "No authentication certificate of this server is registered"},
      {"failed", "peer", "registry", "HOME/ss1"},
      {"failed", "peer_ocsp", "operator", "HOME/ss1"}}},
    {"stopped", 0, {{"warning", "process", "operator", "does not run"}}},
    {"port taken", 1, {{"failed", "port", "operator", "python3 (process"}}},
    {"wrong PIN",
     1,
     {{"failed", "token", "operator", "PIN"}, {"could_not_tell", "peer", "operator", "The keys are locked"}}},
    {"anchor missing", 1, {{"failed", "anchor", "operator", "anchor.xml"}}},
    {"stopped and mended", 0, {}},
    {"configuration expired",
     1,
     {{"failed", "source", "registry", "expired at"},
      {"failed", "in_force", "registry", "expired at"},
      {"failed", "own_word", "operator", "expired at"}}},
};

}  // namespace

TEST_CASE("the doctor names what was broken, whose turn it is, and nothing else") {
    const auto ended = tests::run_tool({"python3", source + "/tests/journeys/doctor.py", "--programs", programs});
    CAPTURE(ended.output);
    REQUIRE(ended.status == 0);
    const auto begin = ended.output.rfind("\n{");
    const auto told = json::parse(ended.output.substr(begin == std::string::npos ? 0 : begin + 1)).as_object();
    CHECK(told.at("processes_left") == 0);
    for (const auto& [name, exit, expected] : scenes) {
        CAPTURE(name);
        REQUIRE(told.contains(name));
        const auto& scene = told.at(name).as_object();
        CAPTURE(json::serialize(scene));
        CHECK(scene.at("exit") == exit);
        CHECK(scene.at("checks").to_number<int>() > 25);
        CHECK(scene.at("took_s").to_number<double>() < 15);
        const auto& bad = scene.at("bad").as_array();
        for (const auto& one : expected)
            CHECK_MESSAGE(std::ranges::any_of(bad, [&](const auto& finding) { return fits(finding.as_object(), one); }),
                          one.check);
        for (const auto& value : bad) {
            const auto& finding = value.as_object();
            if (text(finding, "verdict") == "warning") continue;
            CHECK_MESSAGE(std::ranges::any_of(expected, [&](const auto& one) { return fits(finding, one); }),
                          json::serialize(finding));
            CHECK_FALSE(text(finding, "turn").empty());
            CHECK(text(finding, "next").size() > 20);
        }
    }
}
