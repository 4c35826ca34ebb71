// A listener towards callers that do not behave. Threat rows 9, 10 and 20.
#include "tests/certs/channel/door.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>

#include <atomic>
#include <future>
#include <thread>

using namespace onceway;
using namespace std::chrono_literals;
using namespace std::string_literals;
using tests::answer_to;
using tests::contains;
using tests::count_of;
using tests::OpenDoor;
using tests::RawCaller;

// Each is followed by a second request, which must not be seen.
TEST_CASE("a head is refused with one answer, the connection ends, and no route sees anything, when it has") {
    std::atomic<int> seen = 0;
    auto count = [&](channel::Exchange& exchange) {
        ++seen;
        return tests::echo(exchange);
    };
    const OpenDoor door(count);
    const std::string long_value(9000, 'v');
    std::string many_fields = "GET / HTTP/1.1\r\nHost: x\r\n";
    for (int i = 0; i < 101; ++i) many_fields += "F" + std::to_string(i) + ": v\r\n";
    struct {
        const char* what;
        std::string head;
        std::string_view status, says;
    } const rows[] = {
        {"a coding and a length", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n",
         "400", "together"},
        {"chunked and a length",
         "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "400", "together"},
        {"two codings", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", "400", "not chunked"},
        {"almost chunked", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", "400", "not chunked"},
        {"chunked with an octet behind", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\xa0\r\n\r\n", "400",
         "ASCII"},
        {"an empty coding", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n\r\n", "400", "not chunked"},
        {"a coding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "400", "HTTP/1.0"},
        {"two lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "400",
         "twice"},
        {"a list of lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello", "400", "digits"},
        {"a signed length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello", "400", "digits"},
        {"no host", "GET / HTTP/1.1\r\n\r\n", "400", "Host is missing"},
        {"two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", "400", "twice"},
        {"an odd host", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", "400", "no name or address"},
        {"a folded field", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", "400", "folded"},
        {"a fragment in the target", "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", "400", "escaped"},
        {"raw UTF-8 in the target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n", "400", "escaped"},
        {"an absolute target", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", "400", "begin with '/'"},
        {"bare line feeds", "GET / HTTP/1.1\nHost: x\n\n", "400", "bare LF"},
        {"a line without colon", "GET / HTTP/1.1\r\nHost x\r\n\r\n", "400", "colon"},
        {"a blank before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "400", "field name"},
        {"a NUL", "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"s, "400", "control"},
        {"an upgrade", "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n", "400", "upgrade"},
        {"an announced trailer", "POST / HTTP/1.1\r\nHost: x\r\nTrailer: A\r\nTransfer-Encoding: chunked\r\n\r\n",
         "400", "trailer"},
        {"an odd expectation", "POST / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 1\r\n\r\nx", "400",
         "100-continue"},
        {"an empty line in front", "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "400", "empty line"},
        {"a TLS greeting", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"s, "400", "request line"},
        {"too many octets", "GET / HTTP/1.1\r\nHost: x\r\nA: " + long_value + "\r\n\r\n", "431", "8192"},
        {"a first line that never ends", "GET /" + std::string(20'000, 'a'), "431", "8192"},
        {"too many fields", many_fields + "\r\n", "431", "100 fields"},
    };
    for (const auto& [what, head, status, says] : rows) SUBCASE(what) {
            seen = 0;
            RawCaller caller(door.port());
            caller.send(head);
            caller.send("GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
            caller.end();
            const auto answer = caller.read_to_end();
            CHECK(answer.starts_with("HTTP/1.1 " + std::string(status)));
            CHECK(contains(answer, "Connection: close"));
            CHECK(contains(answer, says));
            CHECK(count_of(answer, "HTTP/1.1") == 1);
            CHECK(seen == 0);
        }
    CHECK(contains(answer_to(door, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "200 OK"));
}

TEST_CASE("a body is refused by a fault of its reader, and the connection ends, when it") {
    const OpenDoor door;
    const std::string chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    std::string extensions;
    for (int i = 0; i < 30; ++i) extensions += "1;" + std::string(100, 'e') + "\r\nx\r\n";
    struct {
        const char* what;
        std::string octets;
        bool end;
        std::string_view says;
    } const rows[] = {
        {"has a trailer", chunked + "1\r\nx\r\n0\r\nX-Road-Client: a/b/c\r\n\r\n", false, "trailer"},
        {"has a chunk longer than it says", chunked + "1\r\nxy\r\n0\r\n\r\n", false, "longer than its size"},
        {"has a size that is none", chunked + "g\r\nxy\r\n", false, "no size"},
        {"has a size that overflows", chunked + "ffffffffffffffff1\r\nxy\r\n", false, "15 digits"},
        {"has a signed size", chunked + "-1\r\nx\r\n", false, "no size"},
        {"ends its lines in bare line feeds", chunked + "1\nx\n0\n\n", false, "bare LF"},
        {"has too many extension octets", chunked + extensions + "0\r\n\r\n", false, "extensions"},
        {"has a chunk line that does not end", chunked + "1;" + std::string(5000, 'e'), false, "does not end"},
        {"ends early, chunked", chunked + "5\r\nhel", true, "ended before the body"},
        {"ends early, by length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel", true,
         "ended before the body"},
    };
    for (const auto& [what, octets, end, says] : rows) SUBCASE(what) {
            RawCaller caller(door.port());
            caller.send(octets);
            if (end)
                caller.end();
            else
                caller.send("GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
            const auto answer = caller.read_to("\r\n\r\n");
            caller.end();
            const auto whole = caller.read_to_end();
            CHECK(whole.starts_with("HTTP/1.1 400"));
            CHECK(contains(whole, "io_error: "));
            CHECK(contains(whole, says));
            CHECK(contains(whole, "Connection: close"));
            CHECK(count_of(whole, "HTTP/1.1") == 1);
        }
}

TEST_CASE("a body that ended early is not waited for a second time") {
    auto twice = [](channel::Exchange& exchange) -> boost::asio::awaitable<void> {
        for (bool more = true; more;) {
            auto octets = co_await exchange.read_body();
            more = octets && !octets->empty();
        }
        auto drained = co_await exchange.drain(1000);
        const std::string why = drained ? std::string() : drained.error().detail;
        const message::Fields none;
        auto responded = co_await exchange.respond(400, "Bad Request", none, why);
        static_cast<void>(responded.has_value());
    };
    const OpenDoor door(twice);
    RawCaller caller(door.port());
    caller.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel");
    caller.end();
    CHECK(contains(caller.read_to_end(), "ended before the body"));
}

TEST_CASE("a caller that is too slow is let go, with an answer when it had begun to ask") {
    channel::Deadlines deadlines;
    SUBCASE("it says nothing at all") {
        deadlines.head = 50ms;
        const OpenDoor door(tests::echo, tests::with_deadlines(deadlines));
        RawCaller caller(door.port());
        CHECK(caller.read_to_end().empty());
    }
    SUBCASE("it stops within a head") {
        deadlines.head = 50ms;
        deadlines.linger = 50ms;
        const OpenDoor door(tests::echo, tests::with_deadlines(deadlines));
        const auto answer = answer_to(door, "GET / HTTP/1.1\r\nHost:");
        CHECK(answer.starts_with("HTTP/1.1 408 Request Timeout"));
    }
    SUBCASE("it stays idle after an answer") {
        deadlines.idle = 50ms;
        const OpenDoor door(tests::echo, tests::with_deadlines(deadlines));
        const auto answer = answer_to(door, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(count_of(answer, "HTTP/1.1") == 1);
        CHECK(contains(answer, "200 OK"));
    }
    SUBCASE("it stops within a body") {
        deadlines.between = 50ms;
        deadlines.linger = 50ms;
        const OpenDoor door(tests::echo, tests::with_deadlines(deadlines));
        const auto answer = answer_to(door, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf");
        CHECK(contains(answer, "timed_out"));
    }
    SUBCASE("it never ends a handshake") {
        deadlines.handshake = 50ms;
        auto settings = tests::with_deadlines(deadlines);
        const tests::CertificateAuthority authority;
        const auto own = authority.issue_tls_server({"127.0.0.1"});
        settings.tls = tests::must(channel::TlsContext::server({{own.certificate}, own.key}, false));
        const OpenDoor door(tests::echo, settings);
        RawCaller caller(door.port());
        caller.send("\x16\x03\x01");
        CHECK(caller.read_to_end().empty());
    }
}

TEST_CASE("a body that dribbles keeps each deadline and is let go by its rate") {
    channel::Deadlines deadlines;
    deadlines.between = 100ms;
    deadlines.octets_per_second = 100'000;
    deadlines.linger = 50ms;
    const OpenDoor door(tests::echo, tests::with_deadlines(deadlines));
    RawCaller caller(door.port());
    caller.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n");
    std::jthread dribble([&](std::stop_token stop) {
        while (!stop.stop_requested()) {
            caller.send("x");
            std::this_thread::sleep_for(10ms);
        }
    });
    CHECK(contains(caller.read_to("rate"), "timed_out: The body comes more slowly than the least rate"));
}

TEST_CASE("a caller that does not read its answer is let go, and gets no other") {
    channel::Deadlines deadlines;
    deadlines.between = 50ms;
    const std::string large(64 * 1024 * 1024, 'z');
    std::promise<std::string> told;
    auto route = [&](channel::Exchange& exchange) -> boost::asio::awaitable<void> {
        const message::Fields none;
        auto responded = co_await exchange.respond(200, "OK", none, large);
        told.set_value(responded ? "sent" : std::string(spelling(responded.error().code)));
    };
    const OpenDoor door(route, tests::with_deadlines(deadlines));
    RawCaller caller(door.port());
    caller.send("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(told.get_future().get() == "timed_out");
    // Reading on after all, it finds an answer that breaks off, and no other behind it.
    const auto got = caller.read_to_end();
    CHECK(got.size() < large.size());
    CHECK(count_of(got, "HTTP/1.1") == 1);
    CHECK(caller.reset());
}

TEST_CASE("a caller above its limit is sent away at once, again and again, and keeps nobody else out") {
    channel::ListenerSettings settings;
    settings.connections_per_address = 5;
    const OpenDoor door(tests::echo, settings);
    std::atomic<int> sent_away = 0, tried = 0;
    std::jthread flood([&](std::stop_token stop) {
        std::vector<std::unique_ptr<RawCaller>> kept;
        while (kept.size() < 5) kept.push_back(std::make_unique<RawCaller>(door.port(), "127.0.0.2"));
        while (!stop.stop_requested()) {
            RawCaller another(door.port(), "127.0.0.2");
            ++tried;
            another.read_to_end();
            ++sent_away;
        }
    });
    while (sent_away == 0) std::this_thread::yield();
    for (int i = 0; i < 50; ++i)
        CHECK(contains(answer_to(door, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "200 OK"));
    flood.request_stop();
    flood.join();
    CHECK(sent_away == tried);
}

namespace {

/// No descriptor above those in use can be had for as long as this lives.
class NoDescriptors {
public:
    NoDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int next = ::dup(0);
        ::close(next);
        const rlimit none{static_cast<rlim_t>(next), before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

}  // namespace

TEST_CASE(
    "without descriptors a caller is sent away instead of waiting, and the next one is served when there are some") {
    const OpenDoor door;
    CHECK(contains(answer_to(door, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "200 OK"));
    while (door.listener->connections() > 0) std::this_thread::yield();
    {
        const int early = ::socket(AF_INET, SOCK_STREAM, 0);
        const NoDescriptors none;
        const sockaddr_in to = tests::loopback(door.port());
        REQUIRE(::connect(early, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
        char octet;
        CHECK(::recv(early, &octet, 1, 0) <= 0);
        ::close(early);
    }
    CHECK(contains(answer_to(door, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "200 OK"));
}
