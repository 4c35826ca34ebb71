#include "security-server/doctor/rounds.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

using namespace onceway;
using namespace onceway::doctor;
using std::chrono::milliseconds;
using tests::contains;

namespace {

Finding late(const char* name) {
    return failed(Group::peers, name, "", "It did not answer in time.", Turn::network, "Look at the network, please.");
}

/// Something that a check waits for until the test lets it go.
struct Gate {
    std::mutex lock;
    std::condition_variable opened;
    bool is_open = false;
    void wait() {
        std::unique_lock held(lock);
        opened.wait(held, [this] { return is_open; });
    }
    void open() {
        const std::lock_guard held(lock);
        is_open = true;
        opened.notify_all();
    }
};

}  // namespace

TEST_CASE("checks bring their findings back in their own order, and progress is told to the end") {
    std::vector<Check> checks;
    for (int i = 0; i < 100; ++i)
        checks.push_back(check(late("x"), [i] { return ok(Group::peers, "x", std::to_string(i), "Well."); }));
    std::size_t told = 0;
    const auto rounds = make_rounds(std::move(checks), std::chrono::seconds(30), [&](std::size_t done, std::size_t of) {
        CHECK(done > told);
        CHECK(of == 100);
        told = done;
    });
    CHECK(told == 100);
    CHECK_FALSE(rounds.abandoned);
    REQUIRE(rounds.outcomes.size() == 100);
    for (int i = 0; i < 100; ++i)
        CHECK(rounds.outcomes[static_cast<std::size_t>(i)].findings.front().about == std::to_string(i));
}

TEST_CASE("a check that hangs is late, and keeps none of the others waiting") {
    const auto gate = std::make_shared<Gate>();
    std::vector<Check> checks;
    for (int i = 0; i < 40; ++i)  // more than run at a time
        checks.push_back(check(late("hangs"), [gate] {
            gate->wait();
            return ok(Group::peers, "hangs", "", "Too late.");
        }));
    checks.push_back(check(late("well"), [] { return ok(Group::peers, "well", "", "Well."); }));
    const auto rounds = make_rounds(std::move(checks), milliseconds(300), nullptr);
    CHECK(rounds.abandoned);
    REQUIRE(rounds.outcomes.size() == 41);
    CHECK(rounds.outcomes.front().findings.front().verdict == Verdict::failed);
    CHECK(contains(rounds.outcomes.front().findings.front().found, "in time"));
    CHECK(rounds.outcomes.back().findings.front().verdict == Verdict::ok);
    gate->open();
}

TEST_CASE("a check that throws could not tell, and says so under its own name") {
    std::vector<Check> checks{check(late("broken"), []() -> Finding { throw std::runtime_error("a bug"); })};
    const auto rounds = make_rounds(std::move(checks), std::chrono::seconds(30), nullptr);
    const auto& finding = rounds.outcomes.at(0).findings.at(0);
    CHECK(finding.check == "broken");
    CHECK(finding.verdict == Verdict::unknown);
    CHECK(contains(finding.found, "a bug"));
    CHECK(make_rounds({}, milliseconds(1), nullptr).outcomes.empty());
}
