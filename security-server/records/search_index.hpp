// Finds records by message id. The index is a database of its own, filled behind the committing transaction and made
// again whenever it is lost; what is not in it yet is kept in memory.
#pragma once

#include "schemas/store/database.hpp"
#include "security-server/records/store.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace onceway::records {

class SearchIndex {
public:
    /// Opens the index. What it does not hold yet of the records in `log`, up to `last_number`, is read now when it is
    /// little, and behind the scenes when it is much; until then finding reads those records themselves. An index that
    /// is damaged or knows records that do not exist is made again. Faults: `database_error`.
    static Result<std::unique_ptr<SearchIndex>> open(const std::filesystem::path& path,
                                                     const std::filesystem::path& log, std::uint64_t last_number);
    ~SearchIndex();

    /// A record was committed. The writer's thread only. What gathers in memory moves to the disk behind the scenes
    /// when it is much; a full disk costs memory here, not messages.
    void note(std::uint64_t number, std::string_view message_id);

    /// Numbers of records that may have this message id, ascending: keys are shortened digests, so the caller compares.
    /// Faults: `database_error`.
    Result<std::vector<std::uint64_t>> find(std::string_view message_id);
    /// Records that the index does not hold yet, while it is being made again.
    std::uint64_t missing() const { return gap_end_ - gap_begin_; }

private:
    using Entry = std::pair<std::int64_t, std::uint64_t>;  // key and number
    SearchIndex(store::Database database, std::filesystem::path log, std::uint64_t filled, std::uint64_t last_number);
    void write(std::vector<Entry> entries, std::uint64_t up_to);
    Result<void> close_gap(std::uint64_t step);
    void work() noexcept;
    void fill() noexcept;
    Result<void> look_through_gap(std::string_view message_id, std::vector<std::uint64_t>& numbers);

    const std::filesystem::path log_;
    std::mutex database_door_;
    store::Database database_;
    std::atomic<std::uint64_t> gap_begin_, gap_end_;  // numbers above the one, up to the other, are not in the index
    std::uint64_t written_ = 0;                       // the highest number that is
    std::mutex tail_door_;
    std::condition_variable much_waits_;
    std::vector<Entry> tail_;
    std::size_t due_at_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace onceway::records
