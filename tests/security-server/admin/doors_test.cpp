#include "security-server/admin/doors.hpp"

#include "certs/channel/client.hpp"
#include "security-server/admin/ocsp_port.hpp"
#include "tests/security-server/admin/given_responder.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

channel::ListenerSettings on_loopback(std::string name) {
    channel::ListenerSettings settings;
    settings.name = std::move(name);
    settings.address = "127.0.0.1";
    return settings;
}

/// A door with a route behind it, asked over the network.
struct DoorWorld {
    channel::Threads threads{1};
    std::unique_ptr<channel::Listener> listener;

    explicit DoorWorld(channel::Route route)
        : listener(must(channel::Listener::open(threads, on_loopback("test"), std::move(route)))) {}
    ~DoorWorld() { threads.stop(); }
    channel::FetchAnswer ask(std::string method, const std::string& target) {
        channel::FetchRequest request;
        request.method = std::move(method);
        request.url = must(channel::Url::parse(fmt::format("http://127.0.0.1:{}{}", listener->port(), target)));
        return must(run_on(threads.context(0), channel::fetch(std::move(request))));
    }
};

boost::asio::awaitable<void> say(channel::Exchange& exchange, std::string word) {
    [[maybe_unused]] auto sent = co_await exchange.respond(200, "OK", {}, word);
}
channel::Route saying(std::string word) {
    return [word](channel::Exchange& exchange) { return say(exchange, word); };
}

}  // namespace

TEST_CASE("a request of an information system goes where its path says") {
    const admin::InsideRoutes routes{saying("messages"), saying("documents"), saying("configuration"),
                                     saying("clients")};
    DoorWorld door([&](channel::Exchange& exchange) { return admin::route_inside(exchange, routes); });
    struct {
        const char *method, *target, *where;
    } const rows[] = {
        {"GET", "/r1/TEST/GOV/HOME/people/register/v1", "messages"},
        {"POST", "/r1/TEST/GOV/HOME/people/register", "messages"},
        {"GET", "/asic?queryId=1", "documents"},
        {"GET", "/verificationconf", "configuration"},
        {"GET", "/listClients", "clients"},
        {"GET", "/listClients?xRoadInstance=ZA", "clients"},
        {"POST", "/listClients", "messages"},
        {"GET", "/listClients/", "messages"},
        {"POST", "/asic", "messages"},
        {"GET", "/asic/more", "messages"},
        {"GET", "/R1/TEST/GOV", "messages"},
        {"POST", "/", "messages"},
    };
    for (const auto& [method, target, where] : rows) {
        CAPTURE(target);
        CHECK(door.ask(method, target).body == where);
    }
}

TEST_CASE("MT-60 to MT-63: port 5577 answers GET with one part a certificate, HEAD with 200, and all else with 500") {
    KeyWorld world;
    world.set_up();
    DoorWorld door([&](channel::Exchange& exchange) { return admin::answer_ocsp_request(exchange, *world.keys); });
    const auto one = to_hex(world.signing->sha1()), two = to_hex(world.authentication->sha1());
    for (const auto& [first, second] : {std::pair(one, two), std::pair(two, one)}) {
        const auto answer = door.ask("GET", "/?cert=" + first + "&cert=" + second);
        REQUIRE(answer.status == 200);
        const std::string type(message::field(answer.fields, "Content-Type").value_or(""));
        CHECK(contains(type, "multipart/related; type=\"application/ocsp-response\"; charset=UTF-8; boundary="));
        CHECK(answer.body.starts_with("--"));
        const auto& expected = first == one ? *world.signing : *world.authentication;
        const auto from = answer.body.find("\r\n\r\n") + 4;
        const auto part = answer.body.substr(from, answer.body.find("\r\n--", from) - from);
        CHECK(must(x509::ocsp_matches(part, expected, world.authority.certificate())));
    }
    CHECK(door.ask("HEAD", "/").status == 200);
    CHECK(door.ask("POST", "/?cert=" + one).status == 500);
    const auto unknown = door.ask("GET", "/?cert=" + std::string(40, '0'));
    CHECK(unknown.status == 500);
    CHECK(contains(unknown.body, "neither this server's nor an approved authority's"));
    CHECK(door.ask("GET", "/?cert=" + one + "&cert=" + std::string(40, '0')).status == 500);
}

TEST_CASE("the health endpoint answers 200 when messages can flow, otherwise 503 with the reasons") {
    KeyWorld world;
    world.set_up();
    const auto file = must(admin::read_server_file(
        "[server]\nid = \"TEST/GOV/HOME/ss1\"\n[listen]\ninside = \"127.0.0.1\"\noutside = \"127.0.0.1\"\n",
        world.folder.path()));
    const auto state = must(admin::StateStore::open(world.folder / "server.db", world.server, world.clock));
    const admin::Administered server{file, world.clock, *state, *world.keys, world.view};
    DoorWorld door([&](channel::Exchange& exchange) { return admin::answer_health(exchange, server); });

    const auto well = door.ask("GET", "/");
    CHECK(well.status == 200);
    CHECK(contains(well.body, "\"format\":\"onceway-health/1\""));
    CHECK(contains(well.body, "\"ok\":true"));
    CHECK(door.ask("POST", "/").status == 405);

    world.clock.advance(std::chrono::hours(2));
    const auto ill = door.ask("GET", "/");
    CHECK(ill.status == 503);
    CHECK(contains(ill.body, "no fresh OCSP answer"));
}

TEST_CASE("port 5500 opens once there is a certificate to show, and shows another when it changes") {
    const CertificateAuthority authority;
    std::optional<Identity> shown;
    const auto tls = [&]() -> Result<std::shared_ptr<channel::TlsContext>> {
        if (!shown) return fault(FaultCode::ssl_authentication_failed, "no certificate yet");
        return channel::TlsContext::server({{shown->certificate}, shown->key}, false);
    };
    channel::Threads threads(1);
    {
        admin::PeerDoor door(threads, on_loopback("messages"), saying("hello"), tls);
        const auto closed = door.renew();
        REQUIRE_FALSE(closed);
        CHECK(closed.error().code == FaultCode::ssl_authentication_failed);
        CHECK(door.port() == 0);

        const auto seen = [&] {
            channel::ConnectTo to{"127.0.0.1", door.port(), must(channel::TlsContext::service_client({}, nullptr))};
            const auto connection = must(run_on(threads.context(0), channel::Connection::open(to)));
            return connection->peer_certificates().at(0);
        };
        for (const char* name : {"first", "second"}) {
            shown = authority.issue_tls_server({name});
            must(door.renew());
            CHECK(seen() == shown->certificate);
        }
        door.stop_accepting();
        threads.stop();
    }
}
