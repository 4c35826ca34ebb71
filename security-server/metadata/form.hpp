// Queries as HTML forms write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onceway::metadata {

/// The parameters of a request target's query, decoded, in order: '+' is a blank, a broken escape stands for itself.
class Query {
public:
    static Query of(std::string_view target);
    /// The first value of `name`; none when it is absent. Names are compared exactly.
    std::optional<std::string_view> value(std::string_view name) const;
    /// The same for a name in any case.
    std::optional<std::string_view> value_of_any_case(std::string_view name) const;
    bool has(std::string_view name) const { return value(name).has_value(); }

private:
    std::vector<std::pair<std::string, std::string>> parameters_;
};

/// Letters, digits and `.-*_` as they are, a blank as '+', other octets as %XX. Rule: message-log §4.10.
std::string form_encoded(std::string_view text);

}  // namespace onceway::metadata
