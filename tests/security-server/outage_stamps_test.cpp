// The time-stamping authority is away, slow or lying: traffic goes on until the permitted failure period ends, then a
// defined fault; no wrong token is ever kept, and the backlog is stamped when it is back. Rule: threats §6, message-log
// §1.8 and §1.9.
#include "tests/security-server/outage_world.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using namespace std::chrono_literals;

namespace {

constexpr auto refused = "server.clientproxy.logging_failed.timestamping_failed";

struct Outage {
    OutageWorld& world;

    std::uint64_t unstamped() const { return world.asking.log->health().unstamped; }
    void stamp_in_vain() {
        const auto stamped = world.asking.stamp();
        REQUIRE_FALSE(stamped);
        CHECK(stamped.error().code == FaultCode::timestamping_failed);
    }
    /// The asker's records get no stamps any more; then they do.
    void outlive(const std::function<void()>& begin, const std::function<void()>& end) {
        REQUIRE(world.asking.stamp());
        REQUIRE(unstamped() == 0);
        begin();
        CHECK(world.ask() == "answered");
        stamp_in_vain();
        CHECK(unstamped() == 2);
        world.pass(9min);
        stamp_in_vain();
        CHECK(world.ask() == "answered");
        const auto executed = world.executed();
        world.pass(2min);  // more than OutageServer::acceptable_failure since the first failure
        stamp_in_vain();
        CHECK(world.ask() == refused);
        CHECK(world.took < at_once);
        CHECK(world.executed() == executed);
        CHECK(unstamped() == 4);  // nothing that came was taken for a stamp
        end();
        REQUIRE(world.asking.stamp());
        CHECK(unstamped() == 0);
        CHECK(world.ask() == "answered");
        world.rounds();
    }
};

}  // namespace

TEST_CASE(
    "when the time-stamping authority fails, traffic goes on for the permitted period, and its backlog is stamped") {
    OutageWorld world;
    Outage outage{world};
    world.ask();
    for (const auto& fault : network_faults()) {
        CAPTURE(std::string(fault.name));
        auto& proxy = *world.trust.tsa.proxy;
        outage.outlive([&] { fault.begin(proxy); }, [&] { make_fair(proxy); });
    }
    struct {
        const char* what;
        Lie lie;
    } const lies[] = {{"declines", Lie::refusal},
                      {"stamps something else", Lie::about_another},
                      {"is somebody else", Lie::by_a_stranger}};
    for (const auto& [what, lie] : lies) {
        CAPTURE(std::string(what));
        const Lie told = lie;
        outage.outlive([&] { world.trust.tsa.lie = told; }, [&] { world.trust.tsa.lie = Lie::none; });
    }
}

TEST_CASE("a provider whose stamps fail for too long refuses before its system is asked") {
    OutageWorld world;
    CHECK(world.ask() == "answered");
    world.trust.tsa.proxy->down();
    CHECK_FALSE(world.answering.stamp());
    world.pass(11min);
    CHECK_FALSE(world.answering.stamp());
    CHECK(world.ask() == "server.serverproxy.logging_failed.timestamping_failed");
    CHECK(world.executed() == 1);
    world.trust.tsa.proxy->up();
    CHECK(world.answering.stamp());
    CHECK(world.ask() == "answered");
}
