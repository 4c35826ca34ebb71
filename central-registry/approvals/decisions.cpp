#include "central-registry/approvals/decisions.hpp"

#include "central-registry/approvals/store.hpp"
#include "central-registry/members/rules.hpp"
#include "central-registry/members/store.hpp"

#include <fmt/format.h>

namespace onceway::central {
namespace {

Result<void> check_instance(const State& held, const State& wanted) {
    if (held.instance.empty() || held.instance == wanted.instance) return {};
    return fault(FaultCode::invalid_argument,
                 fmt::format("Checking the declared state: it is of instance '{}', but this registry is that of '{}'",
                             wanted.instance, held.instance));
}

}  // namespace

Result<Outcome> preview(store::Database& database, const State& wanted) {
    const auto held = load_state(database);
    if (auto same = check_instance(held, wanted); !same) return same.error();
    if (auto allowed = check(wanted); !allowed) return allowed.error();
    return Outcome{{}, difference(held, wanted)};
}

Result<Outcome> decide(store::Database& database, State wanted, const std::string& operator_name, Instant at) {
    put_in_order(wanted);
    return database.transaction([&]() -> Result<Outcome> {
        // Within the transaction, so that nobody decides on a state that another decision has already replaced.
        auto outcome = preview(database, wanted);
        if (!outcome || outcome->changes.empty()) return outcome;
        replace_state(database, wanted);
        Decision decision{last_decision(database) + 1, at, operator_name, summary_of(outcome->changes), {}};
        for (const auto& change : outcome->changes) decision.changes.push_back(line_of(change));
        add_decision(database, decision);
        outcome->number = decision.number;
        return outcome;
    });
}

}  // namespace onceway::central
