// Threat row 19: which addresses a service may have is the operator's to say, and judged where the call is made.
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// Another provider in the same place, which may call what `allow` and `deny` leave.
void permit(World& world, const std::vector<std::string>& allow, const std::vector<std::string>& deny) {
    auto house = world.provider_server.house(0, false);
    house.service_addresses = must(channel::AddressPolicy::of(allow, deny));
    world.provider.emplace(house);
}

std::string refusal(World& world) {
    const auto answer = must(world.get());
    CHECK(error_code(answer) == "server.serverproxy.network_error");
    CHECK(world.seen_by_service().empty());
    return answer.body;
}

}  // namespace

TEST_CASE("a service at an address that may not be called is refused without a connection") {
    World world;
    SUBCASE("where a cloud keeps its metadata, whatever the operator declares") {
        world.change_owner(
            [](access::Client& owner) { owner.services.front().url = "http://169.254.169.254/latest/meta-data/"; });
        CHECK(contains(refusal(world), "may not be called"));
    }
    SUBCASE("in a network that the operator denies") {
        permit(world, {}, {"127.0.0.0/8"});
        CHECK(contains(refusal(world), "'deny' of [services]"));
    }
    SUBCASE("outside the networks that the operator allows") {
        permit(world, {"10.0.0.0/8"}, {});
        CHECK(contains(refusal(world), "'allow' of [services]"));
    }
    SUBCASE("by a name that leads there") {
        permit(world, {}, {"127.0.0.0/8", "::1"});
        world.change_owner([](access::Client& owner) {
            auto& url = owner.services.front().url;
            url.replace(url.find("127.0.0.1"), 9, "localhost");
        });
        CHECK(contains(refusal(world), "may not be called"));
    }
}

TEST_CASE("a service within the networks that the operator allows is called") {
    World world;
    permit(world, {"127.0.0.0/8"}, {"127.0.0.2"});
    CHECK(must(world.get()).status == 200);
}
