#include "security-server/transport/refusals.hpp"

#include <algorithm>

namespace onceway::transport {
namespace {

constexpr std::size_t most_kept = 50, most_codes = 100, reason_octets = 200, code_octets = 200;

std::int64_t minute_of(Instant at) {
    return std::chrono::duration_cast<std::chrono::minutes>(at.time_since_epoch()).count();
}

}  // namespace

void Refusals::note(Refused refused) {
    const auto number = minute_of(refused.at);
    refused.reason.resize(std::min(refused.reason.size(), reason_octets));
    refused.code.resize(std::min(refused.code.size(), code_octets));
    const std::lock_guard held(lock_);
    ++in_all_;
    auto& minute = minutes_[static_cast<std::size_t>(number) % minutes_.size()];
    if (minute.number != number) minute = {number, {}};
    const bool room = minute.counts.size() < most_codes || minute.counts.contains(refused.code);
    ++minute.counts[room ? refused.code : "other"];
    last_.push_front(std::move(refused));
    if (last_.size() > most_kept) last_.pop_back();
}

std::vector<Refused> Refusals::last(std::size_t most) const {
    const std::lock_guard held(lock_);
    return {last_.begin(), last_.begin() + static_cast<std::ptrdiff_t>(std::min(most, last_.size()))};
}

std::map<std::string, std::uint64_t> Refusals::last_hour(Instant now) const {
    const auto newest = minute_of(now), oldest = newest - static_cast<std::int64_t>(minutes_.size()) + 1;
    std::map<std::string, std::uint64_t> counts;
    const std::lock_guard held(lock_);
    for (const auto& minute : minutes_) {
        if (minute.number < oldest || minute.number > newest) continue;
        for (const auto& [code, count] : minute.counts) counts[code] += count;
    }
    return counts;
}

std::uint64_t Refusals::in_all() const {
    const std::lock_guard held(lock_);
    return in_all_;
}

Refusals& refusals() {
    static Refusals of_this_process;
    return of_this_process;
}

}  // namespace onceway::transport
