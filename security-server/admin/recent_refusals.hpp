// The last messages that were refused and recorded, for `status`: read beside the running log, never through it.
#pragma once

#include "schemas/base/result.hpp"
#include "schemas/base/time.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace onceway::admin {

struct Refusal {
    std::uint64_t number = 0;  // of the record
    Instant at{};
    std::string side, client, service, message_id, code;
};

/// The newest `most` refusals among the last 100,000 records of the log in `folder`, newest first; none without a log.
/// Faults: `database_error`.
Result<std::vector<Refusal>> recent_refusals(const std::filesystem::path& folder, std::size_t most);

}  // namespace onceway::admin
