#include "security-server/admin/recent_refusals.hpp"

#include "schemas/store/database.hpp"

namespace onceway::admin {
namespace {

// The tables are those of records/tables.hpp, whose released columns never change; a role of 2 or 3 is the provider's.
constexpr std::string_view newest_refusals =
    "SELECT r.number, r.at, r.role, e.client, e.provider || '/' || e.service, r.message_id, r.outcome"
    " FROM record r JOIN errand e ON e.id = r.errand"
    " WHERE r.outcome IS NOT NULL AND r.number > (SELECT coalesce(max(number), 0) FROM record) - 100000"
    " ORDER BY r.number DESC LIMIT ?";

}  // namespace

Result<std::vector<Refusal>> recent_refusals(const std::filesystem::path& folder, std::size_t most) {
    std::vector<Refusal> refusals;
    if (!std::filesystem::exists(folder / "messages.db")) return refusals;
    auto database = store::Database::open_foreign(folder / "messages.db");
    if (!database) return database.error();
    auto query = database->try_prepare(newest_refusals);
    if (!query) return query.error();
    try {
        query->bind(1, static_cast<std::int64_t>(most));
        while (query->step())
            refusals.push_back({static_cast<std::uint64_t>(query->number(0)),
                                Instant(std::chrono::milliseconds(query->number(1))),
                                query->number(2) >= 2 ? "provider" : "client", query->text(3), query->text(4),
                                query->text(5), query->text(6)});
    } catch (const store::StoreError& error) {
        return fault(FaultCode::database_error, std::string("Reading the last refusals: ") + error.what());
    }
    return refusals;
}

}  // namespace onceway::admin
