// A whole log, read from end to end: what opening a large one leaves to a quieter hour.
#pragma once

#include "schemas/base/result.hpp"
#include "security-server/records/logged_parts.hpp"
#include "security-server/records/message_log.hpp"

#include <array>
#include <filesystem>
#include <functional>
#include <string>

namespace onceway::records {

/// A record as a list of the log shows it.
struct Listed {
    Stored stored;
    std::string client, provider, service;  // percent-encoded, as identifiers stand in a URL
    std::vector<LoggedPart> parts;          // the body or the attachments
};

struct Checked {
    std::uint64_t records = 0, refused = 0, documents = 0, body_files = 0, unstamped = 0;
    std::uint64_t not_kept = 0;  // attachments of which the log has size and digest alone
    Octets last_link;            // of the last pack: says which log this was, up to its last record
};

/// Reads every record of the log in `folder`, beside a running server or of a stopped one: numbers without a gap from
/// one on, every pack what was written, every signature document put together, every body file there and with its
/// digest. `seen` gets each record; empty: nobody. Faults: `database_error` with the first record that is not as it
/// should be, `not_found` when there is no log.
Result<Checked> check_log(const std::filesystem::path& folder, const std::function<void(const Listed&)>& seen);

}  // namespace onceway::records
