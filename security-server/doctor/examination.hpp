// The whole examination, in its order: what needs nobody, the registry, then those whom the configuration names.
#pragma once

#include "security-server/doctor/checks.hpp"

namespace onceway::doctor {

struct Wishes {
    std::vector<std::string> peers;             // ids, owners or addresses; empty: every server of the configuration
    std::chrono::milliseconds patience{5'000};  // of each check
    Progress progress{};
};

struct Examined {
    std::vector<Finding> findings;  // in the order of the groups
    bool abandoned = false;         // see Rounds
};
Examined examine(const PatientPtr& patient, const Wishes& wishes);

}  // namespace onceway::doctor
