// A listener towards callers that behave: what is answered, in which form, and when a connection stays open.
#include "certs/channel/server.hpp"

#include "tests/certs/channel/door.hpp"

#include <doctest/doctest.h>

#include <latch>
#include <thread>

using namespace onceway;
using namespace std::chrono_literals;
using tests::answer_to;
using tests::contains;
using tests::count_of;
using tests::OpenDoor;
using tests::RawCaller;

namespace {

constexpr std::string_view get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view get_and_close = "GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

}  // namespace

TEST_CASE("a request is answered in one write, dated, with its length and without a Server field") {
    const OpenDoor door;
    const auto answer = answer_to(door, get_and_close);
    CHECK(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: "));
    CHECK(contains(answer, " GMT\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /b\n"));
    CHECK_FALSE(contains(answer, "Server"));
}

TEST_CASE("requests that were sent together are answered one after the other") {
    const OpenDoor door;
    const auto answer =
        answer_to(door, std::string(get) + "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" +
                            std::string(get_and_close));
    CHECK(count_of(answer, "HTTP/1.1 200 OK") == 3);
    CHECK(answer.find("GET /a\n") < answer.find("POST /p\nabc"));
    CHECK(answer.find("POST /p\nabc") < answer.find("GET /b\n"));
    CHECK(count_of(answer, "Connection: close") == 1);
}

TEST_CASE("a body arrives whole, whatever its framing and the pieces it comes in") {
    const OpenDoor door;
    struct {
        const char* what;
        std::vector<std::string> pieces;
    } const rows[] = {
        {"length, at once", {"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 6\r\n\r\nabcdef"}},
        {"length, behind the head",
         {"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 6\r\n\r\n", "abc", "def"}},
        {"chunks",
         {"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n",
          "2\r\nab\r\n4;ext=1\r\ncdef\r\n0\r\n\r\n"}},
        {"chunks cut anywhere",
         {"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r", "\n0", "2\r", "\nab\r",
          "\n4\r\ncd", "ef", "\r\n0\r\n\r", "\n"}},
    };
    for (const auto& [what, pieces] : rows) SUBCASE(what) {
            RawCaller caller(door.port());
            for (const auto& piece : pieces) caller.send(piece);
            CHECK(contains(caller.read_to_end(), "\r\n\r\nPOST /\nabcdef"));
        }
}

TEST_CASE("HEAD is answered with the length of the body and without the body") {
    const OpenDoor door;
    const auto answer = answer_to(door, "HEAD /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(contains(answer, "Content-Length: 11\r\n"));
    CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("an HTTP/1.0 caller is answered without chunks and its connection is closed") {
    auto stream = [](channel::Exchange& exchange) -> boost::asio::awaitable<void> {
        const message::Fields none;
        static_cast<void>((co_await exchange.begin(200, "OK", none, channel::Exchange::Streaming{})).has_value());
        static_cast<void>((co_await exchange.write("piece")).has_value());
        static_cast<void>((co_await exchange.finish()).has_value());
    };
    const OpenDoor door(stream);
    const auto answer = answer_to(door, "GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
    CHECK(answer.ends_with("Connection: close\r\n\r\npiece"));
    CHECK_FALSE(contains(answer, "chunked"));
}

TEST_CASE("100 Continue is sent once, when the route asks for the body") {
    const OpenDoor door;
    RawCaller caller(door.port());
    caller.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 4\r\n\r\n");
    CHECK(caller.read_to("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    caller.send("body");
    const auto answer = caller.read_to_end();
    CHECK(count_of(answer, "100 Continue") == 1);
    CHECK(contains(answer, "POST /\nbody"));
}

TEST_CASE("a caller that waits for 100 Continue and is refused gets the answer alone, and the connection ends") {
    auto refuse = [](channel::Exchange& exchange) -> boost::asio::awaitable<void> {
        const message::Fields none;
        static_cast<void>((co_await exchange.respond(403, "Forbidden", none, "no")).has_value());
    };
    const OpenDoor door(refuse);
    const auto answer =
        answer_to(door, "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    CHECK(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"));
    CHECK(contains(answer, "Connection: close"));
}

TEST_CASE("field names of a route keep their spelling, and framing fields of a route are not written") {
    auto route = [](channel::Exchange& exchange) -> boost::asio::awaitable<void> {
        const message::Fields fields{{"x-hash-algorithm", "SHA-512"},
                                     {"X-Odd", "1"},
                                     {"content-length", "999"},
                                     {"Transfer-Encoding", "chunked"},
                                     {"Connection", "upgrade"}};
        static_cast<void>((co_await exchange.respond(200, "OK", fields, "x")).has_value());
    };
    const OpenDoor door(route);
    const auto answer = answer_to(door, get_and_close);
    CHECK(contains(answer, "\r\nx-hash-algorithm: SHA-512\r\nX-Odd: 1\r\n"));
    CHECK(contains(answer, "Content-Length: 1\r\n"));
    CHECK_FALSE(contains(answer, "999"));
    CHECK_FALSE(contains(answer, "chunked"));
    CHECK_FALSE(contains(answer, "upgrade"));
}

TEST_CASE("a streamed answer is framed as asked") {
    struct Row {
        const char* what;
        channel::Exchange::Streaming how;
        std::string_view framing, body;
    };
    const Row rows[] = {
        {"by its length", {6, false}, "Content-Length: 6\r\nConnection: close\r\n\r\n", "abcdef"},
        {"in chunks",
         {{}, false},
         "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
         "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"},
        {"by the end of the connection", {{}, true}, "Connection: close\r\n\r\n", "abcdef"},
    };
    for (const auto& row : rows) SUBCASE(row.what) {
            auto route = [how = row.how](channel::Exchange& exchange) -> boost::asio::awaitable<void> {
                const message::Fields none;
                static_cast<void>((co_await exchange.begin(200, "OK", none, how)).has_value());
                static_cast<void>((co_await exchange.write("abc")).has_value());
                static_cast<void>((co_await exchange.flush()).has_value());
                static_cast<void>((co_await exchange.write("def")).has_value());
                static_cast<void>((co_await exchange.finish()).has_value());
            };
            const OpenDoor door(route);
            const auto answer = answer_to(door, get_and_close);
            CHECK(contains(answer, row.framing));
            CHECK(answer.ends_with(std::string("\r\n\r\n") + std::string(row.body)));
        }
}

TEST_CASE("a large answer arrives whole in every framing") {
    const std::string large(1'000'003, 'z');
    for (const auto& how :
         {channel::Exchange::Streaming{large.size(), false}, channel::Exchange::Streaming{{}, true}}) {
        auto route = [&large, how](channel::Exchange& exchange) -> boost::asio::awaitable<void> {
            const message::Fields none;
            static_cast<void>((co_await exchange.begin(200, "OK", none, how)).has_value());
            static_cast<void>((co_await exchange.write(OctetsView(large).substr(0, 100))).has_value());
            static_cast<void>((co_await exchange.write(OctetsView(large).substr(100))).has_value());
            static_cast<void>((co_await exchange.finish()).has_value());
        };
        const OpenDoor door(route);
        CHECK(answer_to(door, get_and_close).ends_with("\r\n\r\n" + large));
    }
}

TEST_CASE("a route that does not answer, or throws, is answered for with 500") {
    struct Row {
        const char* what;
        channel::Route route;
    };
    const Row rows[] = {
        {"silent", [](channel::Exchange&) -> boost::asio::awaitable<void> { co_return; }},
        {"throwing",
         [](channel::Exchange&) -> boost::asio::awaitable<void> {
             throw std::runtime_error("a bug");
             co_return;
         }},
    };
    for (const auto& row : rows) SUBCASE(row.what) {
            const OpenDoor door(row.route);
            const auto answer = answer_to(door, get);
            CHECK(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
            CHECK(contains(answer, "Connection: close"));
            CHECK_FALSE(contains(answer, "bug"));
        }
}

TEST_CASE("an answer that stops in the middle does not look like a whole one") {
    auto route = [](channel::Exchange& exchange) -> boost::asio::awaitable<void> {
        const message::Fields none;
        static_cast<void>((co_await exchange.begin(200, "OK", none, channel::Exchange::Streaming{})).has_value());
        static_cast<void>((co_await exchange.write("half")).has_value());
        static_cast<void>((co_await exchange.flush()).has_value());
        throw std::runtime_error("the disk broke");
    };
    const OpenDoor door(route);
    const auto answer = answer_to(door, get);
    CHECK(contains(answer, "4\r\nhalf\r\n"));
    CHECK_FALSE(contains(answer, "0\r\n\r\n"));
}

TEST_CASE("a promised length is kept, or the answer is a fault") {
    std::string told;
    std::latch done(1);
    auto route = [&](channel::Exchange& exchange) -> boost::asio::awaitable<void> {
        const message::Fields none;
        static_cast<void>(
            (co_await exchange.begin(200, "OK", none, channel::Exchange::Streaming{10, false})).has_value());
        static_cast<void>((co_await exchange.write("five!")).has_value());
        auto finished = co_await exchange.finish();
        told = finished ? "kept" : finished.error().detail;
        done.count_down();
    };
    const OpenDoor door(route);
    const auto answer = answer_to(door, get);
    done.wait();
    CHECK(contains(told, "10 octets ends after 5"));
    CHECK_FALSE(contains(answer, "five!five!"));
}

TEST_CASE("an early answer reaches a caller that is still sending, and nothing after it is taken for a request") {
    auto refuse = [](channel::Exchange& exchange) -> boost::asio::awaitable<void> {
        const message::Fields none;
        static_cast<void>((co_await exchange.respond(413, "Content Too Large", none, "too much")).has_value());
    };
    const OpenDoor door(refuse);
    RawCaller caller(door.port());
    caller.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n");
    caller.send(std::string(4'000'000, 'x'));
    caller.send(get);
    caller.end();
    const auto answer = caller.read_to_end();
    CHECK(contains(answer, "too much"));
    CHECK(count_of(answer, "HTTP/1.1") == 1);
    CHECK_FALSE(caller.reset());
}

TEST_CASE("what a route leaves of a small body is skipped and the connection goes on") {
    auto ignore = [](channel::Exchange& exchange) -> boost::asio::awaitable<void> {
        const message::Fields none;
        static_cast<void>((co_await exchange.respond(200, "OK", none, exchange.head().target)).has_value());
    };
    const OpenDoor door(ignore);
    const auto answer =
        answer_to(door, "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345" + std::string(get_and_close));
    CHECK(count_of(answer, "HTTP/1.1 200 OK") == 2);
    CHECK(answer.ends_with("/b"));
}

TEST_CASE("a listener that stops finishes what is in flight, closes what is idle, and takes nobody new") {
    std::latch inside(1), go_on(1);
    auto wait = [&](channel::Exchange& exchange) -> boost::asio::awaitable<void> {
        if (exchange.head().target == "/b") {
            inside.count_down();
            std::function<void()> until_told = [&] { go_on.wait(); };
            co_await channel::on_disk_pool(std::move(until_told));
        }
        const message::Fields none;
        static_cast<void>((co_await exchange.respond(200, "OK", none, "done")).has_value());
    };
    OpenDoor door(wait);
    RawCaller idle(door.port()), busy(door.port());
    idle.send(get);
    idle.read_to("done");
    busy.send("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    inside.wait();
    CHECK(door.listener->in_flight() == 1);

    door.listener->stop_accepting();
    idle.read_to_end();
    CHECK(idle.ended());
    go_on.count_down();
    const auto answer = busy.read_to_end();
    CHECK(contains(answer, "Connection: close\r\n\r\ndone"));
    CHECK_THROWS(RawCaller(door.port()));
}

TEST_CASE("callers above the limits are turned away, and let in again when there is room") {
    channel::ListenerSettings settings;
    settings.connections_per_address = 2;
    const OpenDoor door(tests::echo, settings);
    RawCaller third_one(door.port());
    {
        RawCaller first(door.port());
        third_one.send(get);
        first.send(get);
        third_one.read_to("GET /a\n");
        first.read_to("GET /a\n");
        RawCaller over(door.port());
        over.send(get);
        CHECK(over.read_to_end().empty());
    }
    while (door.listener->connections() > 1) std::this_thread::yield();
    CHECK(contains(answer_to(door, get_and_close), "200 OK"));
}

TEST_CASE("a listener says which address it could not have") {
    channel::Threads threads(1);
    channel::ListenerSettings settings;
    settings.name = "consumer-http";
    struct {
        const char *address, *says;
    } const rows[] = {{"localhost", "numeric"}, {"192.0.2.1", "Cannot assign"}};
    for (const auto& [address, says] : rows) SUBCASE(address) {
            settings.address = address;
            const auto opened = channel::Listener::open(threads, settings, tests::echo);
            REQUIRE_FALSE(opened);
            CHECK(opened.error().code == FaultCode::network_error);
            CHECK(contains(opened.error().detail, address));
            CHECK(contains(opened.error().detail, says));
        }
}
