// What an exchange leaves in both logs, whatever the service said.
#include "tests/security-server/exchange_world.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

TEST_CASE("an answer with an error of the service is sealed and recorded on both sides like any other") {
    World world;
    for (const int status : {200, 404, 422, 500, 503}) {
        CAPTURE(status);
        const std::string id = "id-" + std::to_string(status);
        world.answer_with({status, {{"Content-Type", "text/plain"}}, "as it is"});
        auto answer = world.get("/1", {{"X-Road-Id", id}});
        REQUIRE(answer);
        CHECK(answer->status == status);
        const auto asked = world.consumer_server.log->find(World::client(), id),
                   answered = world.provider_server.log->find(World::owner(), id);
        REQUIRE(asked);
        REQUIRE(answered);
        REQUIRE(asked->size() == 2);
        REQUIRE(answered->size() == 2);
        // One request id in all four records, and the caller is told it.
        const auto told = message::field(answer->fields, "x-road-request-id").value_or("");
        for (const auto* side : {&*asked, &*answered})
            for (const auto& record : *side) {
                CHECK(record.outcome == "accepted");
                CHECK(record.request_id == told);
            }
        CHECK(asked->front().direction == records::Direction::request);
        CHECK(asked->back().direction == records::Direction::response);
    }
}
