#include "security-server/doctor/finding.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace onceway::doctor {
namespace {

constexpr std::array verdicts{"ok", "warning", "failed", "could_not_tell"};

struct TurnWords {
    std::string_view word, people;
};
constexpr std::array turns{TurnWords{"", ""},
                           TurnWords{"operator", "you, this server's operator"},
                           TurnWords{"network", "whoever runs the network and its firewalls"},
                           TurnWords{"registry", "the registry's operator"},
                           TurnWords{"authority", "the certification or time-stamping authority"},
                           TurnWords{"peer", "the other server's operator"},
                           TurnWords{"service", "whoever runs that information system"}};

struct GroupWords {
    std::string_view word, title;
};
constexpr std::array groups{GroupWords{"server", "This server"},
                            GroupWords{"ports", "Ports and addresses"},
                            GroupWords{"folder", "Folder and disk"},
                            GroupWords{"clock", "Clock"},
                            GroupWords{"configuration", "Global configuration"},
                            GroupWords{"keys", "Keys and certificates"},
                            GroupWords{"ocsp", "OCSP responders"},
                            GroupWords{"time_stamping", "Time-stamping authorities"},
                            GroupWords{"message_log", "Message log"},
                            GroupWords{"peers", "Security servers"},
                            GroupWords{"services", "Services of our information systems"}};

}  // namespace

Finding ok(Group group, std::string check, std::string about, std::string found) {
    return {group, std::move(check), std::move(about), Verdict::ok, std::move(found)};
}
Finding warning(Group group, std::string check, std::string about, std::string found, Turn turn, std::string next) {
    return {group, std::move(check), std::move(about), Verdict::warning, std::move(found), turn, std::move(next)};
}
Finding failed(Group group, std::string check, std::string about, std::string found, Turn turn, std::string next) {
    return {group, std::move(check), std::move(about), Verdict::failed, std::move(found), turn, std::move(next)};
}
Finding unknown(Group group, std::string check, std::string about, std::string found, std::string next) {
    return {group, std::move(check), std::move(about), Verdict::unknown, std::move(found), Turn::here, std::move(next)};
}

std::string_view word(Verdict verdict) { return verdicts.at(static_cast<std::size_t>(verdict)); }
std::string_view word(Turn turn) { return turns.at(static_cast<std::size_t>(turn)).word; }
std::string_view word(Group group) { return groups.at(static_cast<std::size_t>(group)).word; }
std::string_view people(Turn turn) { return turns.at(static_cast<std::size_t>(turn)).people; }
std::string_view title(Group group) { return groups.at(static_cast<std::size_t>(group)).title; }

int exit_status(const std::vector<Finding>& findings) {
    const auto any = [&](Verdict verdict) {
        return std::ranges::any_of(findings, [&](const Finding& one) { return one.verdict == verdict; });
    };
    if (any(Verdict::failed)) return 1;
    return any(Verdict::unknown) ? 2 : 0;
}

}  // namespace onceway::doctor
