// Numbered decisions: the only way in which the state of an instance changes.
#pragma once

#include "central-registry/members/facts.hpp"
#include "central-registry/members/state.hpp"
#include "schemas/base/time.hpp"
#include "schemas/store/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace onceway::central {

struct Decision {
    std::int64_t number = 0;  // 1, 2, 3 … without gaps
    Instant at{};
    std::string operator_name;
    std::string summary;               // "3 added, 1 changed"
    std::vector<std::string> changes;  // the lines of the difference
};

/// What a decision would change, or has changed; `number` is empty when nothing did.
struct Outcome {
    std::optional<std::int64_t> number;
    std::vector<Change> changes;
};

/// What deciding for `wanted` would change now. Faults: `invalid_argument`, when the state may not be.
Result<Outcome> preview(store::Database& database, const State& wanted);

/// Decides that `wanted` holds from now on; on disk when this returns. A state equal to the one that holds is no
/// decision. Faults: `invalid_argument`, when the state may not be, or belongs to another instance.
Result<Outcome> decide(store::Database& database, State wanted, const std::string& operator_name, Instant at);

/// The number of the last decision, 0 before the first one.
std::int64_t last_decision(store::Database& database);
/// The last decisions, newest first, without their lines.
std::vector<Decision> latest_decisions(store::Database& database, int most);
/// One decision with its lines.
std::optional<Decision> find_decision(store::Database& database, std::int64_t number);

}  // namespace onceway::central
