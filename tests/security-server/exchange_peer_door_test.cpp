// Port 5500 seen from outside: who gets in, and how answers are framed.
#include "security-server/transport/outgoing.hpp"
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using namespace std::chrono_literals;

namespace {

struct Raw {
    bool connected = false;
    Result<message::ResponseHead> head = fault(FaultCode::network_error, "not asked");
    std::string body;
};

Async<Raw> send_and_read(channel::ConnectTo to, std::string request) {
    Raw raw;
    auto opened = co_await channel::Connection::open(std::move(to));
    if (!opened) co_return raw;
    raw.connected = true;
    auto& connection = **opened;
    auto written = co_await connection.write(request);
    const message::HeadRules rules;
    raw.head = co_await connection.read_head(rules, 5s);
    if (!written || !raw.head) co_return raw;
    for (;;) {
        auto piece = co_await connection.read_body(5s);
        if (!piece || piece->empty()) break;
        raw.body += *piece;
    }
    connection.close();
    co_return raw;
}

/// Sends `request` to the provider's door with `identity`, and reads what comes.
Raw ask(World& world, const channel::TlsIdentity& identity, std::string_view request) {
    auto tls = channel::TlsContext::peer_client(identity);
    REQUIRE(tls);
    channel::ConnectTo to{.host = world.peer_address, .port = world.peer_door->port(), .tls = *tls};
    auto raw = run(send_and_read(std::move(to), std::string(request)));
    REQUIRE(raw);
    return std::move(*raw);
}

}  // namespace

TEST_CASE("only servers that the configuration knows get in") {
    World world;
    const std::string request = "GET / HTTP/1.1\r\nHost: localhost:5500\r\n\r\n";
    auto known = ask(world, world.consumer_server.keys.identity, request);
    REQUIRE(known.head);
    CHECK(known.head->status == 200);

    const auto stranger = world.authority.authentication("stranger");
    auto refused = ask(world, {{stranger.certificate}, stranger.key}, request);
    CHECK((!refused.connected || !refused.head));

    // The registration ends: the door that is open already does not let it in any more.
    auto shared = world.shared();
    shared.servers[0].auth_certificate_hashes.clear();
    world.set_view(shared);
    auto late = ask(world, world.consumer_server.keys.identity, request);
    CHECK((!late.connected || !late.head));
}

TEST_CASE("an early fault is an XML document with status 200, and the connection ends unless connections are kept") {
    for (const bool pooled : {false, true}) {
        CAPTURE(pooled);
        World world({.pooled = pooled});
        auto raw = ask(world, world.consumer_server.keys.identity,
                       "PUT /any/path HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
        REQUIRE(raw.head);
        CHECK(raw.head->status == 200);
        CHECK(message::field(raw.head->fields, "Content-Type").value_or("") == "text/xml;charset=utf-8");
        CHECK(message::field(raw.head->fields, "SOAPAction").value_or("absent") == "");
        CHECK(raw.head->framing.kind == message::Framing::Kind::length);
        CHECK(raw.head->keep_alive == pooled);
        CHECK(contains(raw.body, "<faultcode>server.serverproxy.invalid_http_method</faultcode>"));
    }
}

TEST_CASE("an answer between servers ends with the connection, or is chunked where connections are kept") {
    for (const bool pooled : {false, true}) {
        CAPTURE(pooled);
        World world({.pooled = pooled});
        std::string seen, type;
        message::RequestHead question;
        world.alter_question = [&](Question& q) {
            question = q.head;
            q.head.target = "/any/path";
            for (auto& [name, value] : q.head.fields)
                if (name == "Host") value = "localhost:5500";
            seen = q.body;
        };
        auto answer = world.call("POST", World::target(), {{"Content-Type", "a/b"}}, "body");
        REQUIRE(answer);
        CHECK(answer->status == 200);
        world.alter_question = nullptr;

        // The question as we write it.
        const auto value = [&](std::string_view name) {
            return std::string(message::field(question.fields, name).value_or("(none)"));
        };
        CHECK(question.method == "POST");
        CHECK(question.target == "/");
        CHECK(value("x-hash-algorithm") == "SHA-512");
        CHECK(value("x-proxy-version") == "7.8.0");
        CHECK(value("x-original-content-type") == "a/b");
        CHECK(value("x-road-message-type") == "REST");
        CHECK(value("x-road-request-id").size() == 36);
        CHECK(value("Content-Type").starts_with("multipart/mixed; charset=UTF-8; boundary=xtop"));
        CHECK(question.framing.kind == message::Framing::Kind::chunked);
        CHECK(question.keep_alive == pooled);

        // The same octets again: an answer as it is framed.
        const std::string again =
            "POST / HTTP/1.1\r\nHost: x\r\nx-hash-algorithm: SHA-512\r\nx-road-message-type: REST\r\n"
            "x-road-request-id: " +
            value("x-road-request-id") + "\r\nContent-Type: " + value("Content-Type") +
            "\r\nContent-Length: " + std::to_string(seen.size()) + "\r\n\r\n" + seen;
        auto raw = ask(world, world.consumer_server.keys.identity, again);
        REQUIRE(raw.head);
        CHECK(raw.head->status == 200);
        CHECK(raw.head->framing.kind ==
              (pooled ? message::Framing::Kind::chunked : message::Framing::Kind::until_close));
        CHECK(raw.head->keep_alive == pooled);
        bool exact = false;
        for (const auto& [name, content] : raw.head->fields)
            exact = exact || (name == "x-hash-algorithm" && content == "SHA-512");
        CHECK(exact);
        CHECK(contains(raw.body, "content-type: application/x-road-rest-response\r\n\r\n200\r\nFine\r\n"));
        CHECK(contains(raw.body, "content-type: signature/bdoc-1.0/ts\r\n"));
    }
}
