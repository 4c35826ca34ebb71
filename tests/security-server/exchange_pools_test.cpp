// Connections that are kept: by us, by the other server, by information systems, and what happens when one of them is
// gone. Promise P2: a request of which an octet was sent is never sent again.
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <thread>

using namespace onceway;
using namespace onceway::tests;
using tcp = boost::asio::ip::tcp;

namespace {

/// Reads the whole message and lets the connection break, in the middle of the head of an answer or before it.
boost::asio::awaitable<void> break_off(channel::Exchange& exchange, bool read_first, bool say_something) {
    while (read_first) {
        auto octets = co_await exchange.read_body();
        if (!octets || octets->empty()) break;
    }
    const channel::Exchange::Streaming how{.length = 100, .until_close = false};
    const message::Fields fields{{"Content-Type", "multipart/mixed; boundary=x"}, {"x-hash-algorithm", "SHA-512"}};
    auto begun = co_await exchange.begin(200, "OK", fields, how);
    if (begun && say_something) begun = co_await exchange.flush();
    if (!begun) co_return;
}

/// The message reaches the provider, which does what it is asked; its answer is lost.
boost::asio::awaitable<void> lose_the_answer(World& world, channel::Exchange& exchange) {
    AlteredExchange through(exchange);
    auto read = co_await through.read(nullptr);
    if (!read) co_return;
    co_await world.provider->answer(through);
    co_await break_off(exchange, false, false);
}

/// An information system on one thread that keeps its connections and counts what it is asked.
class KeepingSystem {
public:
    enum class Then { answers, closes_idle, breaks_off };

    /// Each connection carries one request; what comes after it, `then` says.
    explicit KeepingSystem(Then then)
        : acceptor_(context_, {boost::asio::ip::make_address("127.0.0.1"), 0}),
          thread_([this, then] { serve(then); }) {}
    ~KeepingSystem() {
        stopping_ = true;
        boost::system::error_code ignored;
        tcp::socket wake(context_);
        wake.connect(acceptor_.local_endpoint(ignored), ignored);
        thread_.join();
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
    int requests() const { return requests_; }
    int connections() const { return connections_; }

private:
    void serve(Then then) {
        while (!stopping_) {
            boost::system::error_code error;
            tcp::socket socket(context_);
            acceptor_.accept(socket, error);
            if (error || stopping_) return;
            ++connections_;
            for (bool first = true; !stopping_; first = false) {
                std::string head;
                boost::asio::read_until(socket, boost::asio::dynamic_buffer(head), "\r\n\r\n", error);
                if (error) break;
                ++requests_;
                if (!first && then == Then::breaks_off) break;
                const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                if (then == Then::closes_idle) {
                    // The end of the connection travels with the answer: it is there before the next request.
                    boost::asio::write(socket, boost::asio::buffer(answer), error);
                    socket.shutdown(tcp::socket::shutdown_both, error);
                    break;
                }
                boost::asio::write(socket, boost::asio::buffer(answer), error);
            }
        }
    }
    boost::asio::io_context context_;
    tcp::acceptor acceptor_;
    std::atomic<bool> stopping_ = false;
    std::atomic<int> requests_ = 0, connections_ = 0;
    std::thread thread_;
};

void call_system(World& world, const KeepingSystem& system) {
    world.change_owner([&](access::Client& owner) { owner.services.front().url = system.url(); });
}

}  // namespace

TEST_CASE("servers that keep connections and servers that do not understand each other") {
    struct {
        bool consumer, provider;
        bool kept;
    } const rows[] = {{true, true, true}, {true, false, false}, {false, true, false}, {false, false, false}};
    for (const auto& [consumer, provider, kept] : rows) {
        CAPTURE(consumer);
        CAPTURE(provider);
        World world({.pooled = consumer, .provider_pools = provider, .threads = 1});
        bool asked_to_keep = false;
        world.peer_instead = [&](channel::Exchange& exchange) -> boost::asio::awaitable<void> {
            asked_to_keep = exchange.head().keep_alive;
            return world.provider->answer(exchange);
        };
        for (int i = 0; i < 6; ++i) {
            auto answer = world.call("POST", World::target(), {}, "body");
            REQUIRE(answer);
            CHECK(answer->status == 200);
        }
        CHECK(asked_to_keep == consumer);
        if (kept) CHECK(world.peer_door->connections() == 1);
        CHECK(world.seen_by_service().size() == 6);
        CHECK(world.provider_server.records() == 12);
    }
}

TEST_CASE("a message is not sent again when the connection") {
    using Story = std::function<boost::asio::awaitable<void>(World&, channel::Exchange&)>;
    struct {
        const char* breaks;
        Story story;
        int reached_the_service;
    } const rows[] = {
        {"breaks at its first octet", [](World&, auto& exchange) { return break_off(exchange, false, false); }, 0},
        {"breaks once it was read", [](World&, auto& exchange) { return break_off(exchange, true, false); }, 0},
        {"breaks within the answer", [](World&, auto& exchange) { return break_off(exchange, true, true); }, 0},
        {"breaks behind the service", [](World& world, auto& exchange) { return lose_the_answer(world, exchange); }, 1},
    };
    for (const auto& [breaks, story, reached_the_service] : rows) SUBCASE(breaks) {
            World world({.pooled = true, .threads = 1});
            REQUIRE(world.get()->status == 200);
            REQUIRE(world.peer_door->connections() == 1);  // the line that will break is a kept one
            const int before = world.connections_seen;
            world.peer_instead = [&world, &told = story](channel::Exchange& exchange) { return told(world, exchange); };
            auto failed = world.get();
            REQUIRE(failed);
            CHECK(failed->status == 500);
            const auto code = error_code(*failed);
            CHECK_MESSAGE((code.ends_with(".network_error") || code.ends_with(".io_error")), code);
            CHECK(world.connections_seen == before + 1);
            CHECK(world.seen_by_service().size() == static_cast<std::size_t>(1 + reached_the_service));
            CHECK(world.consumer_server.records() == 3);  // the question is on record, and no answer to it

            world.peer_instead = nullptr;
            auto next = world.get();
            REQUIRE(next);
            CHECK(next->status == 200);
        }
}

TEST_CASE("a connection that the other server closed while it waited costs no message") {
    World world({.pooled = true, .threads = 1});
    const auto port = world.peer_door->port();
    for (int i = 0; i < 3; ++i) {
        auto answer = world.get();
        REQUIRE(answer);
        CHECK(answer->status == 200);
        world.peer_door.reset();  // its connections are closed when this returns
        world.open_peer_door(port);
    }
    CHECK(world.connections_seen == 3);
    CHECK(world.seen_by_service().size() == 3);
}

TEST_CASE("a server that answers and closes is believed") {
    World world({.pooled = true, .threads = 1});
    world.peer_instead = [&](channel::Exchange& exchange) {
        exchange.close_after();
        return world.provider->answer(exchange);
    };
    for (int i = 0; i < 4; ++i) {
        auto answer = world.get();
        REQUIRE(answer);
        CHECK(answer->status == 200);
    }
    CHECK(world.connections_seen == 4);
}

TEST_CASE("an information system's connection is kept, and one that it closed while it waited costs no call") {
    struct {
        KeepingSystem::Then then;
        int connections;
    } const rows[] = {{KeepingSystem::Then::answers, 1}, {KeepingSystem::Then::closes_idle, 4}};
    for (const auto& [then, connections] : rows) {
        KeepingSystem system(then);
        World world({.pooled = true, .threads = 1});
        call_system(world, system);
        for (int i = 0; i < 4; ++i) {
            auto answer = world.get();
            REQUIRE(answer);
            CHECK(answer->status == 200);
        }
        CHECK(system.requests() == 4);
        CHECK(system.connections() == connections);
    }
}

TEST_CASE("an information system that breaks off while it is asked is not asked again") {
    KeepingSystem system(KeepingSystem::Then::breaks_off);
    World world({.pooled = true, .threads = 1});
    call_system(world, system);
    REQUIRE(world.get()->status == 200);
    auto failed = world.get();
    REQUIRE(failed);
    CHECK(failed->status == 500);
    CHECK(error_code(*failed) == "server.serverproxy.network_error");
    CHECK(system.requests() == 2);
    CHECK(system.connections() == 1);

    auto next = world.get();
    REQUIRE(next);
    CHECK(next->status == 200);
    CHECK(system.connections() == 2);
}
