#include "central-registry/approvals/store.hpp"

namespace onceway::central {
namespace {

Decision decision_of(const store::Statement& row) {
    Decision decision;
    decision.number = row.number(0);
    if (const auto at = parse_rfc3339(row.text(1))) decision.at = *at;
    decision.operator_name = row.text(2);
    decision.summary = row.text(3);
    return decision;
}

}  // namespace

void add_decision(store::Database& database, const Decision& decision) {
    auto row = database.prepare("INSERT INTO decision (number, at, operator, summary) VALUES (?, ?, ?, ?)");
    const auto at = rfc3339(decision.at);
    row.bind(1, decision.number).bind_text(2, at).bind_text(3, decision.operator_name).bind_text(4, decision.summary);
    row.step();
    auto line = database.prepare("INSERT INTO decision_change (decision, position, line) VALUES (?, ?, ?)");
    for (std::size_t i = 0; i < decision.changes.size(); ++i) {
        line.bind(1, decision.number).bind(2, static_cast<std::int64_t>(i)).bind_text(3, decision.changes[i]);
        line.step();
        line.reset();
    }
}

std::int64_t last_decision(store::Database& database) {
    auto row = database.prepare("SELECT coalesce(max(number), 0) FROM decision");
    return row.step() ? row.number(0) : 0;
}

std::vector<Decision> latest_decisions(store::Database& database, int most) {
    auto row = database.prepare("SELECT number, at, operator, summary FROM decision ORDER BY number DESC LIMIT ?");
    row.bind(1, most);
    std::vector<Decision> decisions;
    while (row.step()) decisions.push_back(decision_of(row));
    return decisions;
}

std::optional<Decision> find_decision(store::Database& database, std::int64_t number) {
    auto row = database.prepare("SELECT number, at, operator, summary FROM decision WHERE number = ?");
    row.bind(1, number);
    if (!row.step()) return std::nullopt;
    auto decision = decision_of(row);
    auto line = database.prepare("SELECT line FROM decision_change WHERE decision = ? ORDER BY position");
    line.bind(1, number);
    while (line.step()) decision.changes.push_back(line.text(0));
    return decision;
}

}  // namespace onceway::central
