// Callers who begin and take their time, against the places that a server has for exchanges. Threat row 20.
#include "tests/security-server/hostile_member.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <thread>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// Says `octets` and then nothing, until the door has had enough or the test has.
boost::asio::awaitable<void> begin_and_stay(Aim aim, std::string octets) {
    auto heard = co_await speak(std::move(aim), std::move(octets), false, std::chrono::seconds(60));
    if (!heard) co_return;
}

}  // namespace

TEST_CASE("callers who are slow with their bodies take no place from others, whichever door they come to") {
    constexpr std::size_t places = 4, slow = 20;
    World world({.pooled = true, .consumer_exchanges = places, .provider_exchanges = places});
    Aim aim{"127.0.0.1", world.consumer_door->port(), nullptr};
    std::string begun = "POST " + World::target("/slow") +
                        " HTTP/1.1\r\nHost: h\r\nX-Road-Client: ZA/GOV/101/tax\r\nContent-Length: 1000\r\n\r\nhalf";
    const auto* door = &world.consumer_door;
    SUBCASE("information systems") {}
    SUBCASE("a hostile member, in front of its message") {
        aim = as_member(world);
        begun = signed_request(world, part_for("POST", World::target("/slow")), "body");
        begun.resize(begun.find("\r\n\r\n") + 10);
        door = &world.peer_door;
    }
    SUBCASE("a hostile member, within its body") {
        aim = as_member(world);
        begun = signed_request(world, part_for("POST", World::target("/slow")), "body");
        begun.resize(begun.find("\r\n\r\nbody") + 6);
        door = &world.peer_door;
    }
    channel::Threads threads(1);
    for (std::size_t i = 0; i < slow; ++i) threads.spawn(threads.context(0), "slow", begin_and_stay(aim, begun));
    while ((*door)->in_flight() < slow) std::this_thread::yield();

    for (int i = 0; i < 3; ++i) {
        const auto answer = world.get();
        REQUIRE(answer);
        CHECK(answer->status == 200);
    }
    CHECK((*door)->in_flight() >= slow);
    CHECK(world.consumer->places().refused() + world.provider->places().refused() == 0);
    threads.stop();
}
