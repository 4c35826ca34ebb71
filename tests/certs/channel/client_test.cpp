// Our client towards servers that behave and those that do not.
#include "certs/channel/client.hpp"

#include "tests/certs/channel/door.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace onceway;
using namespace std::chrono_literals;
using boost::asio::awaitable;
using channel::Connection;
using tests::contains;
using tests::OpenDoor;

namespace {

/// Accepts connections on a free port and answers each with the next of `answers`, octet for octet, once the caller's
/// head has come.
class ScriptedServer {
public:
    explicit ScriptedServer(std::vector<std::string> answers, bool stay = false) : stay_(stay) {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        if (::bind(socket_, reinterpret_cast<const sockaddr*>(&at), size) != 0 || ::listen(socket_, 8) != 0)
            throw std::runtime_error("no listener for the test");
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size);
        port = ntohs(at.sin_port);
        thread_ = std::thread([this, answers = std::move(answers)] { serve(answers); });
    }
    ~ScriptedServer() {
        ::shutdown(socket_, SHUT_RDWR);
        thread_.join();
        for (const int descriptor : kept_) ::close(descriptor);
        ::close(socket_);
    }
    std::uint16_t port = 0;

private:
    void serve(const std::vector<std::string>& answers) {
        for (const auto& answer : answers) {
            const int caller = ::accept(socket_, nullptr, nullptr);
            if (caller < 0) return;
            char room[4096];
            std::string got;
            while (!contains(got, "\r\n\r\n")) {
                const auto n = ::recv(caller, room, sizeof room, 0);
                if (n <= 0) break;
                got.append(room, static_cast<std::size_t>(n));
            }
            ::send(caller, answer.data(), answer.size(), MSG_NOSIGNAL);
            stay_ ? kept_.push_back(caller) : static_cast<void>(::close(caller));
        }
    }
    int socket_ = -1;
    bool stay_;
    std::vector<int> kept_;
    std::thread thread_;
};

channel::FetchRequest fetch_of(std::uint16_t port, std::string target = "/") {
    channel::FetchRequest request;
    request.url = channel::Url::parse("http://127.0.0.1:" + std::to_string(port) + target).value();
    return request;
}

channel::ConnectTo to(std::uint16_t port) {
    channel::ConnectTo where;
    where.host = "127.0.0.1";
    where.port = port;
    return where;
}

std::string ask(std::string_view target) {
    const message::Fields none;
    return channel::write_request_head("GET", target, "x", none, {});
}

Async<std::string> exchange(Connection& connection, std::string request) {
    const message::HeadRules rules;
    auto written = co_await connection.write(request);
    if (!written) co_return written.error();
    auto head = co_await connection.read_head(rules, 5s);
    if (!head) co_return head.error();
    std::string body;
    for (;;) {
        auto octets = co_await connection.read_body(5s);
        if (!octets) co_return octets.error();
        if (octets->empty()) co_return body;
        body.append(*octets);
    }
}

}  // namespace

TEST_CASE("a fetch brings back status, fields and body") {
    const OpenDoor door;
    auto request = fetch_of(door.port(), "/r?a=b");
    request.method = "POST";
    request.body = "question";
    const auto answer = tests::run(channel::fetch(request));
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(message::field(answer->fields, "content-type") == "text/plain");
    CHECK(answer->body == "POST /r?a=b\nquestion");
}

TEST_CASE("a fetch fails with a fault that says what happened, when") {
    struct {
        const char* what;
        std::string answer;
        FaultCode code;
        std::string_view says;
    } const rows[] = {
        {"nothing is answered", "", FaultCode::network_error, "without an answer"},
        {"the head is cut off", "HTTP/1.1 200 O", FaultCode::io_error, "within a head"},
        {"the answer is no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", FaultCode::http_error, "status line"},
        {"two framings are claimed",
         "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", FaultCode::http_error,
         "together"},
        {"the body ends early", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", FaultCode::io_error,
         "before the body did"},
        {"the chunks end early", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", FaultCode::io_error,
         "before the body did"},
        {"a trailer comes", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n",
         FaultCode::io_error, "trailer"},
        {"the body is longer than asked for", "HTTP/1.1 200 OK\r\n\r\n" + std::string(100, 'x'), FaultCode::too_large,
         "64 octets"},
        {"protocols are switched", "HTTP/1.1 101 Switching Protocols\r\n\r\n", FaultCode::http_error, "switches"},
        {"the head is too long", "HTTP/1.1 200 OK\r\nA: " + std::string(9000, 'x') + "\r\n\r\n", FaultCode::too_large,
         "8192"},
    };
    for (const auto& [what, answer, code, says] : rows) SUBCASE(what) {
            const ScriptedServer server({answer});
            auto request = fetch_of(server.port);
            request.most = 64;
            const auto got = tests::run(channel::fetch(request));
            REQUIRE_FALSE(got);
            CHECK(got.error().code == code);
            CHECK(contains(got.error().detail, says));
        }
}

TEST_CASE("an answer is read to its end in every genuine framing") {
    const std::string answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n3\r\nody\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nbody",
        "HTTP/1.0 200 OK\r\n\r\nbody",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
    };
    for (const auto& answer : answers) {
        const ScriptedServer server({answer});
        const auto got = tests::run(channel::fetch(fetch_of(server.port)));
        REQUIRE(got);
        CHECK(got->body == "body");
    }
}

TEST_CASE("a deadline ends") {
    SUBCASE("the wait for a head") {
        const ScriptedServer server({""}, true);
        auto request = fetch_of(server.port);
        request.total = 50ms;
        const auto got = tests::run(channel::fetch(request));
        REQUIRE_FALSE(got);
        CHECK(got.error().code == FaultCode::timed_out);
    }
    SUBCASE("the wait for a body") {
        const ScriptedServer server({"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbo"}, true);
        auto request = fetch_of(server.port);
        request.total = 50ms;
        const auto got = tests::run(channel::fetch(request));
        REQUIRE_FALSE(got);
        CHECK(got.error().code == FaultCode::timed_out);
    }
}

TEST_CASE("opening a connection says why it failed") {
    struct {
        const char *host, *from;
        FaultCode code;
        std::string_view says;
    } const rows[] = {
        {"127.0.0.1", "", FaultCode::network_error, "refused"},
        {"nowhere.invalid", "", FaultCode::unknown_host, "nowhere.invalid"},
        {"127.0.0.1", "192.0.2.7", FaultCode::network_error, "assign"},
    };
    for (const auto& row : rows) SUBCASE(row.says.data()) {
            std::uint16_t closed;
            {
                const ScriptedServer gone({});
                closed = gone.port;
            }
            auto where = to(closed);
            where.host = row.host;
            where.from = row.from;
            const auto opened = tests::run(Connection::open(where));
            REQUIRE_FALSE(opened);
            CHECK(opened.error().code == row.code);
            CHECK(contains(opened.error().detail, row.says));
        }
}

TEST_CASE("one connection carries exchange after exchange while both sides keep it") {
    const OpenDoor door;
    auto story = [](std::uint16_t port) -> awaitable<void> {
        auto opened = co_await Connection::open(to(port));
        auto& connection = *opened.value();
        CHECK_FALSE(connection.anything_sent());
        for (int i = 0; i < 3; ++i) {
            auto body = co_await exchange(connection, ask("/a"));
            CHECK(body.value() == "GET /a\n");
            CHECK(connection.anything_sent());
            REQUIRE(connection.reusable());
            connection.next();
            CHECK_FALSE(connection.anything_sent());
            CHECK(connection.still_open());
        }
    };
    tests::run(story(door.port()));
}

TEST_CASE("a connection is not used again after an answer that") {
    struct {
        const char* what;
        std::string answer;
    } const rows[] = {
        {"says close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
        {"ends with the connection", "HTTP/1.1 200 OK\r\n\r\nbody"},
        {"is followed by more octets", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"},
    };
    for (const auto& row : rows) SUBCASE(row.what) {
            const ScriptedServer server({row.answer});
            auto story = [](std::uint16_t port) -> awaitable<void> {
                auto opened = co_await Connection::open(to(port));
                auto body = co_await exchange(**opened, ask("/"));
                CHECK(body);
                CHECK_FALSE((*opened)->reusable());
            };
            tests::run(story(server.port));
        }
}

TEST_CASE("a kept connection that the other side closed is seen before it is used") {
    const ScriptedServer server({"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"});
    auto story = [](std::uint16_t port) -> awaitable<void> {
        auto opened = co_await Connection::open(to(port));
        auto body = co_await exchange(**opened, ask("/"));
        CHECK(body);
        (*opened)->next();
        while ((*opened)->still_open()) std::this_thread::yield();
    };
    tests::run(story(server.port));
    CHECK(true);
}

TEST_CASE("eight mebibytes go out in chunks and come back by length, unchanged") {
    const OpenDoor door;
    auto story = [](std::uint16_t port) -> awaitable<void> {
        auto opened = co_await Connection::open(to(port));
        auto& connection = *opened.value();
        const message::Fields none;
        const std::string piece(64 * 1024, 'p');
        auto written = co_await connection.write(
            channel::write_request_head("POST", "/", "x", none, {message::Framing::Kind::chunked, 0}));
        CHECK(written);
        // Both directions at once would need two coroutines; the echo gathers the body before it answers.
        const auto chunk = channel::write_chunk(piece);
        for (int i = 0; i < 128; ++i) {
            auto sent = co_await connection.write(chunk);
            REQUIRE(sent);
        }
        auto body = co_await exchange(connection, channel::write_chunk({}));
        REQUIRE(body);
        CHECK(body->size() == 7 + 8 * 1024 * 1024);
        CHECK(body->find_first_not_of('p', 7) == std::string::npos);
    };
    tests::run(story(door.port()));
}

TEST_CASE("a request head is never written with a line end inside a value") {
    const message::Fields injected{{"X-A", "b\r\nX-Road-Client: other"}};
    CHECK_THROWS(channel::write_request_head("GET", "/", "x", injected, {}));
    const message::Fields none;
    CHECK_THROWS(channel::write_request_head("GET", "/a HTTP/1.1\r\nX: y", "x", none, {}));
    CHECK_THROWS(channel::write_request_head("GET", "/", "x\r\nA: b", none, {}));
    CHECK(channel::write_request_head("GET", "/a", "x", none, {}) == "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
}
