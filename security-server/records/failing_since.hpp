// Since when time-stamping fails: remembered over a restart, which mends nothing by itself.
#pragma once

#include "schemas/base/result.hpp"
#include "schemas/base/time.hpp"

#include <filesystem>
#include <optional>

namespace onceway::records {

/// Reads the moment that `file` holds; nothing when there is no such file. A moment after `now` counts as `now`.
/// Faults: `io_error` (it cannot be read), `invalid_argument` (it holds something else).
Result<std::optional<Instant>> read_failing_since(const std::filesystem::path& file, Instant now);

/// Writes the moment, as one line of RFC 3339, or removes the file when there is none. On disk when this returns.
/// Faults: `io_error`.
Result<void> write_failing_since(const std::filesystem::path& file, std::optional<Instant> since);

}  // namespace onceway::records
