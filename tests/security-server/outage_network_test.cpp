// What the network between two servers may do, and what the two sides make of it. Promises P1, P2, P8.
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/fault_proxy.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <thread>

using namespace onceway;
using namespace onceway::tests;
using namespace std::chrono_literals;

namespace {

/// A pair with a proxy between its servers.
struct Between {
    explicit Between(bool pooled = false) {
        World::Wishes wishes{.pooled = pooled};
        wishes.threads = 1;  // each keeps connections of its own
        wishes.between = [this](const std::string& address, std::uint16_t port) {
            proxy = std::make_unique<FaultProxy>(address, port, address);
            return proxy->port();
        };
        world = std::make_unique<World>(std::move(wishes));
    }
    ~Between() {
        proxy.reset();  // connections end first, then the servers
        world.reset();
    }

    Result<channel::FetchAnswer> ask(const std::string& id, std::size_t octets = 0) {
        const auto begun = std::chrono::steady_clock::now();
        auto answer = octets == 0
                          ? world->get("/1", {{"X-Road-Id", id}})
                          : world->call("POST", World::target("/1"), {{"X-Road-Id", id}}, std::string(octets, 'q'));
        took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
        return answer;
    }
    /// The fault code of a call that must be refused.
    std::string refused(const std::string& id, std::size_t octets = 0) {
        const auto answer = ask(id, octets);
        REQUIRE(answer);
        CHECK(answer->status == 500);
        return error_code(*answer);
    }
    bool answered(const std::string& id, std::size_t octets = 0) {
        const auto answer = ask(id, octets);
        return answer && answer->status == 200;
    }
    int executed(const std::string& id) const {
        int times = 0;
        for (const auto& seen : world->seen_by_service())
            times += message::field(seen.head.fields, "X-Road-Id") == id ? 1 : 0;
        return times;
    }
    /// Requests and responses in the two logs.
    std::size_t asker_keeps(const std::string& id) {
        return world->consumer_server.log->find(World::client(), id)->size();
    }
    std::size_t provider_keeps(const std::string& id) {
        return world->provider_server.log->find(World::owner(), id)->size();
    }

    std::unique_ptr<FaultProxy> proxy;
    std::unique_ptr<World> world;
    std::chrono::milliseconds took{};
};

}  // namespace

TEST_CASE("through a proxy in fair weather everything passes") {
    Between between;
    CHECK(between.answered("fair"));
    CHECK(between.proxy->connections() == 1);
    CHECK(between.proxy->octets_there() > 2'000);
    CHECK(between.proxy->octets_back() > 2'000);
}

TEST_CASE("64 kbit/s with stalls as after lost packets is slow and correct") {
    Between between;
    const Weather narrow{.octets_per_second = 8'000, .stalled_share = 0.05};
    between.proxy->there(narrow);
    between.proxy->back(narrow);
    between.world->answer_with({200, {}, std::string(8'000, 'a')});
    const auto answer = between.ask("slow", 6'000);
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->body == std::string(8'000, 'a'));
    CHECK(between.took > 2s);  // 14,000 octets of bodies alone take 1.75 s
    CHECK(between.executed("slow") == 1);
    CHECK(between.asker_keeps("slow") == 2);
    CHECK(between.provider_keeps("slow") == 2);
}

TEST_CASE("a delay of 100 ms each way costs some of them, and nothing else") {
    Between between;
    between.proxy->there({.delay = 100ms});
    between.proxy->back({.delay = 100ms});
    CHECK(between.answered("far"));
    CHECK(between.took < 3s);
}

TEST_CASE("a connection that is cut anywhere gives a defined fault, and never a second execution") {
    Between between;
    REQUIRE(between.answered("first"));
    const auto there = between.proxy->octets_there(), back = between.proxy->octets_back();
    int refused = 0, executed = 0;
    for (int step = 0; step < 10; ++step)
        for (const bool outward : {true, false}) {
            const auto id = fmt::format("cut-{}-{}", outward ? "there" : "back", step);
            CAPTURE(id);
            const Weather cut{.cut_after = (outward ? there : back) * step / 10};
            between.proxy->fair();
            outward ? between.proxy->there(cut) : between.proxy->back(cut);
            const auto answer = between.ask(id);
            REQUIRE(answer);
            CHECK(between.took < 3s);
            refused += answer->status == 500 ? 1 : 0;
            if (answer->status == 500) CHECK(error_code(*answer).starts_with("server.clientproxy."));
            CHECK(between.executed(id) <= 1);
            executed += between.executed(id);
            if (answer->status == 200) CHECK(between.asker_keeps(id) == 2);
            if (between.executed(id) == 1) {
                CHECK(between.provider_keeps(id) >= 1);
                CHECK(between.asker_keeps(id) >= 1);
            }
        }
    CHECK(refused >= 18);
    CHECK(executed > 0);  // some were cut when the system had done its work
    between.proxy->fair();
    CHECK(between.answered("after"));
}

TEST_CASE("an octet flipped on the way is noticed by TLS; nothing is believed") {
    Between between;
    REQUIRE(between.answered("first"));
    const auto there = between.proxy->octets_there(), back = between.proxy->octets_back();
    for (int step = 1; step < 8; ++step)
        for (const bool outward : {true, false}) {
            const auto id = fmt::format("flip-{}-{}", outward ? "there" : "back", step);
            CAPTURE(id);
            const Weather flip{.flip_at = (outward ? there : back) * step / 8};
            between.proxy->fair();
            outward ? between.proxy->there(flip) : between.proxy->back(flip);
            const auto answer = between.ask(id);
            REQUIRE(answer);
            CHECK(answer->status == 500);
            CHECK(error_code(*answer).starts_with("server.clientproxy."));
            CHECK(between.executed(id) <= 1);
            if (outward) CHECK(between.executed(id) == 0);
        }
    between.proxy->fair();
    CHECK(between.answered("after"));
}

TEST_CASE("a provider's server that is away, or is somebody else, is told apart from one that is there") {
    Between between;
    between.proxy->down();
    CHECK(between.refused("nobody") == "server.clientproxy.network_error");
    between.proxy->up();
    between.proxy->back({.instead = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"});
    const auto garbage = between.refused("garbage");
    CHECK(garbage.starts_with("server.clientproxy."));
    CHECK(between.took < 3s);
    CHECK(between.executed("nobody") + between.executed("garbage") == 0);
    between.proxy->fair();
    CHECK(between.answered("back again"));
}

TEST_CASE("a direction that ends early is an answer cut short, not an answer") {
    Between between;
    REQUIRE(between.answered("first"));
    const auto first = between.proxy->octets_back();
    REQUIRE(between.answered("resumed"));  // without certificates, as the next one
    between.proxy->back({.half_close_after = between.proxy->octets_back() - first - 200});
    CHECK(between.refused("half").starts_with("server.clientproxy."));
    CHECK(between.took < 3s);
    CHECK(between.executed("half") == 1);
    CHECK(between.provider_keeps("half") == 2);
}

TEST_CASE("kept connections that broke while nobody looked cost one new connection, no fault and no repetition") {
    Between between(true);
    REQUIRE(between.answered("first"));
    REQUIRE(between.answered("second"));
    const int before = between.proxy->connections();
    CHECK(before == 1);
    between.proxy->down();
    between.proxy->up();
    CHECK(between.answered("third"));
    CHECK(between.executed("third") == 1);
    CHECK(between.proxy->connections() > before);
}
