#include "security-server/records/stamp_authorities.hpp"

#include <algorithm>

namespace onceway::records {
namespace {

/// What the configuration says of an address; "UNDEFINED" when it says nothing, or does not know it.
std::string cost_of(const std::string& url, const std::vector<registry::ApprovedTsa>& approved) {
    const auto known = std::ranges::find(approved, url, &registry::ApprovedTsa::url);
    return known == approved.end() ? "UNDEFINED" : known->cost_type.value_or("UNDEFINED");
}

}  // namespace

std::vector<std::string> authorities_in_order(const std::vector<std::string>& selected,
                                              const std::vector<registry::ApprovedTsa>& approved,
                                              Preference preference) {
    std::vector<std::string> urls = selected;
    if (urls.empty())
        for (const auto& authority : approved)
            if (std::ranges::count(urls, authority.url) == 0) urls.push_back(authority.url);
    if (preference == Preference::none) return urls;

    const bool free = preference == Preference::free_first || preference == Preference::only_free;
    const auto others = [&](const std::string& url) { return cost_of(url, approved) != (free ? "FREE" : "PAID"); };
    if (preference == Preference::only_free || preference == Preference::only_paid)
        std::erase_if(urls, others);
    else
        std::ranges::stable_sort(urls, {}, others);
    return urls;
}

}  // namespace onceway::records
