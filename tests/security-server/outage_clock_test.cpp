// Clocks that are apart, and clocks that jump: whoever is wrong is refused, nothing is executed in its name, nobody is
// busy with it, and logs keep their order by number. Rule: threats §6.
#include "tests/security-server/outage_world.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

using namespace onceway;
using namespace onceway::tests;
using namespace std::chrono_literals;

namespace {

struct Jump {
    const char* name;
    std::chrono::minutes by;
};
constexpr Jump jumps[] = {{"an hour ahead", 61min}, {"an hour behind", -61min},    {"a day ahead", 24h},
                          {"a day behind", -24h},   {"400 days ahead", 400 * 24h}, {"400 days behind", -400 * 24h}};

std::chrono::microseconds cpu_time() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto time = [](const timeval& value) {
        return std::chrono::seconds(value.tv_sec) + std::chrono::microseconds(value.tv_usec);
    };
    return time(used.ru_utime) + time(used.ru_stime);
}

/// Accepted records of both directions under ascending numbers, whatever the clock did.
void check_order(records::MessageLog& log, std::uint64_t expected) { CHECK(log.health().last_number == expected); }

}  // namespace

TEST_CASE(
    "a server whose clock is wrong by an hour or more is refused or refuses, and is well again when it is right") {
    OutageWorld world;
    CHECK(world.ask() == "answered");
    for (const bool consumer : {true, false})
        for (const auto& jump : jumps) {
            CAPTURE(std::string(jump.name));
            CAPTURE(consumer);
            auto& server = consumer ? world.asking : world.answering;
            const auto executed = world.executed();
            server.clock.move(jump.by);
            for (int i = 0; i < 2; ++i) {
                const auto told = world.ask();
                CHECK(told.starts_with("server."));
                CHECK(world.took < patience + at_once);
                server.fetch_ocsp();  // what it asks for now does not help it either
            }
            CHECK(world.executed() == executed);
            server.clock.move(-jump.by);
            world.rounds();
            CHECK(world.ask() == "answered");
        }
}

TEST_CASE("when all clocks jump together, traffic goes on with what is fetched anew, and numbers keep their order") {
    OutageWorld world;
    CHECK(world.ask() == "answered");
    auto number = world.asking.log->health().last_number;
    for (const auto by : {std::chrono::minutes(61), std::chrono::minutes(-30), std::chrono::minutes(24h)}) {
        CAPTURE(by.count());
        world.pass(by, false);
        // What the registry signs after its clock was put back ends before what is in hand: that may be a replay, and
        // is refused until time has caught up; what is in hand serves meanwhile.
        CHECK(world.refresh().has_value() == (by > 0min));
        world.rounds();
        CHECK(world.ask() == "answered");
        number += 2;
        check_order(*world.asking.log, number);
    }
}

TEST_CASE("an answer that was fetched while the clock was ahead is asked for again when the clock is right") {
    OutageWorld world;
    auto& server = world.asking;
    world.trust.configuration_lasts = 2h;  // nothing is asked under one that has expired
    REQUIRE(world.refresh());
    server.clock.move(50min);  // ahead, and within freshness
    world.trust.ocsp.asked = 0;
    server.fetch_ocsp();
    const int once = world.trust.ocsp.asked;
    CHECK(once >= 2);  // both certificates
    server.clock.move(-50min);
    server.fetch_ocsp();
    CHECK(world.trust.ocsp.asked.load() == 2 * once);
    server.fetch_ocsp();
    CHECK(world.trust.ocsp.asked.load() == 2 * once);
}

TEST_CASE("servers whose clock is wrong do not wear themselves out in the background") {
    OutageWorld world;
    world.threads.spawn(world.threads.context(0), "configuration client", world.view.run());
    for (auto* server : {&world.asking, &world.answering}) {
        world.threads.spawn(world.threads.context(0), "OCSP", server->keys.keep_ocsp_fresh(20min));
        world.threads.spawn(world.threads.context(0), "stamps", server->timestamper.run());
    }
    for (const auto& jump : jumps) {
        CAPTURE(std::string(jump.name));
        for (auto* clock : {&world.asking.clock, &world.answering.clock, &world.registry_clock}) clock->move(jump.by);
        world.asking.keys.fetch_soon();
        world.answering.keys.fetch_soon();
        const int asked = world.trust.ocsp.asked + world.trust.tsa.asked + world.trust.registry.asked;
        const auto before = cpu_time();
        std::this_thread::sleep_for(300ms);
        CHECK(world.trust.ocsp.asked + world.trust.tsa.asked + world.trust.registry.asked - asked < 40);
        CHECK(cpu_time() - before < (sanitized() ? 2s : 250ms));
        for (auto* clock : {&world.asking.clock, &world.answering.clock, &world.registry_clock}) clock->move(-jump.by);
    }
    for (auto* server : {&world.asking, &world.answering}) server->timestamper.stop();
}
