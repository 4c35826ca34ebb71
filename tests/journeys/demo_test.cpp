// The README's first command, walked to its end with the programs of this build, and judged by what it tells programs.
#include "tests/support/contains.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <filesystem>
#include <string>

using namespace onceway;
using tests::contains;

namespace {

const std::string source = ONCEWAY_SOURCE_DIR, programs = std::string(ONCEWAY_BINARY_DIR) + "/bin";

}  // namespace

TEST_CASE(
    "the demo fills the form, lists services, shows two refusals, valid documents and a forged one, and leaves "
    "nothing") {
    const tests::TemporaryFolder folder;
    const auto keep = folder.path() / "kept";
    const auto ended = tests::run_tool(
        {"python3", source + "/tests/journeys/demo.py", "--programs", programs, "--json", "--keep", keep.string()});
    CAPTURE(ended.output);
    REQUIRE(ended.status == 0);
    // The story goes to stderr, the one JSON object to stdout: its line is the last.
    const auto line = ended.output.substr(ended.output.rfind("\n{") + 1);
    const auto told = boost::json::parse(line).as_object();
    CHECK(told.at("format") == "onceway-demo/1");
    CHECK(told.at("ok") == true);
    CHECK(told.at("instance") == "ZA-WC");
    CHECK(told.at("form").as_array().size() > 14);
    CHECK(told.at("form").as_array().back().at("source") == "Social Development");

    const auto& services = told.at("services").as_array();
    REQUIRE(services.size() == 4);
    CHECK(services[0].at("rest").at(0).at("code") == "register");
    CHECK(services[3].at("soap").as_array().size() == 4);

    const auto& refusals = told.at("refusals").as_array();
    REQUIRE(refusals.size() == 2);
    CHECK(refusals[0].at("status") == 404);
    CHECK(refusals[1].at("fault") == "server.serverproxy.access_denied");

    const auto& containers = told.at("containers").as_array();
    REQUIRE(containers.size() == 6);
    for (const auto& container : containers) {
        CHECK(container.at("verdict") == "valid");
        CHECK(std::filesystem::exists(std::string(container.at("path").as_string())));
        CHECK(contains(std::string(container.at("signer").as_string()), "ZA-WC/GOV/"));
    }
    CHECK(told.at("tampered").at("verdict") == "invalid");
    CHECK(told.at("forged").at("code") == "invalid_signature_value");
    CHECK(told.at("processes_left") == 0);
}
