// Two servers, each killed at every named step that there is.
#include "schemas/base/failpoint.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <cstdlib>
#include <string>

using namespace onceway;

TEST_CASE("a server killed at any step that writes, syncs, renames or sends loses nothing and repeats nothing") {
    if (!failpoint::built) {
        MESSAGE("skipped: a release build has no failpoints");
        return;
    }
    const std::string source = ONCEWAY_SOURCE_DIR, programs = std::string(ONCEWAY_BINARY_DIR) + "/bin";
    const bool sanitized = std::getenv("ONCEWAY_SANITIZED") != nullptr;
    std::string points;
    int count = 0;
    for (const auto& row : failpoint::table) {
        if (sanitized && !row.name.starts_with("log.") && row.name != "peer.sent") continue;
        points += (count++ > 0 ? "," : "") + std::string(row.name);
    }
    const tests::TemporaryFolder folder;
    const auto ended = tests::run_tool({"python3", source + "/tests/journeys/crash_points.py", "--programs", programs,
                                        "--folder", folder.path().string(), "--points", points});
    CAPTURE(ended.output);
    REQUIRE(ended.status == 0);
    const auto told = boost::json::parse(ended.output.substr(ended.output.rfind("\n{") + 1)).as_object();
    CHECK(told.at("ok") == true);
    CHECK(told.at("points") == count);
    CHECK(told.at("kills").as_int64() > count);
    CHECK(told.at("clean").as_int64() >= count);
    MESSAGE(told.at("kills") << " kills at " << count << " steps");
}
