// Makes many checks side by side, none of them for longer than its time.
#pragma once

#include "security-server/admin/clock_watch.hpp"
#include "security-server/doctor/finding.hpp"
#include "security-server/registry-view/verification.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace onceway::doctor {

/// What a check brings back: findings, and what it learned by the way.
struct Outcome {
    std::vector<Finding> findings;
    std::vector<admin::ClockOffset> clocks;
    std::shared_ptr<const registry_view::Configuration> configuration;  // a download that verified
};

struct Check {
    /// Says what is found when nothing is found in time. Group, check and about name the check itself.
    Finding late;
    /// Runs on a thread of its own and may block. It may outlive the rounds, so it owns what it uses.
    std::function<Outcome()> examine;
};

/// A check that gives one finding.
Check check(Finding late, std::function<Finding()> examine);

/// Told after each check: how many are done, how many there are.
using Progress = std::function<void(std::size_t done, std::size_t of)>;

struct Rounds {
    std::vector<Outcome> outcomes;  // in the order of the checks
    bool abandoned = false;         // some check still runs: end the process without waiting for it
};
/// At most 32 run at a time; each has `patience`. A check that throws could not tell.
Rounds make_rounds(std::vector<Check> checks, std::chrono::milliseconds patience, const Progress& progress);

}  // namespace onceway::doctor
