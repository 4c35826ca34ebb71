// Two servers whose disk is full for a while, then fails to sync.
#include "schemas/base/failpoint.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <string>

using namespace onceway;

TEST_CASE("a full disk refuses at once and passes by itself; a failed sync stays until the server is started anew") {
    if (!failpoint::built) {
        MESSAGE("skipped: a release build has no failpoints");
        return;
    }
    const std::string source = ONCEWAY_SOURCE_DIR, programs = std::string(ONCEWAY_BINARY_DIR) + "/bin";
    const tests::TemporaryFolder folder;
    const auto ended = tests::run_tool({"python3", source + "/tests/journeys/crash_disk.py", "--programs", programs,
                                        "--folder", folder.path().string()});
    CAPTURE(ended.output);
    REQUIRE(ended.status == 0);
    const auto told = boost::json::parse(ended.output.substr(ended.output.rfind("\n{") + 1)).as_object();
    CHECK(told.at("ok") == true);
    CHECK(told.at("full").as_object().size() == 2);
}
