#include "adapters/kit/path_pattern.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::kit;
using onceway::tests::contains;

namespace {

PathPattern pattern(std::string_view text) {
    auto parsed = PathPattern::parse(text);
    REQUIRE_MESSAGE(parsed, parsed.error().detail);
    return *parsed;
}

}  // namespace

TEST_CASE("a path fits a pattern segment by segment, and gives its values decoded once") {
    const auto dose = pattern("/persons/{identity_number}/doses/{dose}");
    CHECK(dose.names() == std::vector<std::string>{"identity_number", "dose"});
    const auto match = dose.match("/persons/12%2034/doses/a+b%2525");
    REQUIRE(match);
    REQUIRE(match->has_value());
    CHECK((*match)->at("identity_number") == "12 34");
    CHECK((*match)->at("dose") == "a+b%25");
    for (const auto* path :
         {"/persons/1/doses", "/persons/1/doses/2/3", "/persons//doses/2", "/persons/1/doses/", "/person/1/doses/2",
          "/Persons/1/doses/2", "/persons/1/doses/2/", "//persons/1/doses/2", "/", "", "/%70ersons/1/doses/2"}) {
        const auto none = dose.match(path);
        REQUIRE(none);
        CHECK_MESSAGE(!none->has_value(), path);
    }
    CHECK(pattern("/health").match("/health")->has_value());
}

TEST_CASE("a path that fits but cannot be decoded is refused, with its reason") {
    const auto one = pattern("/p/{id}");
    const std::pair<const char*, std::string_view> wrong[] = {
        {"/p/%", "incomplete"},     {"/p/%4", "incomplete"}, {"/p/%zz", "incomplete"},   {"/p/%FF", "not UTF-8"},
        {"/p/%C0%AF", "not UTF-8"}, {"/p/%00", "control"},   {"/p/a%0d%0ab", "control"}, {"/p/%7f", "control"}};
    for (const auto& [path, says] : wrong) {
        const auto match = one.match(path);
        REQUIRE_FALSE(match);
        CHECK_MESSAGE(contains(match.error().detail, says), match.error().detail);
        CHECK(contains(match.error().detail, "id holds"));
    }
}

TEST_CASE("a pattern is refused, with its reason, when it") {
    const struct {
        const char* why;
        std::string_view text, says;
    } wrong[] = {
        {"is empty", "", "does not begin"},
        {"does not begin with a slash", "persons", "does not begin"},
        {"ends in a slash", "/persons/", "segment ''"},
        {"has an empty segment", "/a//b", "segment ''"},
        {"has dots to go up", "/a/../b", "segment '..'"},
        {"has an escape", "/a%20b", "segment 'a%20b'"},
        {"has a blank", "/a b", "segment"},
        {"mixes text and a name", "/a{id}", "segment"},
        {"has an empty name", "/{}", "segment"},
        {"has a name in capitals", "/{Id}", "no name"},
        {"has a name that begins with a digit", "/{1d}", "no name"},
        {"has a name twice", "/{id}/{id}", "twice"},
    };
    for (const auto& [why, text, says] : wrong) SUBCASE(why) {
            const auto parsed = PathPattern::parse(text);
            REQUIRE_FALSE(parsed);
            CHECK(parsed.error().code == FaultCode::invalid_argument);
            CHECK_MESSAGE(contains(parsed.error().detail, says), parsed.error().detail);
        }
}

TEST_CASE("patterns overlap when one path fits both") {
    CHECK(pattern("/a/{x}").overlaps(pattern("/a/{y}")));
    CHECK(pattern("/a/{x}").overlaps(pattern("/a/b")));
    CHECK(pattern("/{x}/b").overlaps(pattern("/a/{y}")));
    CHECK_FALSE(pattern("/a/{x}").overlaps(pattern("/b/{x}")));
    CHECK_FALSE(pattern("/a/{x}").overlaps(pattern("/a/{x}/c")));
}
