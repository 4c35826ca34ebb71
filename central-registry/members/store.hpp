// The state on disk.
#pragma once

#include "central-registry/members/state.hpp"
#include "schemas/store/database.hpp"

namespace onceway::central {

/// The state that holds, in order. Throws store::StoreError.
State load_state(store::Database& database);

/// Puts `state` in place of the one that holds. Call inside a transaction. Throws store::StoreError.
void replace_state(store::Database& database, const State& state);

}  // namespace onceway::central
