#include "security-server/consumer/last_winners.hpp"

#include <algorithm>

namespace onceway::consumer {
namespace {

constexpr std::chrono::hours remembered{1};
constexpr std::size_t sets_most = 10'000;

}  // namespace

std::string LastWinners::name_of(std::vector<std::string> addresses) {
    std::ranges::sort(addresses);
    std::string name;
    for (const auto& address : addresses) name += address + '\n';
    return name;
}

void LastWinners::won(const std::string& set, const std::string& address, Time now) {
    if (winners_.size() >= sets_most) winners_.clear();
    winners_[set] = {address, now + remembered};
}

bool LastWinners::to_front(const std::string& set, std::vector<std::string>& addresses, Time now) const {
    const auto winner = winners_.find(set);
    if (winner == winners_.end() || winner->second.until < now) return false;
    const auto at = std::ranges::find(addresses, winner->second.address);
    if (at == addresses.end()) return false;
    std::rotate(addresses.begin(), at, at + 1);
    return true;
}

}  // namespace onceway::consumer
