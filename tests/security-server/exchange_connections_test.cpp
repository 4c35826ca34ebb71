// Connections of information systems: how they must call their own server, and how a server calls them.
#include "tests/security-server/exchange_world.hpp"
#include "tests/security-server/raw_service.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <thread>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// A consumer's server with a second door, over TLS.
struct Caller {
    explicit Caller(World::Wishes wishes = {}) : world(wishes) {
        door = world.open_tls_door({{internal.certificate}, internal.key});
        world.consumer_server.set_internal_tls(internal);
    }
    ~Caller() { door.reset(); }

    void demand(access::ConnectionType type, std::vector<x509::Certificate> registered) {
        access::Client asking{.id = World::client(), .connection = type, .certificates = std::move(registered)};
        world.consumer_server.set_state({.revision = 2, .clients = {asking}});
    }
    /// Calls over HTTP, or over TLS showing nothing or a certificate.
    channel::FetchAnswer call(bool over_tls, const Certified* shows = nullptr) {
        channel::FetchRequest request{.url = {.tls = over_tls,
                                              .host = "127.0.0.1",
                                              .port = over_tls ? door->port() : world.consumer_door->port(),
                                              .target = World::target()},
                                      .fields = {{"X-Road-Client", "ZA/GOV/101/tax"}}};
        if (over_tls) {
            const auto identity =
                shows ? channel::TlsIdentity{{shows->certificate}, shows->key} : channel::TlsIdentity{};
            auto tls = channel::TlsContext::service_client({internal.certificate}, shows ? &identity : nullptr);
            REQUIRE(tls);
            request.tls = *tls;
        }
        auto answer = run(channel::fetch(std::move(request)));
        REQUIRE(answer);
        return *answer;
    }

    World world;
    Certified internal = world.authority.authentication("internal"), system = world.authority.authentication("system"),
              other = world.authority.authentication("other");
    std::unique_ptr<channel::Listener> door;
};

void expect(const channel::FetchAnswer& answer, std::string_view refusal) {
    if (refusal.empty()) {
        CHECK(answer.status == 200);
        return;
    }
    CHECK(answer.status == 500);
    CHECK(error_code(answer) == "server.clientproxy.ssl_authentication_failed");
    CHECK_MESSAGE(contains(answer.body, refusal), answer.body);
}

}  // namespace

TEST_CASE("how an information system must connect is enforced for each client, in all nine combinations and more") {
    Caller caller;
    using enum access::ConnectionType;
    struct {
        const char* what;
        access::ConnectionType demanded;
        bool tls;
        const Certified* shows;
        std::string_view refusal;
    } const rows[] = {
        {"HTTP where HTTP is enough", http, false, nullptr, ""},
        {"HTTPS where HTTP is enough", http, true, nullptr, ""},
        {"HTTPS with a certificate where HTTP is enough", http, true, &caller.other, ""},
        {"HTTP where HTTPS is demanded", https_no_authentication, false, nullptr, "HTTPS only"},
        {"HTTPS where HTTPS is demanded", https_no_authentication, true, nullptr, ""},
        {"HTTPS with any certificate where HTTPS is demanded", https_no_authentication, true, &caller.other, ""},
        {"HTTP where a certificate is demanded", https, false, nullptr, "client certificate"},
        {"no certificate where one is demanded", https, true, nullptr, "client certificate"},
        {"the registered certificate", https, true, &caller.system, ""},
        {"another certificate than the registered one", https, true, &caller.other, "not among them"},
        {"the server's own internal certificate", https, true, &caller.internal, ""},
    };
    for (const auto& [what, demanded, tls, shows, refusal] : rows) {
        CAPTURE(what);
        caller.demand(demanded, {caller.system.certificate});
        expect(caller.call(tls, shows), refusal);
    }
    CHECK(caller.world.consumer_server.records() == 2 * 7);  // what was refused here left nothing
}

TEST_CASE("one of several registered certificates is enough, and one that was taken away is refused at once") {
    Caller caller;
    using enum access::ConnectionType;
    caller.demand(https, {caller.system.certificate, caller.other.certificate});
    expect(caller.call(true, &caller.other), "");
    caller.demand(https, {caller.system.certificate});
    expect(caller.call(true, &caller.other), "not among them");
    expect(caller.call(true, &caller.system), "");
}

TEST_CASE("when the internal certificate is replaced, the former one is no longer the server's own") {
    Caller caller;
    caller.demand(access::ConnectionType::https, {caller.system.certificate});
    expect(caller.call(true, &caller.internal), "");
    caller.world.consumer_server.set_internal_tls(caller.other);
    expect(caller.call(true, &caller.internal), "not among them");
    expect(caller.call(true, &caller.other), "");
}

TEST_CASE("an information system's certificate that has expired counts unless the operator refuses such") {
    for (const bool refused : {false, true}) {
        CAPTURE(refused);
        Caller caller({.enforce_certificate_dates = refused});
        const auto expired = caller.world.authority.authentication("expired", true);
        caller.demand(access::ConnectionType::https, {expired.certificate, caller.system.certificate});
        expect(caller.call(true, &expired), refused ? "valid now" : "");
        expect(caller.call(true, &caller.system), "");
    }
}

namespace {

/// An information system over TLS that asks for a certificate, and notes what it is shown.
struct AskingService {
    AskingService(World& world, const Certified& own) {
        const auto route = [this, &world](channel::Exchange& exchange) -> boost::asio::awaitable<void> {
            note(exchange);
            return world.serve(exchange);
        };
        auto tls = channel::TlsContext::server({{own.certificate}, own.key}, true);
        REQUIRE(tls);
        door =
            must(channel::Listener::open(world.threads, {.name = "asks", .address = "127.0.0.1", .tls = *tls}, route));
        world.change_owner([&](access::Client& owner) {
            owner.services.front().url = "https://127.0.0.1:" + std::to_string(door->port());
            owner.certificates = {own.certificate};
        });
    }
    void note(channel::Exchange& exchange) {
        const std::lock_guard lock(guard);
        const auto& chain = exchange.peer_certificates();
        shown.push_back(chain.empty() ? std::nullopt : std::optional(chain.front()));
    }
    std::optional<x509::Certificate> last_shown() {
        const std::lock_guard lock(guard);
        return shown.back();
    }
    template <class T>
    static T must(Result<T> result) {
        REQUIRE(result);
        return std::move(*result);
    }
    std::mutex guard;
    std::vector<std::optional<x509::Certificate>> shown;
    std::unique_ptr<channel::Listener> door;
};

}  // namespace

TEST_CASE("a service that asks for a certificate is shown the server's internal one, and its successor at once") {
    World world;
    const auto own = world.authority.authentication("service"), internal = world.authority.authentication("internal"),
               renewed = world.authority.authentication("renewed");
    AskingService service(world, own);
    const auto call = [&] {
        auto answer = world.get();
        REQUIRE(answer);
        CHECK(answer->status == 200);
    };
    call();
    CHECK_FALSE(service.last_shown());  // a server without an internal certificate shows none
    world.provider_server.set_internal_tls(internal);
    call();
    CHECK(service.last_shown() == internal.certificate);
    world.provider_server.set_internal_tls(renewed);  // connections with the former one are not used again
    call();
    CHECK(service.last_shown() == renewed.certificate);
    service.door.reset();
}

TEST_CASE("each service has its own time, and no server on the way gives up before") {
    static_assert(access::longest_service_timeout == std::chrono::hours(1));
    RawService slow("", true), quick("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    World world;
    world.change_owner([&](access::Client& owner) {
        owner.services.front().url = slow.url();
        owner.services.front().timeout = std::chrono::milliseconds(200);
        auto other = owner.services.front();
        other.code = "other";
        other.url = quick.url();
        other.timeout = std::chrono::seconds(60);
        owner.services.push_back(other);
        owner.rights.push_back({{.kind = access::Subject::Kind::client, .client = World::client()}, "other"});
    });
    const auto begun = std::chrono::steady_clock::now();
    auto late = world.get();
    const auto took = std::chrono::steady_clock::now() - begun;
    REQUIRE(late);
    CHECK(error_code(*late) == "server.serverproxy.io_error");
    CHECK(contains(late->body, "in time"));
    CHECK(took >= std::chrono::milliseconds(200));
    CHECK(took < std::chrono::seconds(5));
    auto in_time = world.call("GET", "/r1/ZA/GOV/202/roads/other/1");
    REQUIRE(in_time);
    CHECK(in_time->status == 200);
    CHECK(in_time->body == "ok");
}
