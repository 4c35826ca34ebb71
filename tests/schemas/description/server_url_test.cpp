#include "schemas/description/openapi.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::description;

TEST_CASE("a server's address is resolved against the address of its description") {
    struct {
        const char *base, *given, *resolved;
    } const rows[] = {
        {"https://a/b/c.yaml", "https://x/y", "https://x/y"},
        {"https://a/b/c.yaml", "//x/y", "https://x/y"},
        {"https://a/b/c.yaml", "/v1", "https://a/v1"},
        {"https://a/b/c.yaml", "v1", "https://a/b/v1"},
        {"https://a/b/c.yaml", "./v1", "https://a/b/v1"},
        {"https://a/b/c.yaml", "../v1/", "https://a/v1/"},
        {"https://a/b/c.yaml", "../../../v1", "https://a/v1"},
        {"https://a/b/c.yaml", "..", "https://a/"},
        {"https://a/b/c.yaml", "/", "https://a/"},
        {"https://a/b/c.yaml", "", "https://a/b/c.yaml"},
        {"https://a/b/c.yaml?d", "", "https://a/b/c.yaml?d"},
        {"https://a/b/c.yaml?d", "?e#f", "https://a/b/c.yaml?e"},
        {"https://a", "v1", "https://a/v1"},
        {"http://a:8080/b?c/d", "v1", "http://a:8080/v1"},
        {"https://a/b", "https://{host}:{port}/x/../y", "https://{host}:{port}/y"},
        {"https://a/b/c", "{version}/d", "https://a/b/{version}/d"},
        {"HTTPS://A/b", "c", "HTTPS://A/c"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.base);
        CAPTURE(row.given);
        const auto resolved = resolve_server_url(row.base, row.given);
        REQUIRE(resolved);
        CHECK(*resolved == row.resolved);
    }
}

TEST_CASE("an address is refused, with its reason, when") {
    struct {
        const char *why, *base, *given, *says;
    } const wrong[] = {
        {"the description's is not absolute", "b/c.yaml", "/v1", "'b/c.yaml', which is not absolute"},
        {"it names a file", "https://a/b", "file:///etc/passwd", "neither http nor https"},
        {"it has no host", "https://a/b", "https:/v1", "neither http nor https"},
        {"its host is empty", "https://a/b", "https:///v1", "neither http nor https"},
        {"the description came by another way", "ftp://a/b", "v1", "neither http nor https"},
    };
    for (const auto& row : wrong) SUBCASE(row.why) {
            const auto refused = resolve_server_url(row.base, row.given);
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == FaultCode::service_malformed_url);
            CHECK(tests::contains(refused.error().detail, row.says));
        }
}
