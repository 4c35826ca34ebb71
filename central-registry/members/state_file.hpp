// The state file: the declared state as its operator writes it.
#pragma once

#include "central-registry/members/state.hpp"
#include "schemas/base/result.hpp"

#include <filesystem>

namespace onceway::central {

/// Reads a state file and the certificate files that it names, relative to its own folder. What it leaves out of the
/// registry's own settings stays as in `held`. docs/operators/registry.md describes every key.
/// Faults: `io_error`, `invalid_argument` with file, line and what to change.
Result<State> read_state_file(const std::filesystem::path& file, const State& held);

}  // namespace onceway::central
