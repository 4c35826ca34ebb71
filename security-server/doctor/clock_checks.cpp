// The clock, against everybody who said what time it is.
#include "schemas/base/limits.hpp"
#include "security-server/admin/health.hpp"
#include "security-server/doctor/checks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::doctor {
namespace {

using std::chrono::milliseconds;

std::string in_seconds(milliseconds offset) {
    return fmt::format("{:.1f} s {}", std::abs(static_cast<double>(offset.count())) / 1000,
                       offset.count() >= 0 ? "ahead of" : "behind");
}

milliseconds beyond_doubt(const admin::ClockOffset& offset) {
    return std::max(milliseconds(0), milliseconds(std::chrono::abs(offset.offset)) - offset.uncertainty);
}

/// Those whose clocks are far from ours while the middle one is not: it is they who are wrong.
std::string strays(const std::vector<admin::ClockOffset>& offsets) {
    std::string names;
    for (const auto& one : offsets)
        if (beyond_doubt(one) > admin::warn_clock)
            names +=
                fmt::format("{}ours is {} that of {}", names.empty() ? "" : ", ", in_seconds(one.offset), one.source);
    return names;
}

}  // namespace

Finding clock_finding(const std::vector<admin::ClockOffset>& offsets) {
    const auto middle = admin::middle_of(offsets);
    if (!middle)
        return unknown(Group::clock, "clock", "", "Nobody answered with whom it could be compared.",
                       "Compare it yourself with a clock you trust (`date -u`), and mend what failed above.");
    const auto apart = beyond_doubt(*middle);
    const auto found =
        fmt::format("It is {} that of {}, known to {:.1f} s; {} clocks were compared.", in_seconds(middle->offset),
                    middle->source, static_cast<double>(middle->uncertainty.count()) / 1000, offsets.size());
    const char* next =
        "Have this machine's clock set by NTP (`timedatectl set-ntp true`) and see that it stays so. If all "
        "others share one wrong clock, it is theirs.";
    if (apart > limits::clock_skew) return failed(Group::clock, "clock", "", found, Turn::here, next);
    if (apart > admin::warn_clock) return warning(Group::clock, "clock", "", found, Turn::here, next);
    if (const auto wrong = strays(offsets); !wrong.empty())
        return warning(Group::clock, "clock", "", "It agrees with most, but " + wrong + ".", Turn::authority,
                       "Have those who run that machine set its clock: what it signs may be refused.");
    return ok(Group::clock, "clock", "", found);
}

}  // namespace onceway::doctor
