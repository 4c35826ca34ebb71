#include "security-server/metadata/form.hpp"

#include <doctest/doctest.h>

using onceway::metadata::form_encoded;
using onceway::metadata::Query;

TEST_CASE("a query is read as a form writes it:") {
    const struct {
        const char* why;
        std::string_view target, name;
        std::optional<std::string_view> value;
    } rows[] = {
        {"a value", "/asic?a=1&b=2", "b", "2"},
        {"no value", "/asic?a&b", "a", ""},
        {"an absent one", "/asic?a=1", "A", std::nullopt},
        {"no query at all", "/asic", "a", std::nullopt},
        {"the first of two", "/asic?a=1&a=2", "a", "1"},
        {"a blank as plus", "/asic?a=x+y", "a", "x y"},
        {"escapes", "/asic?%61=%C3%b5%20", "a", "\xc3\xb5 "},
        {"a broken escape stands for itself", "/asic?a=%zz%4", "a", "%zz%4"},
        {"an equals sign in a value", "/asic?a=b=c", "a", "b=c"},
        {"empty pairs", "/asic?&&a=1&", "a", "1"},
    };
    for (const auto& [why, target, name, value] : rows) SUBCASE(why) {
            CHECK(Query::of(target).value(name) == value);
        }
}

TEST_CASE("a name is written as a form writes it") {
    CHECK(form_encoded("aZ09.-*_ /\xc3\xb5\"") == "aZ09.-*_+%2F%C3%B5%22");
}
