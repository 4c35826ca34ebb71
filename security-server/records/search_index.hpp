// Finds records by message id. The index is a database of its own, filled behind the committing transaction and made
// again whenever it is lost; what is not in it yet is kept in memory.
#pragma once

#include "schemas/store/database.hpp"
#include "security-server/records/store.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace onceway::records {

class SearchIndex {
public:
    /// Opens the index and reads from `records` what it does not hold yet, up to `last_number`. An index that is
    /// damaged or knows records that do not exist is made again. Faults: `database_error`.
    static Result<std::unique_ptr<SearchIndex>> open(const std::filesystem::path& path, StoreReader& records,
                                                     std::uint64_t last_number);

    /// A record was committed. The writer's thread only.
    void note(std::uint64_t number, std::string_view message_id);
    /// Moves what gathered in memory to the disk when it is much. The writer's thread only; never throws: a full disk
    /// costs memory here, not messages.
    void fill_when_due() noexcept;

    /// Numbers of records that may have this message id, ascending: keys are shortened digests, so the caller compares.
    std::vector<std::uint64_t> find(std::string_view message_id);

private:
    using Entry = std::pair<std::int64_t, std::uint64_t>;  // key and number
    explicit SearchIndex(store::Database database) : database_(std::move(database)) {}
    void write(const std::vector<Entry>& entries, std::uint64_t up_to);

    std::mutex database_door_;
    store::Database database_;
    std::size_t due_at_ = 0;
    std::mutex tail_door_;
    std::vector<Entry> tail_;
};

}  // namespace onceway::records
