// Rows as JSON: each value in the type that its column was declared with, or a fault that names the column.
#pragma once

#include "adapters/database/declaration.hpp"
#include "schemas/store/database.hpp"

#include <string>
#include <vector>

namespace onceway::database {

/// Where each declared column stands in a statement. Faults: `invalid_argument`: a column of the statement that is not
/// declared, or a declared one that the statement does not give.
Result<std::vector<int>> find_columns(const store::Statement& statement, const Endpoint& endpoint);

/// Appends the current row as a JSON object. Faults: `malformed_server_conf`.
Result<void> append_row(std::string& json, const store::Statement& row, const Endpoint& endpoint,
                        const std::vector<int>& columns, TextEncoding encoding);

}  // namespace onceway::database
