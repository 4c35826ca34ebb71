#include "security-server/consumer/routes.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using consumer::addresses_of;

namespace {

const identity::ClientId provider{"ZA", "GOV", "202", "roads"};

registry::SecurityServer server(std::string code, std::string address, bool serves = true) {
    registry::SecurityServer server;
    server.id = {{"ZA", "GOV", "303"}, std::move(code)};
    server.address = std::move(address);
    if (serves) server.clients = {provider};
    return server;
}

std::shared_ptr<const x509::Trust> trust(std::vector<registry::SecurityServer> servers) {
    registry::SharedParameters shared;
    shared.instance = "ZA";
    shared.servers = std::move(servers);
    return x509::Trust::build("ZA", {shared});
}
identity::ServerId named(std::string code) { return {{"ZA", "GOV", "303"}, std::move(code)}; }

}  // namespace

TEST_CASE("the addresses of all servers that serve the provider are found, each once") {
    const auto found = addresses_of(
        provider, {}, *trust({server("a", "one"), server("x", "no", false), server("b", "two"), server("c", "one")}));
    REQUIRE(found);
    CHECK(*found == std::vector<std::string>{"one", "two"});
}

TEST_CASE("an owner is served by its own server") {
    const auto owner = identity::ClientId::of({"ZA", "GOV", "303"});
    const auto found = addresses_of(owner, {}, *trust({server("a", "one", false)}));
    REQUIRE(found);
    CHECK(found->size() == 1);
}

TEST_CASE("a server that is named is the only one") {
    const auto found = addresses_of(provider, named("b"), *trust({server("a", "one"), server("b", "two")}));
    REQUIRE(found);
    CHECK(*found == std::vector<std::string>{"two"});
}

TEST_CASE("servers in maintenance are left out") {
    auto resting = server("a", "one");
    resting.maintenance = "back at noon";
    const auto found = addresses_of(provider, {}, *trust({resting, server("b", "two")}));
    REQUIRE(found);
    CHECK(*found == std::vector<std::string>{"two"});
}

TEST_CASE("a provider cannot be reached, and the code says why, when") {
    auto resting = server("a", "one");
    resting.maintenance = "back at noon";
    struct {
        const char* what;
        std::vector<registry::SecurityServer> servers;
        std::optional<identity::ServerId> wanted;
        FaultCode code;
        std::string_view says;
    } const rows[] = {
        {"nobody serves it", {server("a", "one", false)}, {}, FaultCode::unknown_member, "SUBSYSTEM:ZA/GOV/202/roads"},
        {"its server has no address", {server("a", "")}, {}, FaultCode::unknown_member, "no security server"},
        {"the server named does not exist", {server("a", "one")}, named("z"), FaultCode::invalid_security_server, "z"},
        {"the server named differs in case", {server("a", "one")}, named("A"), FaultCode::invalid_security_server, "A"},
        {"the server named does not serve it",
         {server("a", "one"), server("b", "two", false)},
         named("b"),
         FaultCode::invalid_security_server,
         "does not serve"},
        {"all its servers are in maintenance", {resting}, {}, FaultCode::maintenance_mode, "back at noon"},
        {"the server named is in maintenance",
         {resting, server("b", "two")},
         named("a"),
         FaultCode::maintenance_mode,
         "noon"},
    };
    for (const auto& [what, servers, wanted, code, says] : rows) SUBCASE(what) {
            const auto refused = addresses_of(provider, wanted, *trust(servers));
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == code);
            CHECK(tests::contains(refused.error().detail, says));
        }
}
