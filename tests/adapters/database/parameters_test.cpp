#include "adapters/database/parameters.hpp"

#include "tests/support/contains.hpp"
#include "tests/support/effort.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include <chrono>

using namespace onceway;
using namespace onceway::database;
using onceway::tests::contains;
namespace json = boost::json;

namespace {

Parameter string_parameter(std::string pattern = "") {
    Parameter parameter;
    parameter.name = "p";
    parameter.max_length = 13;
    parameter.pattern = pattern;
    if (!pattern.empty()) parameter.compiled = *compile_pattern(pattern);
    return parameter;
}
Parameter of_type(ParameterType type) {
    Parameter parameter;
    parameter.name = "p";
    parameter.type = type;
    return parameter;
}

}  // namespace

TEST_CASE("a value from a path or query is taken in the type that was declared") {
    CHECK(std::get<std::string>(*check_text(string_parameter(), "it's")) == "it's");
    CHECK(std::get<std::string>(*check_text(string_parameter("[0-9]{3}"), "123")) == "123");
    CHECK(std::get<std::int64_t>(*check_text(of_type(ParameterType::integer), "-9223372036854775808")) == INT64_MIN);
    CHECK(std::get<std::int64_t>(*check_text(of_type(ParameterType::integer), "007")) == 7);
    CHECK(std::get<std::int64_t>(*check_text(of_type(ParameterType::boolean), "true")) == 1);
    CHECK(std::get<std::int64_t>(*check_text(of_type(ParameterType::boolean), "false")) == 0);
    CHECK(std::get<std::string>(*check_text(of_type(ParameterType::date), "2028-02-29")) == "2028-02-29");
}

TEST_CASE("a value is refused, with its reason, when it") {
    auto bounded = of_type(ParameterType::integer);
    bounded.min = 1;
    bounded.max = 9;
    const struct {
        const char* why;
        Parameter parameter;
        std::string text;
        std::string_view says;
    } wrong[] = {
        {"is empty", string_parameter(), "", "fewer than 1"},
        {"is too long", string_parameter(), "12345678901234", "more than 13"},
        {"has other characters", string_parameter("[0-9]+"), "12a", "does not match [0-9]+"},
        {"matches only in part", string_parameter("[0-9]{3}"), "1234", "does not match"},
        {"has a line break behind", string_parameter("[0-9]{3}"), "123\n", "does not match"},
        {"is an injection", string_parameter("[0-9]{3}"), "1' OR 1=1", "does not match"},
        {"is no number", of_type(ParameterType::integer), "x", "no whole number"},
        {"is empty for a number", of_type(ParameterType::integer), "", "no whole number"},
        {"has a plus sign", of_type(ParameterType::integer), "+1", "no whole number"},
        {"has a blank", of_type(ParameterType::integer), " 1", "no whole number"},
        {"goes on behind the number", of_type(ParameterType::integer), "1x", "no whole number"},
        {"is a fraction", of_type(ParameterType::integer), "1.0", "no whole number"},
        {"is beyond 64 bits", of_type(ParameterType::integer), "9223372036854775808", "no whole number"},
        {"is below the least", bounded, "0", "less than 1"},
        {"is above the most", bounded, "10", "more than 9"},
        {"is no truth", of_type(ParameterType::boolean), "1", "neither true nor false"},
        {"is a truth in capitals", of_type(ParameterType::boolean), "TRUE", "neither true nor false"},
        {"is no date", of_type(ParameterType::date), "tomorrow", "no date"},
        {"is no day of the calendar", of_type(ParameterType::date), "2026-02-29", "no date"},
        {"is a date written short", of_type(ParameterType::date), "2026-2-1", "no date"},
        {"is a date with a sign", of_type(ParameterType::date), "-026-02-01", "no date"},
        {"is a date and time", of_type(ParameterType::date), "2026-02-01T00:00", "no date"},
    };
    for (const auto& [why, parameter, text, says] : wrong) SUBCASE(why) {
            const auto value = check_text(parameter, text);
            REQUIRE_FALSE(value);
            CHECK(value.error().code == FaultCode::invalid_argument);
            CHECK_MESSAGE(contains(value.error().detail, says), value.error().detail);
        }
}

TEST_CASE("characters are counted, not octets") {
    auto parameter = string_parameter();
    parameter.max_length = 3;
    CHECK(check_text(parameter, "äöü"));
    CHECK_FALSE(check_text(parameter, "äöüß"));
}

TEST_CASE("a member of a body must have its JSON type") {
    CHECK(std::get<std::string>(*check_json(string_parameter(), "x")) == "x");
    CHECK(std::get<std::int64_t>(*check_json(of_type(ParameterType::integer), 5)) == 5);
    CHECK(std::get<std::int64_t>(*check_json(of_type(ParameterType::boolean), true)) == 1);
    CHECK(std::get<std::string>(*check_json(of_type(ParameterType::date), "2026-01-01")) == "2026-01-01");
    const std::pair<ParameterType, json::value> wrong[] = {
        {ParameterType::string, 5},      {ParameterType::string, nullptr},  {ParameterType::string, json::array{}},
        {ParameterType::integer, "5"},   {ParameterType::integer, 5.0},     {ParameterType::integer, UINT64_MAX},
        {ParameterType::boolean, 1},     {ParameterType::boolean, "true"},  {ParameterType::date, "2026-13-01"},
        {ParameterType::date, 20260101}, {ParameterType::integer, nullptr}, {ParameterType::string, json::object{}}};
    for (const auto& [type, value] : wrong) CHECK_FALSE(check_json(of_type(type), value));
    auto optional = of_type(ParameterType::integer);
    optional.required = false;
    CHECK(std::holds_alternative<std::monostate>(*check_json(optional, nullptr)));
}

TEST_CASE("no pattern makes a value take long") {
    const auto compiled = compile_pattern("(a+)+$");
    REQUIRE(compiled);
    auto parameter = string_parameter("(a+)+$");
    parameter.max_length = 255;
    const tests::Effort effort;
    CHECK_FALSE(check_text(parameter, std::string(250, 'a') + "!"));
    CHECK(effort.within(std::chrono::seconds(2)));
    CHECK_FALSE(compile_pattern("(a)\\1"));
    CHECK_FALSE(compile_pattern("[0-9"));
    for (const char* wrong : {"a{99999999999999999999}", "a{1,99999999999999999999}", "^(\\55555555555555555555)$"})
        CHECK(contains(compile_pattern(wrong).error().detail, "more than nine characters"));
    CHECK(contains(compile_pattern(std::string(1'001, '(')).error().detail, "longer than 1000"));
    CHECK(compile_pattern("a{2,19}-,12345678901234567890"));
}
