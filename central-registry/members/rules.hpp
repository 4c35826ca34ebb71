// What a declared state may not be: checked before it is decided, so that every decided state can be published.
#pragma once

#include "central-registry/members/state.hpp"
#include "schemas/base/result.hpp"

namespace onceway::central {

/// Faults: `invalid_argument`, naming the entry, what is wrong with it and what to do. Identifiers may hold ASCII
/// letters, digits and ' ( ) + , - . = ? only, the set that every release accepts.
/// Rule: global-configuration §1 (identifiers), §3.2; traps T22, T23, T27, T47.
Result<void> check(const State& state);

}  // namespace onceway::central
