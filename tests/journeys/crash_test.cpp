// Two servers under load, killed again and again, with the programs of this build. `./dev bench crash` is the same with
// a thousand kills.
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <cstdlib>
#include <string>

using namespace onceway;

TEST_CASE("servers killed at random moments under load lose nothing, repeat nothing, and are back within two seconds") {
    const std::string source = ONCEWAY_SOURCE_DIR, programs = std::string(ONCEWAY_BINARY_DIR) + "/bin";
    const bool sanitized = std::getenv("ONCEWAY_SANITIZED") != nullptr;
    const tests::TemporaryFolder folder;
    const auto ended = tests::run_tool({"python3", source + "/tests/journeys/crash.py", "--programs", programs,
                                        "--json", "--folder", folder.path().string(), "--rounds",
                                        sanitized ? "5" : "50", "--start-up", sanitized ? "30" : "5"});
    CAPTURE(ended.output);
    REQUIRE(ended.status == 0);
    const auto told = boost::json::parse(ended.output.substr(ended.output.rfind("\n{") + 1)).as_object();
    CHECK(told.at("ok") == true);
    CHECK(told.at("rounds") == (sanitized ? 5 : 50));
    // The median, for other tests may run beside this one; the longest of a thousand is judged by ./dev bench crash.
    CHECK(told.at("restart_s").at("median").as_double() < (sanitized ? 20 : 2));
    CHECK(told.at("verified").as_int64() >= 8);
    MESSAGE(told.at("rounds") << " kills, " << told.at("records") << " records, longest start-up "
                              << told.at("restart_s").at("longest") << " s");
}
