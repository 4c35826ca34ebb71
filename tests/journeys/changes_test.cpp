// What an operator changes while servers run, with the programs of this build and foreign ends of TLS.
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <string>

using namespace onceway;

TEST_CASE(
    "certificates, connection types and rights are changed while servers run, and a lost authority is remembered") {
    const std::string source = ONCEWAY_SOURCE_DIR, programs = std::string(ONCEWAY_BINARY_DIR) + "/bin";
    const tests::TemporaryFolder folder;
    const auto ended = tests::run_tool({"python3", source + "/tests/journeys/changes.py", "--programs", programs,
                                        "--json", "--folder", folder.path().string()});
    CAPTURE(ended.output);
    REQUIRE(ended.status == 0);
    const auto told = boost::json::parse(ended.output.substr(ended.output.rfind("\n{") + 1)).as_object();
    CHECK(told.at("ok") == true);
    CHECK(told.at("steps").as_array().size() == 5);
}
