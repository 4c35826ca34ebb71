// The last messages that were refused and recorded, read beside the running log and never through it.
#pragma once

#include "security-server/records/message_log.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace onceway::records {

struct Refused {
    Stored stored;                          // `outcome` is the fault code
    std::string client, provider, service;  // percent-encoded, as identifiers stand in a URL
};

/// The newest `most` refusals among the last 100,000 records of the log in `folder`, newest first; none without a log.
/// Faults: `database_error`.
Result<std::vector<Refused>> last_refusals(const std::filesystem::path& folder, std::size_t most);

}  // namespace onceway::records
