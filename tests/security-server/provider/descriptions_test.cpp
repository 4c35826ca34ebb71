#include "security-server/provider/service.hpp"
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

TEST_CASE("at most four descriptions are in memory at once; whoever comes then is told to come again") {
    World world;
    world.answer_with({200, {{"Content-Type", "text/xml"}}, "<definitions/>"});
    const auto house = world.provider_server.house(0, true);
    provider::Services services(house);
    const access::Client owner{.id = World::owner()};
    const access::Service service{
        .code = "getPermit",
        .disabled = {},
        .description = "http://127.0.0.1:" + std::to_string(world.service_door->port()) + "/a.wsdl"};
    std::vector<provider::Services::Description> held;
    for (int i = 0; i < 4; ++i) {
        auto description = run(services.description(service, owner));
        REQUIRE(description);
        CHECK(description->octets == "<definitions/>");
        CHECK(description->type == "text/xml");
        held.push_back(std::move(*description));
    }
    const auto fifth = run(services.description(service, owner));
    REQUIRE_FALSE(fifth);
    CHECK(fifth.error().code == FaultCode::overloaded);
    CHECK(contains(fifth.error().detail, "ask again"));
    held.pop_back();
    CHECK(run(services.description(service, owner)));
}
