// What a member in good standing may try with signatures of its own. Threat rows 7, 14, 21 and 27.
#include "tests/security-server/hostile_member.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

std::string told(const Aim& aim, const std::string& request) {
    auto heard = run(speak(aim, request, false));
    REQUIRE(heard);
    CHECK(heard->closed);
    return heard->octets;
}

Octets replaced(Octets part, std::string_view from, std::string_view to) {
    replace(part, from, to);
    return part;
}

}  // namespace

TEST_CASE("the same signed request a second time is told, and carried out only as long as nobody forbids it") {
    World world({.pooled = true});
    const auto request = signed_request(world, part_for("POST", World::target("/1")), "pay");
    SUBCASE("usually it is told") {
        const auto aim = as_member(world);
        CHECK(contains(told(aim, request), "application/x-road-rest-response"));
        CHECK(contains(told(aim, request), "application/x-road-rest-response"));
        CHECK(world.seen_by_service().size() == 2);
    }
    SUBCASE("where the operator says so it is refused, and recorded as refused") {
        auto house = world.provider_server.house(0, true);
        house.refuse_repetitions = true;
        world.provider.emplace(std::move(house));
        const auto aim = as_member(world);
        CHECK(contains(told(aim, request), "application/x-road-rest-response"));
        for (int i = 0; i < 3; ++i) {
            const auto again = told(aim, request);
            CHECK(contains(again, "<faultcode>server.serverproxy.invalid_request</faultcode>"));
            CHECK(contains(again, "came before"));
        }
        CHECK(world.seen_by_service().size() == 1);
        CHECK(world.provider_server.records() == 5);  // question, answer, three refusals

        // The same question asked anew is another request, whatever its message id.
        const auto anew = signed_request(world, part_for("POST", World::target("/1")), "pay");
        CHECK(contains(told(aim, anew), "application/x-road-rest-response"));
        CHECK(world.seen_by_service().size() == 2);
    }
}

TEST_CASE("an identifier that is more than a name is refused, though it was signed, when it holds") {
    struct {
        const char* what;
        std::string in_service, in_client;
    } const rows[] = {
        {"an encoded line end", "per%0d%0amit", "ta%0d%0ax"},
        {"an encoded NUL", "permit%00", "tax%00"},
        {"U+0085", "permit%C2%85", "tax%C2%85"},
        {"a zero-width blank", "permit%E2%80%8B", "tax%E2%80%8B"},
        {"a byte order mark", "permit%EF%BB%BF", "tax%EF%BB%BF"},
        {"a direction override", "%E2%80%AEtimrep", "%E2%80%AExat"},
        {"a lone surrogate", "permit%ED%A0%80", "tax%ED%A0%80"},
        {"an overlong letter", "per%C1%ADit", "t%C1%A1x"},
        {"an encoded slash", "permit%2F", "tax%2F"},
        {"an encoded backslash", "permit%5C", "tax%5C"},
        {"an encoded percent sign", "permit%25", "tax%25"},
        {"a colon", "permit%3A", "tax%3A"},
        {"a semicolon", "permit%3B", "tax%3B"},
        {"more than 255 characters", std::string(256, 'p'), std::string(256, 't')},
        {"an escape that is cut off", "permit%2", "tax%2"},
    };
    World world({.pooled = true});
    const auto aim = as_member(world);
    for (const auto& [what, in_service, in_client] : rows) {
        CAPTURE(std::string(what));
        const auto part = part_for("GET", World::target("/1"));
        for (const auto& altered :
             {replaced(part, "/permit/", '/' + in_service + '/'), replaced(part, "101/tax", "101/" + in_client)}) {
            const auto heard = told(aim, signed_request(world, altered));
            CHECK_MESSAGE(contains(heard, "<faultcode>server.serverproxy.service_failed.internal_error</faultcode>"),
                          heard);
        }
    }
    CHECK(world.seen_by_service().empty());
}

TEST_CASE("a member cannot speak for another, whatever it signs") {
    World world({.pooled = true});
    const auto aim = as_member(world);
    for (const char* client : {"ZA/GOV/202/roads", "ZA/GOV/202", "ZA/GOV/101", "ZA/GOV/101/TAX", "ZA/gov/101/tax"}) {
        CAPTURE(std::string(client));
        const auto part = replaced(part_for("GET", World::target("/1")), "ZA/GOV/101/tax", client);
        CHECK(contains(told(aim, signed_request(world, part)), "<faultcode>server.serverproxy."));
    }
    CHECK(world.seen_by_service().empty());
}

TEST_CASE("a compressed body is carried as it is and never inflated") {
    // A gzip header and a block that says it holds far more than it is.
    const std::string bomb =
        std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03\xed\xc1\x01\x01\0\0\0\x80\x90\xfe\xaf\xee\x08", 24) +
        std::string(4'000, '\0');
    World world({.pooled = true});
    world.answer_with({200, {{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}}, bomb});
    const auto answer = world.call("POST", World::target("/1"), {{"Content-Encoding", "gzip"}}, bomb);
    REQUIRE(answer);
    CHECK(answer->body == bomb);
    const auto seen = world.seen_by_service();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].body == bomb);
    CHECK(message::field(seen[0].head.fields, "Content-Encoding").value_or("") == "gzip");
}
