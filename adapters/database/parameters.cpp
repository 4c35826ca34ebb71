#include "adapters/database/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <regex>

namespace onceway::database {

struct Pattern {
    std::regex expression;
};

namespace {

Fault refused(std::string detail) { return fault(FaultCode::invalid_argument, std::move(detail)); }

std::size_t characters(std::string_view utf8) {
    return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

Result<Value> check_string(const Parameter& parameter, std::string_view text) {
    const auto length = characters(text);
    if (length < parameter.min_length)
        return refused(fmt::format("has fewer than {} characters", parameter.min_length));
    if (length > parameter.max_length) return refused(fmt::format("has more than {} characters", parameter.max_length));
    if (parameter.compiled && !std::regex_match(text.begin(), text.end(), parameter.compiled->expression))
        return refused(fmt::format("does not match {}", parameter.pattern));
    return Value{std::string(text)};
}

Result<Value> check_integer(const Parameter& parameter, std::int64_t number) {
    if (number < parameter.min) return refused(fmt::format("is less than {}", parameter.min));
    if (number > parameter.max) return refused(fmt::format("is more than {}", parameter.max));
    return Value{number};
}

Result<Value> check_date(std::string_view text) {
    if (!is_date(text)) return refused("is no date of the form YYYY-MM-DD");
    return Value{std::string(text)};
}

}  // namespace

std::string_view name_of(ParameterType type) {
    switch (type) {
        case ParameterType::string:
            return "string";
        case ParameterType::integer:
            return "integer";
        case ParameterType::date:
            return "date";
        case ParameterType::boolean:
            return "boolean";
    }
    return "string";
}

std::string_view name_of(Place place) {
    switch (place) {
        case Place::path:
            return "path";
        case Place::query:
            return "query";
        case Place::body:
            return "body";
    }
    return "query";
}

namespace {

constexpr std::size_t pattern_octets_most = 1'000;

/// True when a count, `{…}`, or a number behind a backslash has more than nine characters: libstdc++ adds digits up
/// without looking for the end of its integers.
bool has_long_number(std::string_view pattern) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] != '{' && pattern[i] != '\\') continue;
        const auto end = std::min(pattern.find_first_not_of("0123456789,", i + 1), pattern.size());
        if (end - i - 1 > 9) return true;
    }
    return false;
}

}  // namespace

Result<std::shared_ptr<const Pattern>> compile_pattern(const std::string& pattern) {
    // Its compiler goes one call deeper with each parenthesis.
    if (pattern.size() > pattern_octets_most)
        return refused(fmt::format("pattern of {} octets is longer than {}", pattern.size(), pattern_octets_most));
    if (has_long_number(pattern))
        return refused(fmt::format("pattern '{}' holds a number of more than nine characters", pattern));
    try {
        // The polynomial matcher of libstdc++: a caller's value cannot make it run for ever. It refuses
        // back-references.
        const auto how = std::regex::ECMAScript | std::regex_constants::__polynomial;
        return std::make_shared<const Pattern>(Pattern{std::regex(pattern, how)});
    } catch (const std::regex_error& error) {
        return refused(
            fmt::format("pattern '{}' is no regular expression (of ECMAScript, without back-references)", pattern));
    }
}

bool is_date(std::string_view text) {
    using namespace std::chrono;
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    int numbers[3] = {};
    const std::string_view pieces[] = {text.substr(0, 4), text.substr(5, 2), text.substr(8, 2)};
    for (int i = 0; i < 3; ++i) {
        for (const char c : pieces[i])
            if (c < '0' || c > '9') return false;
        std::from_chars(pieces[i].data(), pieces[i].data() + pieces[i].size(), numbers[i]);
    }
    return year_month_day{year{numbers[0]}, month(static_cast<unsigned>(numbers[1])),
                          day(static_cast<unsigned>(numbers[2]))}
        .ok();
}

Result<Value> check_text(const Parameter& parameter, std::string_view text) {
    switch (parameter.type) {
        case ParameterType::string:
            return check_string(parameter, text);
        case ParameterType::date:
            return check_date(text);
        case ParameterType::boolean:
            if (text == "true") return Value{std::int64_t{1}};
            if (text == "false") return Value{std::int64_t{0}};
            return refused("is neither true nor false");
        case ParameterType::integer:
            break;
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return refused("is no whole number");
    return check_integer(parameter, number);
}

Result<Value> check_json(const Parameter& parameter, const boost::json::value& value) {
    if (value.is_null() && !parameter.required) return Value{};
    switch (parameter.type) {
        case ParameterType::boolean:
            if (value.is_bool()) return Value{std::int64_t{value.get_bool()}};
            return refused("is neither true nor false");
        case ParameterType::integer:
            if (value.is_int64()) return check_integer(parameter, value.get_int64());
            return refused("is no whole number");
        case ParameterType::string:
        case ParameterType::date:
            break;
    }
    if (!value.is_string()) return refused("is no string");
    const std::string_view text = value.get_string();
    return parameter.type == ParameterType::date ? check_date(text) : check_string(parameter, text);
}

}  // namespace onceway::database
