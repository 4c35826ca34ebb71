// A client is served while it is declared here and registered here: the configuration's word counts from the next
// message on.
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// The configuration without `client` at `server`.
registry::SharedParameters without(World& world, const identity::ClientId& client, const identity::ServerId& server) {
    auto shared = world.shared();
    for (auto& one : shared.servers)
        if (one.id == server) std::erase(one.clients, client);
    return shared;
}

}  // namespace

TEST_CASE("SS-44: a client that the configuration does not list at its server is unknown there until it does") {
    World world;
    REQUIRE(must(world.get()).status == 200);
    const auto lists = [&] { world.set_view(); };

    SUBCASE("on the side of the consumer") {
        world.set_view(without(world, World::client(), world.consumer_server.id));
        const auto refused = must(world.get());
        CHECK(error_code(refused) == "server.clientproxy.unknown_member");
        CHECK_MESSAGE(contains(refused.body, "does not list it"), refused.body);
        lists();
        CHECK(must(world.get()).status == 200);
    }
    SUBCASE("on the side of the provider") {
        // Another server of the provider is listed, so that the question finds a way at all.
        auto shared = without(world, World::owner(), world.provider_server.id);
        auto other = shared.servers.back();
        for (const auto& one : shared.servers)
            if (one.id == world.provider_server.id) other = one;
        other.id.code = "another";
        other.clients = {World::owner()};
        shared.servers.push_back(other);
        world.set_view(shared);
        const auto refused = must(world.get());
        CHECK_MESSAGE(error_code(refused) == "server.serverproxy.service_failed.unknown_member", refused.body);
        lists();
        CHECK(must(world.get()).status == 200);
    }
    SUBCASE("its own member, which is not the subsystem") {
        auto shared = without(world, World::client(), world.consumer_server.id);
        for (auto& one : shared.servers)
            if (one.id == world.consumer_server.id)
                one.clients.push_back(identity::ClientId::of(World::client().member()));
        world.set_view(shared);
        CHECK(error_code(must(world.get())) == "server.clientproxy.unknown_member");
    }
}
