// Decisions: numbered, whole or not at all, and told in words.
#include "central-registry/approvals/decisions.hpp"

#include "central-registry/members/store.hpp"
#include "tests/central-registry/sample.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace onceway;
using namespace onceway::central;
using namespace onceway::central::tests;

namespace {

/// A database in a folder of its own, without keys.
struct Decided {
    TemporaryFolder folder;
    store::Database database = must(open_database(folder.path()));
    Outcome outcome = must(decide(database, sample_state(), "first", *parse_rfc3339("2026-03-01T10:00:00Z")));
};

bool has_line(const std::vector<std::string>& lines, std::string_view line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

}  // namespace

TEST_CASE("a decided state comes back from the disk as it was") {
    Decided decided;
    const auto loaded = load_state(decided.database);
    CHECK(difference(loaded, sample_state()).empty());
    CHECK(loaded.servers[1].clients == sample_state().servers[1].clients);
    CHECK(loaded.certification_services[0].top.ocsp[0].certificate ==
          sample_state().certification_services[0].top.ocsp[0].certificate);
    CHECK(loaded.management.provider == sample_state().management.provider);
    CHECK(loaded.publication.every == std::chrono::seconds(60));
    CHECK(loaded.publication.valid == std::chrono::seconds(600));
}

TEST_CASE("decisions are numbered without gaps, with time, operator and every line of the difference") {
    Decided decided;
    CHECK(decided.outcome.number == 1);
    auto state = sample_state();
    state.servers[0].address = "moved.test";
    state.members[2].name = "Other";
    state.groups.clear();
    const auto second = must(decide(decided.database, state, "second", *parse_rfc3339("2026-03-02T10:00:00Z")));
    CHECK(second.number == 2);
    CHECK(last_decision(decided.database) == 2);

    const auto decision = find_decision(decided.database, 2);
    REQUIRE(decision);
    CHECK(decision->operator_name == "second");
    CHECK(rfc3339_seconds(decision->at) == "2026-03-02T10:00:00Z");
    CHECK(decision->summary == "2 changed, 3 removed");
    CHECK(has_line(decision->changes, "~ server COM/2000/SS2: 127.0.0.2 -> moved.test"));
    CHECK(has_line(decision->changes, "~ member GOV/1000: Registry -> Other"));
    CHECK(has_line(decision->changes, "- group partners: Partners"));
    CHECK(latest_decisions(decided.database, 1).at(0).number == 2);
    CHECK_FALSE(find_decision(decided.database, 3));
}

TEST_CASE("a state that changes nothing is no decision") {
    Decided decided;
    auto shuffled = sample_state();
    std::reverse(shuffled.members.begin(), shuffled.members.end());
    std::reverse(shuffled.servers.begin(), shuffled.servers.end());
    const auto again = must(decide(decided.database, shuffled, "again", Clock::system().now()));
    CHECK_FALSE(again.number);
    CHECK(again.changes.empty());
    CHECK(last_decision(decided.database) == 1);
}

TEST_CASE("a preview changes nothing") {
    Decided decided;
    auto state = sample_state();
    state.members[2].name = "Other";
    const auto seen = must(preview(decided.database, state));
    CHECK(seen.changes.size() == 1);
    CHECK_FALSE(seen.number);
    CHECK(last_decision(decided.database) == 1);
    CHECK(difference(load_state(decided.database), sample_state()).empty());
}

TEST_CASE("a state that may not be is not decided, and nothing of it stays") {
    Decided decided;
    auto state = sample_state();
    state.members[2].name = "Other";
    state.members.push_back(state.members[0]);
    const auto refused = decide(decided.database, state, "x", Clock::system().now());
    REQUIRE_FALSE(refused);
    CHECK(contains(refused.error().detail, "twice"));
    CHECK(difference(load_state(decided.database), sample_state()).empty());
}

TEST_CASE("a state of another instance is refused") {
    Decided decided;
    auto state = sample_state();
    state.instance = "OTHER";
    const auto refused = decide(decided.database, state, "x", Clock::system().now());
    REQUIRE_FALSE(refused);
    CHECK(contains(refused.error().detail, "'OTHER'"));
}

TEST_CASE("every part of a state shows in its facts") {
    const auto changes = difference({}, sample_state());
    const auto said = [&](std::string_view what) {
        return std::any_of(changes.begin(), changes.end(),
                           [&](const Change& change) { return contains(change.what, what); });
    };
    for (const char* what : {"class GOV", "member COM/3000", "subsystem GOV/1000/roads", "server GOV/1000/SS1",
                             "server GOV/1000/SS1 certificate ", "server GOV/1000/SS1 client COM/2000/app",
                             "server COM/2000/SS2 maintenance", "certification service Sample CA",
                             "certification service Sample CA responder 1", "time-stamping service Sample TSA",
                             "group partners member COM/2000", "management.provider", "publication.address"})
        CHECK_MESSAGE(said(what), what);
    CHECK(summary_of({}) == "nothing");
}
