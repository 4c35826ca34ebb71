// The PIN of the keys: read from a file that only its owner reads, or typed; never an argument, never in the
// environment.
#pragma once

#include "schemas/base/result.hpp"

#include <filesystem>
#include <string>

namespace onceway::admin {

/// The first line of a file with mode 0600 or stricter. Faults: `io_error`, `pin_incorrect` (others may read it,
/// empty).
Result<std::string> read_pin_file(const std::filesystem::path& file);

/// Asks on the terminal without showing what is typed. Faults: `pin_incorrect` when there is no terminal.
Result<std::string> type_pin(const std::string& prompt);

}  // namespace onceway::admin
