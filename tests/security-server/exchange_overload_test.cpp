// More work than a server takes on: what is beyond is refused at once, clearly, and without a trace; what was taken on
// is finished.
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <thread>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// Calls that wait in the provider's information system until they are let go.
class HeldCalls {
public:
    explicit HeldCalls(World& world) : world_(world) {
        const auto hold = [this](channel::Exchange& exchange) { return wait(exchange); };
        auto door = channel::Listener::open(threads_, {.name = "holding", .address = "127.0.0.1"}, hold);
        REQUIRE(door);
        door_ = std::move(*door);
        world.change_owner([&](access::Client& owner) {
            owner.services.front().url = "http://127.0.0.1:" + std::to_string(door_->port());
        });
    }
    ~HeldCalls() {
        let_go();
        for (auto& caller : callers_) caller.join();
        door_.reset();
        threads_.stop();
    }

    /// Starts `count` more, and returns once every one of them has reached the information system.
    void start(int count) {
        const int wanted = arrived() + count;
        for (int i = 0; i < count; ++i)
            callers_.emplace_back([this] {
                auto answer = world_.call("POST", World::target(), {}, "held");
                if (answer && answer->status == 200) ++answered;
            });
        std::unique_lock lock(guard_);
        changed_.wait(lock, [&] { return arrived_ >= wanted; });
    }
    void let_go() {
        boost::asio::post(threads_.context(0), [this] {
            gone_ = true;
            timer_.cancel();
        });
    }
    void finish() {
        let_go();
        for (auto& caller : callers_) caller.join();
        callers_.clear();
    }
    std::atomic<int> answered = 0;

private:
    int arrived() {
        const std::lock_guard lock(guard_);
        return arrived_;
    }
    boost::asio::awaitable<void> wait(channel::Exchange& exchange) {
        {
            const std::lock_guard lock(guard_);
            ++arrived_;
        }
        changed_.notify_all();
        if (!gone_) co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        auto answered_here = co_await exchange.respond(200, "OK", {}, "let go");
        if (!answered_here) co_return;
    }

    World& world_;
    channel::Threads threads_{1};
    boost::asio::steady_timer timer_{threads_.context(0), boost::asio::steady_timer::time_point::max()};
    bool gone_ = false;  // on that thread
    std::unique_ptr<channel::Listener> door_;
    std::mutex guard_;
    std::condition_variable changed_;
    int arrived_ = 0;
    std::vector<std::thread> callers_;
};

/// An answer may be here a moment before its place is free again.
void wait_until_free(const transport::Places& places) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (places.taken() > 0 && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
    CHECK(places.taken() == 0);
}

/// What bodies hold once those of finished exchanges are gone: an answer may be here a moment before that.
std::uint64_t held_at_rest(const World& world) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (world.consumer_bodies->held() > 0 && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
    return world.consumer_bodies->held();
}

std::string value(const channel::FetchAnswer& answer, std::string_view name) {
    return std::string(message::field(answer.fields, name).value_or("(none)"));
}

}  // namespace

TEST_CASE("an exchange beyond the limit is refused, and those within it are answered, on") {
    struct {
        const char* side;
        std::size_t consumer, provider;
        std::string code, says, retry;
        std::uint64_t consumer_records;  // of the refused one: a provider's refusal comes after ours was recorded
    } const rows[] = {
        {"the consumer's side", 3, 100, "server.clientproxy.overloaded", "has 3 exchanges in flight", "1", 0},
        {"the provider's side", 100, 3, "server.serverproxy.overloaded", "has 3 exchanges in flight", "(none)", 1},
    };
    for (const auto& [side, consumer, provider, code, says, retry, consumer_records] : rows) SUBCASE(side) {
            World world({.pooled = true, .consumer_exchanges = consumer, .provider_exchanges = provider});
            HeldCalls held(world);
            held.start(3);
            const auto recorded_here = world.consumer_server.records(), there = world.provider_server.records();
            for (int i = 1; i <= 5; ++i) {
                auto refused = world.call("POST", World::target(), {}, std::string(5'000, 'x'));
                REQUIRE(refused);
                CHECK(refused->status == 500);
                CHECK(error_code(*refused) == code);
                CHECK_MESSAGE(contains(refused->body, says), refused->body);
                CHECK(value(*refused, "Retry-After") == retry);
                CHECK(world.consumer_server.records() == recorded_here + i * consumer_records);
                CHECK(world.provider_server.records() == there);
            }
            const auto& places = consumer == 3 ? world.consumer->places() : world.provider->places();
            CHECK(places.refused() == 5);
            held.finish();
            CHECK(held.answered == 3);
            wait_until_free(places);

            auto later = world.get();
            REQUIRE(later);
            CHECK(later->status == 200);
            CHECK(world.consumer->places().refused() + world.provider->places().refused() == 5);
        }
}

TEST_CASE("a connection whose small request was refused carries the next one") {
    World world({.pooled = true, .consumer_exchanges = 1});
    HeldCalls held(world);
    held.start(1);
    channel::ConnectTo to{.host = "127.0.0.1", .port = world.consumer_door->port()};
    const auto statuses = [](channel::ConnectTo where) -> boost::asio::awaitable<std::vector<int>> {
        std::vector<int> seen;
        auto connection = co_await channel::Connection::open(std::move(where));
        for (int i = 0; connection && i < 3; ++i) {
            auto written =
                co_await (*connection)
                    ->write("POST " + World::target() +
                            " HTTP/1.1\r\nHost: x\r\nX-Road-Client: ZA/GOV/101/tax\r\nContent-Length: 4\r\n\r\nbody");
            const message::HeadRules rules;
            auto head = co_await (*connection)->read_head(rules, std::chrono::seconds(20));
            if (!written || !head) break;
            seen.push_back(head->status);
            for (bool more = true; more;) {
                auto octets = co_await (*connection)->read_body(std::chrono::seconds(20));
                more = octets && !octets->empty();
            }
            if (!(*connection)->reusable()) break;
            (*connection)->next();
        }
        co_return seen;
    };
    CHECK(run(statuses(to)) == std::vector{500, 500, 500});
}

TEST_CASE("while bodies hold as much memory as they may, the next exchange is refused") {
    World world({.pooled = true, .body_octets = 20'000});
    CHECK(world.consumer_bodies->held() == 0);
    auto large =
        world.call("POST", World::target(), {}, std::string(30'000, 'x'));  // taken on, although it grows beyond
    REQUIRE(large);
    CHECK(large->status == 200);
    CHECK(held_at_rest(world) == 0);

    {
        auto body = transport::CountedBody::make(world.folder / "ss1" / "spool", world.consumer_bodies);
        REQUIRE(run(body->append(std::string(20'000, 'x'))));
        const auto payload = transport::CountedBody::payload(std::move(body));
        CHECK(world.consumer_bodies->held() == 20'000);
        auto refused = world.get();
        REQUIRE(refused);
        CHECK(error_code(*refused) == "server.clientproxy.overloaded");
        CHECK(contains(refused->body, "holds as many octets"));
    }
    CHECK(held_at_rest(world) == 0);
    auto later = world.get();
    REQUIRE(later);
    CHECK(later->status == 200);
}

TEST_CASE("a body counts with what it holds of memory, and not with what lies on disk") {
    const TemporaryFolder folder;
    auto memory = std::make_shared<transport::BodyMemory>();
    auto small = transport::CountedBody::make(folder.path(), memory);
    REQUIRE(run(small->append(std::string(1'000, 'x'))));
    REQUIRE(run(small->append(std::string(1'000, 'x'))));
    CHECK(memory->held() == 2'000);
    auto large = transport::CountedBody::make(folder.path(), memory);
    for (int i = 0; i < 100; ++i) REQUIRE(run(large->append(std::string(16'000, 'x'))));
    CHECK(memory->held() == 2'000 + 288 * 1024);
    large.reset();
    CHECK(memory->held() == 2'000);
    small.reset();
    CHECK(memory->held() == 0);
}
