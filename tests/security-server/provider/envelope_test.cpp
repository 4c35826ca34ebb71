#include "security-server/provider/envelope.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;

namespace {

message::RequestHead head(message::Fields fields) {
    message::RequestHead head;
    head.method = "POST";
    head.fields = std::move(fields);
    return head;
}

}  // namespace

TEST_CASE("the head of a message is read in any spelling of its names") {
    const auto envelope = provider::read_envelope(head({{"X-HASH-ALGORITHM", "SHA-512"},
                                                        {"X-Road-Message-Type", "REST"},
                                                        {"X-Road-Request-Id", "r-1"},
                                                        {"x-proxy-version", "7.8.0"},
                                                        {"Content-Type", "Multipart/Mixed; BOUNDARY=\"a b\""}}));
    REQUIRE(envelope);
    CHECK(envelope->rest);
    CHECK(envelope->request_id == "r-1");
    CHECK(envelope->peer_version == "7.8.0");
    CHECK(envelope->boundary == "a b");
}

TEST_CASE("a message that does not say REST, exactly so, is SOAP") {
    for (const char* type : {"rest", "REST ", "SOAP", ""}) {
        CAPTURE(type);
        const auto envelope = provider::read_envelope(head({{"x-hash-algorithm", "SHA-512"},
                                                            {"x-road-message-type", type},
                                                            {"Content-Type", "multipart/mixed; boundary=x"}}));
        REQUIRE(envelope);
        CHECK_FALSE(envelope->rest);
    }
}

TEST_CASE("a head is refused, digest before content type, when") {
    struct {
        const char* what;
        message::Fields fields;
        std::string_view code, says;
    } const rows[] = {
        {"everything is missing", {}, "internal_error", "x-hash-algorithm"},
        {"the digest is SHA-256", {{"x-hash-algorithm", "SHA-256"}}, "internal_error", "SHA-256"},
        {"the digest is in another case", {{"x-hash-algorithm", "sha-512"}}, "internal_error", "sha-512"},
        {"there is no content type",
         {{"x-hash-algorithm", "SHA-512"}},
         "service_failed.invalid_content_type",
         "no content type"},
        {"the content type is XML",
         {{"x-hash-algorithm", "SHA-512"}, {"Content-Type", "text/xml"}},
         "service_failed.invalid_content_type",
         "text/xml"},
        {"the content type has no boundary",
         {{"x-hash-algorithm", "SHA-512"}, {"Content-Type", "multipart/mixed"}},
         "service_failed.invalid_content_type",
         "boundary"},
    };
    for (const auto& [what, fields, code, says] : rows) SUBCASE(what) {
            const auto refused = provider::read_envelope(head(fields));
            REQUIRE_FALSE(refused);
            CHECK(refused.error().wire_code() == code);
            CHECK(tests::contains(refused.error().detail, says));
        }
}
