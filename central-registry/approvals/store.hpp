// Decisions on disk.
#pragma once

#include "central-registry/approvals/decisions.hpp"

namespace onceway::central {

/// Call inside the transaction of the change itself. Throws store::StoreError.
void add_decision(store::Database& database, const Decision& decision);

}  // namespace onceway::central
