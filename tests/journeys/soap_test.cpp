// SOAP through real programs, from an information system to a system behind another server and back.
#include "tests/support/foreign_tool.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <string>

using namespace onceway;

TEST_CASE("SOAP messages, faults and attachments pass two servers octet for octet, and leave evidence that verifies") {
    const std::string source = ONCEWAY_SOURCE_DIR, programs = std::string(ONCEWAY_BINARY_DIR) + "/bin";
    const auto ended = tests::run_tool({"python3", source + "/tests/journeys/soap.py", "--programs", programs});
    CAPTURE(ended.output);
    REQUIRE(ended.status == 0);
    const auto told = boost::json::parse(ended.output.substr(ended.output.rfind("\n{") + 1)).as_object();
    CHECK(told.at("ok") == true);
    const auto& steps = told.at("steps").as_array();
    CHECK(steps.size() == 12);
    for (const auto& step : steps) {
        const std::string words(step.as_string());
        if (words.starts_with("skipped")) MESSAGE(words);
    }
}
