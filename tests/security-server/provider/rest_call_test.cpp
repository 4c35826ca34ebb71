#include "security-server/provider/rest_call.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using provider::call_address;

TEST_CASE("a call goes to the service's address, then path and query as they were written") {
    struct {
        std::string_view address, path, query;
        bool has_query;
        std::string_view target;
    } const rows[] = {
        {"http://is/api", "", "", false, "/api"},
        {"http://is/api", "/", "", false, "/api/"},
        {"http://is/api", "/v1", "", false, "/api/v1"},
        {"http://is/api/", "/v1", "", false, "/api/v1"},
        {"http://is/api/", "", "", false, "/api/"},
        {"http://is", "", "", false, "/"},
        {"http://is", "/v1", "", false, "/v1"},
        {"http://is/", "/v1", "", false, "/v1"},
        {"http://is/", "/", "", false, "/"},
        {"http://is/api", "/a%20b/%C3%A4", "x=%2F&y", true, "/api/a%20b/%C3%A4?x=%2F&y"},
        {"http://is/api", "", "", true, "/api?"},
    };
    for (const auto& [address, path, query, has_query, target] : rows) {
        CAPTURE(address);
        CAPTURE(path);
        identity::RestTarget asked;
        asked.path = path;
        asked.query = query;
        asked.has_query = has_query;
        const auto url = call_address({.code = "s", .url = std::string(address)}, asked);
        REQUIRE(url);
        CHECK(url->target == target);
        CHECK(url->host == "is");
    }
}
