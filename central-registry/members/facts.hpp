// Two states told apart in words: what an operator reads before a change is made, and what a decision records.
#pragma once

#include "central-registry/members/state.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::central {

/// A state as facts: each entry's name, and what is said of it. Two states that differ have different facts; before the
/// first decision there are none.
std::map<std::string, std::string> facts_of(const State& state);

struct Change {
    enum class Kind { added, removed, changed } kind;
    std::string what;           // "member GOV/HOME"
    std::string before, after;  // what was and what will be said of it
};
std::vector<Change> difference(const State& before, const State& after);

/// One line of a difference: "+ member GOV/HOME: Home Affairs".
std::string line_of(const Change& change);
std::string_view name_of(Change::Kind kind);  // "added", "removed", "changed"
/// "3 added, 1 changed".
std::string summary_of(const std::vector<Change>& changes);

}  // namespace onceway::central
