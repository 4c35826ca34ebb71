// The tables of tests/corpus/hostile_http and hostile_soap: octets that a hostile sender writes, with what must come of
// them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace onceway::tests {

/// One row: its columns from left to right, the octets last and not yet expanded.
using HostileRow = std::vector<std::string>;

/// The rows of `tests/corpus/<name>`, a folder and a file, each with `columns` columns.
std::vector<HostileRow> hostile_rows(const std::string& name, std::size_t columns);

/// What a door accepts: with it a row becomes octets for this door.
struct Wording {
    std::string target, fields, body;
};

/// The octets of a row for one door. `{pad:N}` and `{end}` are what `padded` and the sender look after.
std::string expanded(std::string_view row, const Wording& door);

}  // namespace onceway::tests
