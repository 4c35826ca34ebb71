// SOAP software that others wrote, through real programs. It is fetched from the registries of its languages; what
// cannot be had is skipped.
#include "tests/support/foreign_tool.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <string>

using namespace onceway;

TEST_CASE("curl, zeep, pyxroad and soap of Node call through two servers, and soap of Node answers behind one") {
    const std::string source = ONCEWAY_SOURCE_DIR, programs = std::string(ONCEWAY_BINARY_DIR) + "/bin";
    const auto ended = tests::run_tool({"python3", source + "/tests/journeys/foreign.py", "--programs", programs});
    CAPTURE(ended.output);
    REQUIRE(ended.status == 0);
    const auto told = boost::json::parse(ended.output.substr(ended.output.rfind("\n{") + 1)).as_object();
    CHECK(told.at("ok") == true);
    const auto& clients = told.at("clients").as_object();
    REQUIRE(clients.size() == 4);
    for (const auto& [name, outcome] : clients) {
        const std::string words(outcome.as_string());
        if (words == "passed") continue;
        CHECK(words.starts_with("skipped: "));
        MESSAGE(std::string(name) << ": " << words);
    }
}
