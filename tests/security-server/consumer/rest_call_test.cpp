#include "security-server/consumer/rest_call.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using consumer::read_rest_call;

namespace {

const std::string target = "/r1/ZA/GOV/202/roads/permit/v1?x=1";

message::RequestHead head(message::Fields fields, std::string method = "GET") {
    message::RequestHead head;
    head.method = std::move(method);
    head.target = target;
    head.fields = std::move(fields);
    return head;
}

}  // namespace

TEST_CASE("a question is written down as the part that will be sealed") {
    const auto call = read_rest_call(head({{"Host", "x"},
                                           {"Accept", "a/b"},
                                           {"X-Road-Client", "ZA/GOV/101/tax"},
                                           {"X-Road-Id", "id-1"},
                                           {"Content-Type", "text/plain"},
                                           {"X-Road-Request-Id", "theirs"},
                                           {"X-Road-Request-Hash", "theirs"},
                                           {"Connection", "close"},
                                           {"X-Empty", ""}},
                                          "POST"),
                                     "ZA");
    REQUIRE(call);
    CHECK((*call)->part ==
          "POST\r\n" + target +
              "\r\nAccept:a/b\r\nX-Road-Client:ZA/GOV/101/tax\r\nX-Road-Id:id-1\r\nContent-Type:text/plain\r\n"
              "X-Empty:\r\nx-road-request-id:" +
              (*call)->request_id + "\r\n");
    CHECK((*call)->request.id == "id-1");
    CHECK((*call)->request.request_id == (*call)->request_id);
    CHECK((*call)->request.parsed.path == "/v1");
    CHECK((*call)->original_content_type == "text/plain");
}

TEST_CASE("a message id is made when there is none, and stands last") {
    const auto call = read_rest_call(head({{"X-Road-Client", "ZA/GOV/101/tax"}}), "ZA");
    REQUIRE(call);
    CHECK((*call)->request.id.starts_with("ZA-"));
    CHECK((*call)->request.id.size() == 3 + 36);
    CHECK((*call)->part.ends_with("x-road-request-id:" + (*call)->request_id + "\r\nx-road-id:" + (*call)->request.id +
                                  "\r\n"));
    CHECK((*call)->original_content_type.empty());
    const auto another = read_rest_call(head({{"X-Road-Client", "ZA/GOV/101/tax"}}), "ZA");
    CHECK((*another)->request_id != (*call)->request_id);
    CHECK((*another)->request.id != (*call)->request.id);
}

TEST_CASE("all eight verbs are taken, others are not") {
    for (const char* verb : {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
        CHECK(read_rest_call(head({{"X-Road-Client", "ZA/GOV/101/tax"}}, verb), "ZA"));
    for (const char* verb : {"CONNECT", "get", "LINK", ""}) {
        CAPTURE(verb);
        const auto refused = read_rest_call(head({{"X-Road-Client", "ZA/GOV/101/tax"}}, verb), "ZA");
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::internal_error);
        CHECK(tests::contains(refused.error().detail, "verb"));
    }
}

TEST_CASE("dots and slashes that cannot be misread pass") {
    for (const char* path : {"", "/", "/a/", "/.well-known/x", "/a..b", "/...", "/a%2Fb", "/a;x=.."}) {
        CAPTURE(path);
        auto asked = head({{"X-Road-Client", "ZA/GOV/101/tax"}});
        asked.target = "/r1/ZA/GOV/202/roads/permit" + std::string(path);
        CHECK(read_rest_call(asked, "ZA"));
    }
}
