#include "security-server/admin/health.hpp"

#include "security-server/transport/errand.hpp"
#include "tests/security-server/admin/given_responder.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <algorithm>

using namespace onceway;
using namespace onceway::tests;
namespace json = boost::json;

namespace {

/// A server's keys, and gauges that a test turns.
struct HealthWorld : KeyWorld {
    admin::ServerFile file = must(admin::read_server_file(
        "[server]\nid = \"TEST/GOV/HOME/ss1\"\n[listen]\ninside = \"127.0.0.1\"\noutside = \"127.0.0.1\"\n",
        folder.path()));
    std::unique_ptr<admin::StateStore> state = must(admin::StateStore::open(folder / "server.db", server, clock));
    std::vector<admin::DoorGauge> doors{{"consumer-http", "127.0.0.1", 8080, 3, 1},
                                        {"messages", "127.0.0.1", 5500, 2, 2}};
    std::size_t signatures = 0;
    admin::WorkGauge work{1, 2, 640, 0, 1'000, 64'000'000};
    std::optional<x509::Certificate> internal;
    std::vector<admin::ClockOffset> clocks;
    admin::Gauges gauges;

    HealthWorld() {
        set_up();
        gauges.since = clock.now();
        gauges.doors = [this] { return doors; };
        gauges.signatures_waiting = [this] { return signatures; };
        gauges.work = [this] { return work; };
        gauges.internal_certificate = [this] { return internal; };
        gauges.clocks = [this] { return clocks; };
    }
    admin::Administered administered() {
        admin::Administered all{file, clock, *state, *keys, view};
        all.gauges = &gauges;
        return all;
    }
    json::object health() { return admin::health_of(administered()); }
};

std::vector<std::string> codes(const json::object& health, std::string_view list) {
    std::vector<std::string> all;
    for (const auto& reason : health.at(list).as_array()) {
        CHECK_FALSE(reason.as_object().at("text").as_string().empty());
        all.emplace_back(reason.as_object().at("code").as_string());
    }
    return all;
}
using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("a server that is well says so in one word, and counts its doors, queues, memory and disk") {
    HealthWorld world;
    world.signatures = 7;
    world.clock.advance(std::chrono::seconds(90));
    const auto health = world.health();
    CHECK(health.at("format") == "onceway-health/1");
    CHECK(health.at("verdict") == "ok");
    CHECK(health.at("ok") == true);
    const auto& queues = health.at("queues").as_object();
    CHECK(queues.at("signatures").to_number<int>() == 7);
    CHECK(queues.at("connections").to_number<int>() == 5);
    CHECK(queues.at("exchanges").to_number<int>() == 3);
    CHECK(queues.at("work").at("answering").to_number<int>() == 2);
    CHECK(queues.at("work").at("most").to_number<int>() == 640);
    CHECK(queues.at("doors").at(1).at("name") == "messages");
    CHECK(queues.at("doors").at(1).at("port").to_number<int>() == 5500);
    CHECK(health.at("process").at("up_s").to_number<int>() == 90);
    CHECK(health.at("process").at("memory_octets").to_number<std::int64_t>() > 1'000'000);
    CHECK(health.at("disk").at("free_octets").to_number<std::int64_t>() > 0);
    for (const auto& certificate : health.at("keys").at("certificates").as_array())
        CHECK(certificate.at("ocsp_next_s").to_number<int>() == 1'110);
}

TEST_CASE("what stops messages is a trouble, what will stop them a warning, each under a code that does not change") {
    HealthWorld world;
    SUBCASE("nobody can reach port 5500") {
        world.doors.pop_back();
        CHECK(codes(world.health(), "troubles") == Codes{"peer_door_closed"});
        CHECK(world.health().at("verdict") == "trouble");
    }
    SUBCASE("the registry has withdrawn the authentication certificate") {
        world.shared.servers.clear();
        world.publish();
        CHECK(codes(world.health(), "troubles") == Codes{"certificate_not_registered"});
    }
    SUBCASE("a certificate is revoked") {
        world.responder.status = x509::Revocation::revoked;
        world.fetch(std::chrono::seconds(0));
        world.clock.advance(std::chrono::minutes(30));
        world.fetch(std::chrono::seconds(1));
        CHECK(codes(world.health(), "troubles") == Codes{"no_usable_certificate"});
        CHECK(contains(json::serialize(world.health().at("troubles")), "revoked"));
    }
    SUBCASE("a responder fails while its last answers are fresh") {
        world.responder.silent = true;
        world.clock.advance(std::chrono::minutes(30));
        world.fetch(std::chrono::seconds(1'200));
        CHECK(world.health().at("ok") == true);
        CHECK(world.health().at("verdict") == "warning");
        CHECK(codes(world.health(), "warnings") == Codes{"ocsp_failing", "ocsp_failing"});
        world.responder.silent = false;
        world.fetch(std::chrono::seconds(1'200));
        CHECK(world.health().at("verdict") == "ok");
    }
    SUBCASE("more wait for a signature than a machine in order lets wait") {
        world.signatures = 1'001;
        CHECK(codes(world.health(), "warnings") == Codes{"queue_long"});
    }
    SUBCASE("nearly as many exchanges are in flight as may be") {
        world.work.answering = 576;
        CHECK(world.health().at("verdict") == "ok");
        world.work.answering = 577;
        CHECK(codes(world.health(), "warnings") == Codes{"work_at_limit"});
        world.work.answering = 0;
        world.work.body_octets = 60'000'000;
        CHECK(codes(world.health(), "warnings") == Codes{"work_at_limit"});
    }
    SUBCASE("the certificate towards information systems ends soon") {
        world.internal = world.authentication;  // a hundred days
        CHECK(world.health().at("verdict") == "ok");
        CHECK(world.health().at("keys").at("internal_tls").at("days_left").to_number<int>() == 100);
        world.clock.advance(std::chrono::hours(24 * 75));
        world.fetch();
        const auto warned = codes(world.health(), "warnings");
        CHECK(std::ranges::count(warned, "internal_certificate_ends_soon") == 1);
        CHECK(std::ranges::count(warned, "certificate_ends_soon") == 2);
    }
    SUBCASE("the clock is apart from those of two others, and not of one alone") {
        using std::chrono::milliseconds;
        world.clocks = {{"registry:80", milliseconds(9'000), milliseconds(500)},
                        {"ocsp:80", milliseconds(8'000), milliseconds(500)},
                        {"tsa:80", milliseconds(0), milliseconds(500)}};
        CHECK(codes(world.health(), "warnings") == Codes{"clock_apart"});
        CHECK(world.health().at("clock").at("offset_ms").to_number<int>() == 8'000);
        world.clocks[0].offset = milliseconds(0);
        CHECK(world.health().at("verdict") == "ok");
    }
    SUBCASE("the configuration has expired to the millisecond") {
        world.clock.set(world.view.current()->expires);
        CHECK(world.health().at("configuration").at("valid") == true);
        world.clock.advance(std::chrono::milliseconds(1));
        CHECK(world.health().at("configuration").at("valid") == false);
        CHECK(codes(world.health(), "troubles").front() == "configuration_expired");
    }
}

TEST_CASE("the last refusals are counted by code; who asked whom is for the operator's status only") {
    HealthWorld world;
    log::set_up(log::Level::error, log::Format::text);
    transport::Errand errand(transport::Errand::Side::provider, world.clock);
    errand.client = identity::ClientId{"TEST", "GOV", "EDUCATION", "admission"};
    errand.service = identity::ServiceId{{"TEST", "GOV", "HOME", "people"}, "getPermit", "v 1"};
    errand.message_id = "health-test";
    const auto before = world.health().at("refusals").at("since_start").to_number<int>();
    transport::log_refused(errand, {"server.serverproxy.health_test", "not\xff granted", {}, {}});
    const auto health = world.health();
    const auto& refusals = health.at("refusals").as_object();
    CHECK(refusals.at("since_start").to_number<int>() == before + 1);
    CHECK(refusals.at("last_hour_by_code").at("server.serverproxy.health_test").to_number<int>() >= 1);
    const auto& last = refusals.at("last").at(0).as_object();
    CHECK(last.at("code") == "server.serverproxy.health_test");
    CHECK(last.at("side") == "provider");
    CHECK_FALSE(contains(json::serialize(health), "EDUCATION"));

    const auto named = admin::last_refusals(world.administered(), 1, true);
    CHECK(named.at(0).at("client") == "TEST/GOV/EDUCATION/admission");
    CHECK(named.at(0).at("service") == "TEST/GOV/HOME/people/getPermit/v%201");
    CHECK(named.at(0).at("message_id") == "health-test");
    CHECK(named.at(0).at("reason") == "not? granted");
}

TEST_CASE("SS-44: each client's standing follows the configuration, and one that is refused is a warning") {
    HealthWorld world;
    access::State state;
    for (const char* subsystem : {"people", "passports"}) {
        access::Client client;
        client.id = {"TEST", "GOV", "HOME", subsystem};
        state.clients.push_back(client);
    }
    must(world.state->apply(state, 0));
    const auto list = [&](std::vector<identity::ClientId> clients) {
        for (auto& one : world.shared.servers)
            if (one.id == world.server) one.clients = std::move(clients);
        world.publish();
    };
    const auto standing = [&](std::size_t which) {
        return world.health().at("state").at("client_standing").at(which).as_object();
    };
    const auto warned = [&] {
        const auto all = codes(world.health(), "warnings");
        return std::ranges::count(all, "client_not_registered");
    };
    list({state.clients[0].id});
    CHECK(standing(0).at("client") == "TEST/GOV/HOME/people");
    CHECK(standing(0).at("connection") == "http");
    CHECK(standing(0).at("registered") == true);
    CHECK(standing(1).at("registered") == false);
    CHECK(warned() == 1);
    list({state.clients[0].id, state.clients[1].id});
    CHECK(standing(1).at("registered") == true);
    CHECK(warned() == 0);
}

TEST_CASE("a service that is open and has no address is a warning") {
    HealthWorld world;
    access::Client client;
    client.id = {"TEST", "GOV", "HOME", "people"};
    access::Service service;
    service.code = "grant";
    client.services.push_back(service);
    access::State state;
    state.clients = {client};
    must(world.state->apply(state, 0));
    const auto warned = [&] {
        const auto all = codes(world.health(), "warnings");
        return std::ranges::count(all, "service_without_address");
    };
    CHECK(warned() == 1);
    state.clients[0].services[0].disabled = "";
    must(world.state->apply(state, 1));
    CHECK(warned() == 0);
}
