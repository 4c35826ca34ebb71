// The parameters of a query string.
#pragma once

#include "schemas/base/result.hpp"

#include <map>
#include <string>
#include <string_view>

namespace onceway::kit {

/// Reads "a=1&b=x+y" (without '?'): names and values decoded once, '+' as a blank, empty pieces skipped.
/// Faults: `invalid_argument`: a name twice, an escape that cannot be decoded, more than 100 parameters.
Result<std::map<std::string, std::string>> read_query(std::string_view query);

}  // namespace onceway::kit
