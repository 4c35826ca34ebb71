#include "security-server/doctor/report.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

using namespace onceway;
using namespace onceway::doctor;
using tests::contains;

namespace {

const Finding well = ok(Group::ports, "port", "10.0.0.5:8080", "Open.");
const Finding warned = warning(Group::clock, "clock", "", "It is ahead.", Turn::here, "Set it.");
const Finding down =
    failed(Group::peers, "peer", "ZA/GOV/1/ss1", "Connection refused.", Turn::peer, "Have it started.");
const Finding doubtful = unknown(Group::log, "log", "", "Too large.", "Start the server.");
const Heading heading{"ZA/GOV/2/ss1", "2026-02-02T10:15:30Z", true, 412};

}  // namespace

TEST_CASE("the exit status says whether all is well, something failed, or something could not be told") {
    struct {
        std::vector<Finding> findings;
        int status;
    } const rows[] = {
        {{}, 0}, {{well}, 0}, {{well, warned}, 0}, {{well, doubtful}, 2}, {{doubtful, down}, 1}, {{down, warned}, 1},
    };
    for (const auto& [findings, status] : rows) CHECK(exit_status(findings) == status);
}

TEST_CASE("the list goes group by group, and says whose turn it is and what to do under what is not well") {
    const auto text = as_text(heading, {well, warned, doubtful, down});
    CHECK(contains(text, "ZA/GOV/2/ss1, running, looked at 2026-02-02T10:15:30Z in 0.4 s\n"));
    CHECK(contains(text, "Ports and addresses\n  ok        10.0.0.5:8080: Open.\n"));
    CHECK(contains(text,
                   "Clock\n  WARNING   It is ahead.\n            -> Turn of you, this server's operator: Set it.\n"));
    CHECK(contains(text, "UNKNOWN   Too large.\n            -> To know: Start the server.\n"));
    CHECK(contains(text, "FAILED    ZA/GOV/1/ss1: Connection refused.\n"));
    CHECK(contains(text, "-> Turn of the other server's operator: Have it started.\n"));
    CHECK(contains(text, "4 checks: 1 failed, 1 could not be told, 1 warnings.\n"));
    CHECK(contains(as_text(heading, {well}), "All 1 checks are well.\n"));
}

TEST_CASE("long sentences are folded for a terminal, and no word is lost") {
    std::string words;
    for (int i = 0; i < 100; ++i) words += "word" + std::to_string(i) + ' ';
    auto text = as_text(heading, {failed(Group::peers, "peer", "", words, Turn::peer, words)});
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin))
        CHECK(end - begin < 130);
    for (int i = 0; i < 100; ++i) CHECK(contains(text, "word" + std::to_string(i)));
}

TEST_CASE("programs get every finding with its group, its verdict and its turn") {
    const auto object = as_json(heading, {well, down});
    CHECK(object.at("format") == "onceway-doctor/1");
    CHECK(object.at("ok") == false);
    CHECK(object.at("verdict") == "failed");
    CHECK(object.at("counts").at("ok") == 1u);
    CHECK(object.at("counts").at("failed") == 1u);
    const auto& check = object.at("checks").at(1).as_object();
    CHECK(check.at("group") == "peers");
    CHECK(check.at("check") == "peer");
    CHECK(check.at("about") == "ZA/GOV/1/ss1");
    CHECK(check.at("verdict") == "failed");
    CHECK(check.at("turn") == "peer");
    CHECK(check.at("next") == "Have it started.");
    CHECK(as_json(heading, {well}).at("ok") == true);
    CHECK(as_json(heading, {doubtful}).at("verdict") == "could_not_tell");
}
