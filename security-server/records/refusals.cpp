#include "security-server/records/refusals.hpp"

#include "security-server/records/store.hpp"

namespace onceway::records {

Result<std::vector<Refused>> last_refusals(const std::filesystem::path& folder, std::size_t most) {
    constexpr std::uint64_t looked_through = 100'000;
    const auto path = folder / "messages.db";
    if (!std::filesystem::exists(path)) return std::vector<Refused>();
    try {
        auto reader = StoreReader::open(path);
        if (!reader) return std::move(reader).error();
        const auto numbers = (*reader)->refused(looked_through, most);
        if (!numbers) return numbers.error();
        std::vector<Refused> refusals;
        for (const auto number : *numbers) {
            auto row = (*reader)->row(number, false);
            if (!row) return std::move(row).error();
            if (!*row) continue;
            auto& [stored, client, provider, service] = refusals.emplace_back();
            stored = std::move((*row)->stored);
            client = std::move((*row)->client), provider = std::move((*row)->provider);
            service = std::move((*row)->service);
        }
        return refusals;
    } catch (const store::StoreError& error) {
        return fault(FaultCode::database_error, std::string("Reading the last refusals: ") + error.what());
    }
}

}  // namespace onceway::records
