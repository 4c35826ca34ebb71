#include "security-server/transport/evidence.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;

TEST_CASE("headers of a part pass when HTTP can carry them") {
    CHECK(transport::check_fields(
        {{"X-Road-Client", "ZA/GOV/101/tax"}, {"accept", "*/*"}, {"x-empty", ""}, {"x", "a\tb \xC3\xA4"}}));
}

TEST_CASE("a header of a part is refused when it") {
    struct {
        const char* why;
        std::string name, value;
        std::string_view says;
    } const rows[] = {
        {"has no name", "", "x", "name"},
        {"has a blank in its name", "a b", "x", "name"},
        {"has a line end in its name", "a\n", "x", "name"},
        {"has an octet beyond ASCII in its name", "\xC3\xA4", "x", "name"},
        {"has a NUL in its value", "a", std::string("x\0y", 3), "control"},
        {"has a line end in its value", "a", "x\r\ny: z", "control"},
        {"has DEL in its value", "a", "\x7f", "control"},
    };
    for (const auto& [why, name, value, says] : rows) SUBCASE(why) {
            auto refused = transport::check_fields({{name, value}});
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == FaultCode::internal_error);
            CHECK(tests::contains(refused.error().detail, says));
        }
}
