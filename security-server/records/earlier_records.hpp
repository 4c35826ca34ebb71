// Records as the first form of the log kept them, one row each. They are evidence, and stay as they are.
#pragma once

#include "security-server/records/store.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace onceway::records {

class EarlierRecords {
public:
    explicit EarlierRecords(store::Database& database);

    std::optional<Row> row(std::uint64_t number, bool with_body);
    /// Numbers above `after` and their message ids, at most `most` of them.
    std::vector<std::pair<std::uint64_t, std::string>> message_ids(std::uint64_t after, std::size_t most);
    /// Reads the last `most`, which end before `next` unless that is 0, and adds the body files that they name.
    /// Faults: `database_error` when a number is missing.
    Result<void> check_tail(std::uint64_t most, std::uint64_t next, std::vector<BodyFile>& files);

private:
    store::Statement row_, body_, message_ids_, tail_, files_;
};

}  // namespace onceway::records
