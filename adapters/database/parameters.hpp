// What a caller may send for a parameter of a query, and the check of what was sent.
#pragma once

#include "schemas/base/result.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace onceway::database {

enum class ParameterType { string, integer, date, boolean };
std::string_view name_of(ParameterType type);

/// Where a parameter stands in a request.
enum class Place { path, query, body };
std::string_view name_of(Place place);

/// A compiled regular expression.
struct Pattern;

struct Parameter {
    std::string name;  // in the request, and with a colon in the statement
    ParameterType type = ParameterType::string;
    Place place = Place::query;
    bool required = true;  // otherwise NULL is bound when it is absent
    std::string description;

    std::string pattern;                            // string: the whole value must match; empty: any
    std::shared_ptr<const Pattern> compiled;        // of `pattern`
    std::size_t min_length = 1, max_length = 255;   // string: characters
    std::int64_t min = INT64_MIN, max = INT64_MAX;  // integer
};

/// A checked value, as it is bound: never as text of a statement.
using Value = std::variant<std::monostate, std::int64_t, std::string>;

/// Compiles a pattern so that matching takes polynomial time, whatever the value. Faults: `invalid_argument`.
Result<std::shared_ptr<const Pattern>> compile_pattern(const std::string& pattern);

/// Checks a value from a path or a query. Faults: `invalid_argument`; `detail` completes "NAME …".
Result<Value> check_text(const Parameter& parameter, std::string_view text);
/// Checks a member of a JSON body. Faults: the same.
Result<Value> check_json(const Parameter& parameter, const boost::json::value& value);

/// True for a day of the calendar written YYYY-MM-DD.
bool is_date(std::string_view text);

}  // namespace onceway::database
