#include "security-server/records/failing_since.hpp"

#include "schemas/store/database.hpp"

#include <algorithm>

namespace onceway::records {

namespace {
constexpr std::size_t line_octets = 64;
}

Result<std::optional<Instant>> read_failing_since(const std::filesystem::path& file, Instant now) {
    std::error_code error;
    if (!std::filesystem::exists(file, error) && !error) return std::optional<Instant>{};
    const auto text = store::read_whole(file, line_octets);
    if (!text) return text.error();
    const auto since = parse_rfc3339(text->substr(0, text->find('\n')));
    if (!since) return fault(FaultCode::invalid_argument, "Reading " + file.string() + ": it holds no moment in time");
    return std::optional<Instant>(std::min(*since, now));
}

Result<void> write_failing_since(const std::filesystem::path& file, std::optional<Instant> since) {
    if (since) return store::write_whole(file, rfc3339(*since) + '\n');
    std::error_code error;
    std::filesystem::remove(file, error);
    if (error) return fault(FaultCode::io_error, "Removing " + file.string() + ": " + error.message());
    return {};
}

}  // namespace onceway::records
