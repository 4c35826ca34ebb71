#include "adapters/kit/query.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::kit;
using onceway::tests::contains;

TEST_CASE("a query is read into its parameters, decoded once") {
    const auto read = read_query("a=1&b=x+y%2Bz&c=&d&&e=%25&f=a=b");
    REQUIRE(read);
    CHECK(*read == std::map<std::string, std::string>{
                       {"a", "1"}, {"b", "x y+z"}, {"c", ""}, {"d", ""}, {"e", "%"}, {"f", "a=b"}});
    CHECK(read_query("")->empty());
    CHECK(read_query("&&")->empty());
}

TEST_CASE("a query is refused, with its reason, when it") {
    std::string many;
    for (int i = 0; i < 101; ++i) many += "p" + std::to_string(i) + "=1&";
    const std::pair<std::string, std::string_view> wrong[] = {
        {"a=1&a=2", "names 'a' twice"}, {"a=1&%61=2", "names 'a' twice"}, {"a=%zz", "incomplete escape"},
        {"%=1", "incomplete escape"},   {"a=%FF", "not UTF-8"},           {"a=%00", "control character"},
        {many, "more than 100"}};
    for (const auto& [query, says] : wrong) {
        const auto read = read_query(query);
        REQUIRE_FALSE(read);
        CHECK_MESSAGE(contains(read.error().detail, says), read.error().detail);
    }
}
