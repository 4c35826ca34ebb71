// Information systems that refuse, hang, lie or speak nonsense, and what their callers get to hear.
#include "tests/security-server/exchange_world.hpp"
#include "tests/security-server/raw_service.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

void expect_late_fault(World& world, std::string_view code) {
    std::string multipart, type;
    world.alter_reply = [&](Reply& reply) {
        multipart = reply.body;
        type = message::field(reply.fields, "Content-Type").value_or("");
        CHECK(message::field(reply.fields, "x-hash-algorithm").value_or("") == "SHA-512");
    };
    auto answer = world.get();
    REQUIRE(answer);
    CHECK(answer->status == 500);
    CHECK(error_code(*answer) == "server.serverproxy." + std::string(code));
    // A late fault: the one part of a multipart, without a signature.
    CHECK(type.starts_with("multipart/mixed; charset=UTF-8; boundary="));
    CHECK(contains(multipart, "content-type: text/xml; charset=UTF-8\r\n\r\n<?xml"));
    CHECK_FALSE(contains(multipart, "signature/bdoc-1.0/ts"));
    // The question is recorded on both sides, an answer on neither.
    CHECK(world.provider_server.records() == 1);
    CHECK(world.consumer_server.records() == 1);
}

}  // namespace

TEST_CASE("a service that does not answer properly becomes a late fault, when it") {
    struct {
        const char* what;
        std::string octets;
        bool hang;
        std::string_view code;
    } const rows[] = {
        {"closes without a word", "", false, "network_error"},
        {"speaks nonsense", "hello\r\n\r\n", false, "http_error"},
        {"closes inside its head", "HTTP/1.1 200 OK\r\nA: b\r\n", false, "io_error"},
        {"closes before its body ends", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", false, "io_error"},
        {"names two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", false,
         "http_error"},
        {"breaks its chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false, "io_error"},
        {"has a head without end", "HTTP/1.1 200 OK\r\nA: " + std::string(20'000, 'b'), true, "too_large"},
        {"hangs before its head", "", true, "io_error"},
        {"hangs inside its body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", true, "io_error"},
    };
    for (const auto& [what, octets, hang, code] : rows) SUBCASE(what) {
            RawService service(octets, hang);
            World world;
            world.change_owner([&](access::Client& owner) {
                owner.services.front().url = service.url();
                owner.services.front().timeout = std::chrono::milliseconds(300);
            });
            expect_late_fault(world, code);
            CHECK(service.requests() == 1);  // nothing is repeated
        }
}

TEST_CASE("an address that leads nowhere becomes a late fault, when it") {
    struct {
        const char* what;
        std::string url;
        std::string_view code;
    } const rows[] = {
        {"is not set", "", "service_missing_url"},
        {"is no address", "not an address", "service_malformed_url"},
        {"is of another scheme", "ftp://127.0.0.1/", "service_malformed_url"},
        {"holds a query", "http://127.0.0.1:1/?a=b", "service_malformed_url"},
        {"is where nobody listens", "http://127.0.0.1:1/", "network_error"},
    };
    for (const auto& [what, url, code] : rows) SUBCASE(what) {
            World world;
            world.change_owner([&](access::Client& owner) { owner.services.front().url = url; });
            expect_late_fault(world, code);
        }
}

TEST_CASE("a redirect is passed on and not followed") {
    World world;
    world.answer_with({302, {{"Location", "http://127.0.0.1:1/elsewhere"}}, ""});
    auto answer = world.get();
    REQUIRE(answer);
    CHECK(answer->status == 302);
    CHECK(world.seen_by_service().size() == 1);
}

TEST_CASE("a service over TLS is known by its registered certificate alone") {
    World world;
    const auto own = world.authority.authentication("service"), other = world.authority.authentication("other");
    const channel::TlsIdentity identity{{own.certificate}, own.key};
    auto tls = channel::TlsContext::server(identity, false);
    REQUIRE(tls);
    const auto route = [&world](channel::Exchange& exchange) { return world.serve(exchange); };
    auto door =
        channel::Listener::open(world.threads, {.name = "tls-service", .address = "127.0.0.1", .tls = *tls}, route);
    REQUIRE(door);
    const std::string url = "https://127.0.0.1:" + std::to_string((*door)->port()) + "/api/";
    const auto with = [&](std::vector<x509::Certificate> registered, bool verify) {
        world.change_owner([&](access::Client& owner) {
            owner.services.front().url = url;
            owner.services.front().verify_certificate = verify;
            owner.certificates = registered;
        });
        auto answer = world.get("/v1?x=1");
        REQUIRE(answer);
        return *answer;
    };
    CHECK(with({own.certificate}, true).status == 200);
    CHECK(world.seen_by_service().back().head.target == "/api/v1?x=1");
    CHECK(with({other.certificate, own.certificate}, true).status == 200);
    CHECK(with({other.certificate}, false).status == 200);
    const auto seen = world.seen_by_service().size();
    CHECK(error_code(with({other.certificate}, true)) == "server.serverproxy.ssl_authentication_failed");
    const auto none = with({}, true);
    CHECK(error_code(none) == "server.serverproxy.ssl_authentication_failed");
    CHECK(contains(none.body, "no registered certificate"));
    CHECK(world.seen_by_service().size() == seen);
    door->reset();
}

TEST_CASE("a service that refuses a large body and closes is heard") {
    RawService service("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
    World world;
    world.change_owner([&](access::Client& owner) { owner.services.front().url = service.url(); });
    auto answer = world.call("POST", World::target(), {}, std::string(100, 'x'));
    REQUIRE(answer);
    CHECK(answer->status == 413);
    CHECK(answer->body == "big");
}
