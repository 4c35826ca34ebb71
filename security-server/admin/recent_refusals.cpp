#include "security-server/admin/recent_refusals.hpp"

#include "security-server/records/refusals.hpp"

namespace onceway::admin {

Result<std::vector<Refusal>> recent_refusals(const std::filesystem::path& folder, std::size_t most) {
    auto found = records::last_refusals(folder, most);
    if (!found) return std::move(found).error();
    std::vector<Refusal> refusals;
    refusals.reserve(found->size());
    for (const auto& [stored, client, provider, service] : *found)
        refusals.push_back({stored.number, stored.at, stored.side == records::Side::provider ? "provider" : "client",
                            client, provider + '/' + service, stored.message_id, stored.outcome});
    return refusals;
}

}  // namespace onceway::admin
