// The passphrase under which the registry's keys are encrypted.
#pragma once

#include "schemas/base/result.hpp"

#include <filesystem>
#include <string>

namespace onceway::central {

/// The first line of `file`. Faults: `io_error`; `pin_incorrect` when it is empty, or when anybody but its owner may
/// read it.
Result<std::string> read_secret(const std::filesystem::path& file);

/// Draws a passphrase of 256 bits and writes it to `file`, readable by its owner only. Faults: `io_error`.
Result<std::string> make_secret(const std::filesystem::path& file);

}  // namespace onceway::central
