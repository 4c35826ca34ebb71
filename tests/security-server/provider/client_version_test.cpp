#include "security-server/provider/client_version.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using provider::check_client_version;

TEST_CASE("releases are compared as semantic versions") {
    const struct {
        const char *version, *least;
        bool passes;
    } rows[] = {
        {"7.6.0", "7.6.0", true},
        {"7.6.1", "7.6.0", true},
        {"7.10.0", "7.6.0", true},
        {"8.0.0", "7.6.0", true},
        {"7.5.9", "7.6.0", false},
        {"6.99.99", "7.6.0", false},
        {"7.6.0-x", "7.6.0", false},
        {"7.6.1-x", "7.6.0", true},
        {"7.6.0+20260101", "7.6.0", true},
        {"7.6.0-x+1", "7.6.0", false},
        {"7.6.0", "7.6.0-x", true},
        // The order that semver.org gives as its example.
        {"1.0.0-alpha.1", "1.0.0-alpha", true},
        {"1.0.0-alpha", "1.0.0-alpha.1", false},
        {"1.0.0-alpha.beta", "1.0.0-alpha.1", true},
        {"1.0.0-beta.11", "1.0.0-beta.2", true},
        {"1.0.0-beta.2", "1.0.0-beta.11", false},
        {"1.0.0-rc.1", "1.0.0-beta.11", true},
        {"99999999999999999999.0.0", "7.6.0", true},
    };
    for (const auto& [version, least, passes] : rows) {
        CAPTURE(version);
        CAPTURE(least);
        const auto checked = check_client_version(version, least);
        CHECK(bool(checked) == passes);
        if (!checked) CHECK(checked.error().code == FaultCode::client_proxy_version_not_supported);
    }
}

TEST_CASE("what is no semantic version is an internal error, as genuine servers have it") {
    for (const char* version : {"", "7", "7.8", "7.8.0.1", "v7.8.0", "07.8.0", "7.8.x", "7.8.0-", "7.8.0-01", "7.8.0+",
                                " 7.8.0", "7.8.0-a..b"}) {
        CAPTURE(version);
        const auto checked = check_client_version(version, "7.6.0");
        REQUIRE_FALSE(checked);
        CHECK(checked.error().code == FaultCode::internal_error);
        CHECK(tests::contains(checked.error().detail, "x-proxy-version"));
        CHECK_FALSE(provider::is_semantic_version(version));
    }
    const auto own = check_client_version("7.8.0", "7.6");
    REQUIRE_FALSE(own);
    CHECK(tests::contains(own.error().detail, "that this server is set to"));
}
