#include "security-server/consumer/answer.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;

namespace {

message::RestRequest question() {
    message::RestRequest request;
    request.client = {"ZA", "GOV", "101", "tax"};
    request.parsed.service = {{"ZA", "GOV", "202", "roads"}, "permit", std::nullopt};
    request.id = "id-1";
    return request;
}
message::RestResponse answer() {
    message::RestResponse response;
    response.client = question().client;
    response.service = question().parsed.service;
    response.id = "id-1";
    response.request_id = "r-1";
    response.request_hash = "hash";
    return response;
}

}  // namespace

TEST_CASE("an answer that names the question belongs to it") {
    CHECK(consumer::check_belongs(answer(), question(), "r-1", "hash"));
}

TEST_CASE("an answer is inconsistent, and says in what, when it") {
    struct {
        const char* what;
        void (*change)(message::RestResponse&);
        std::string_view says;
    } const rows[] = {
        {"names another client", [](auto& r) { r.client->subsystem = "toll"; }, "x-road-client"},
        {"names the member of the client", [](auto& r) { r.client->subsystem.reset(); }, "x-road-client"},
        {"names no client", [](auto& r) { r.client.reset(); }, "x-road-client"},
        {"names another message id", [](auto& r) { r.id = "ID-1"; }, "x-road-id"},
        {"names another service", [](auto& r) { r.service->code = "permits"; }, "x-road-service"},
        {"names another provider", [](auto& r) { r.service->provider.member_code = "203"; }, "x-road-service"},
        {"names no service", [](auto& r) { r.service.reset(); }, "x-road-service"},
        {"names another request id", [](auto& r) { r.request_id = ""; }, "x-road-request-id"},
        {"names another request hash", [](auto& r) { r.request_hash = "HASH"; }, "x-road-request-hash"},
    };
    for (const auto& [what, change, says] : rows) SUBCASE(what) {
            auto response = answer();
            change(response);
            auto refused = consumer::check_belongs(response, question(), "r-1", "hash");
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == FaultCode::inconsistent_response);
            CHECK(tests::contains(refused.error().detail, says));
        }
}
