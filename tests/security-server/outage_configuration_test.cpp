// The registry is away, slow or lying: traffic goes on until the configuration expires, stops within a second of it
// with `global_conf_outdated` on both sides, and comes back by itself. Rule: threats §6, global-configuration §2.10,
// GC-53.
#include "tests/security-server/outage_world.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using namespace std::chrono_literals;

namespace {

constexpr auto outdated = "server.clientproxy.global_conf_outdated";

void outlive(OutageWorld& world, const std::function<void()>& begin, const std::function<void()>& end) {
    REQUIRE(world.refresh());
    CHECK(world.ask() == "answered");
    begin();
    const auto expires = world.view.current()->expires;
    world.pass(9min, false);
    CHECK_FALSE(world.refresh());
    CHECK(world.ask() == "answered");
    CHECK(world.view.current()->expires == expires);
    const auto executed = world.executed();
    world.pass(std::chrono::duration_cast<std::chrono::seconds>(expires - world.asking.clock.now()) + 1s, false);
    CHECK(world.ask() == outdated);  // within a second of the expiry
    CHECK(world.took < at_once);
    CHECK_FALSE(world.refresh());
    CHECK(world.ask() == outdated);
    CHECK(world.executed() == executed);
    end();
    REQUIRE(world.refresh());
    CHECK(world.ask() == "answered");
    world.rounds();
}

}  // namespace

TEST_CASE(
    "when the registry cannot be reached, traffic goes on until the configuration expires, and comes back after") {
    OutageWorld world;
    for (const auto& fault : network_faults()) {
        CAPTURE(std::string(fault.name));
        auto& proxy = *world.trust.registry.proxy;
        outlive(world, [&] { fault.begin(proxy); }, [&] { make_fair(proxy); });
    }
}

TEST_CASE("when the registry lies, nothing of it is used, and traffic comes back when it tells the truth") {
    OutageWorld world;
    struct {
        const char* what;
        Lie lie;
    } const lies[] = {{"is signed by somebody else", Lie::by_a_stranger},
                      {"is an old one, expired", Lie::of_yesterday},
                      {"has parts that its directory does not list", Lie::about_another}};
    for (const auto& [what, lie] : lies) {
        CAPTURE(std::string(what));
        const Lie told = lie;
        outlive(world, [&] { world.trust.registry.lie = told; }, [&] { world.trust.registry.lie = Lie::none; });
    }
}

TEST_CASE("GC-53: a running pair stops when its configuration expires, and goes on by itself when there is another") {
    OutageWorld world;
    world.threads.spawn(world.threads.context(0), "configuration client", world.view.run());
    CHECK(world.ask() == "answered");
    world.trust.registry.proxy->down();
    world.pass(601s, false);
    CHECK(world.ask() == outdated);
    world.trust.registry.proxy->up();
    const auto until = std::chrono::steady_clock::now() + 60s;
    std::string told;
    while ((told = world.ask()) != "answered" && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(50ms);
    CHECK(told == "answered");
}

TEST_CASE("a provider whose own clock says that the configuration is over refuses, though its consumer would go on") {
    OutageWorld world;
    world.answering.clock.move(601s);
    CHECK(world.ask() == "server.serverproxy.global_conf_outdated");
    CHECK(world.executed() == 0);
    world.answering.clock.move(-601s);
    CHECK(world.ask() == "answered");
}
