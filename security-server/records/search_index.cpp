#include "security-server/records/search_index.hpp"

#include "certs/keys/digest.hpp"
#include "schemas/base/log.hpp"
#include "schemas/base/thread.hpp"
#include "security-server/records/tables.hpp"

#include <algorithm>

namespace onceway::records {
namespace {

constexpr std::size_t batch = 2'000, read_at_once = 5'000;
constexpr std::uint64_t stretch = 131'072;  // records

std::int64_t key_of(std::string_view message_id) {
    const auto digest = keys::sha256(message_id);
    std::uint64_t key = 0;
    for (std::size_t i = 0; i < 8; ++i) key = key << 8 | static_cast<unsigned char>(digest[i]);
    return static_cast<std::int64_t>(key);
}

Result<store::Database> open_database(const std::filesystem::path& path) {
    return store::Database::open({.path = path, .migrations = index_tables, .cache_kib = 1024});
}

std::uint64_t filled_up_to(store::Database& database) {
    auto filled = database.prepare("SELECT up_to FROM filled");
    return filled.step() ? static_cast<std::uint64_t>(filled.number(0)) : 0;
}

void remove_database(const std::filesystem::path& path) {
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + suffix, ignored);
}

}  // namespace

Result<std::unique_ptr<SearchIndex>> SearchIndex::open(const std::filesystem::path& path,
                                                       const std::filesystem::path& log, std::uint64_t last_number) {
    auto database = open_database(path);
    if (!database || filled_up_to(*database) > last_number) {
        log::warning("log.index_remade", {{"file", path.string()},
                                          {"reason", database ? "it is ahead of the log" : database.error().detail}});
        if (database) database = fault(FaultCode::database_error, "closed");
        remove_database(path);
        database = open_database(path);
        if (!database) return std::move(database).error();
    }
    const auto filled = filled_up_to(*database);
    std::unique_ptr<SearchIndex> index(new SearchIndex(std::move(*database), log, filled, last_number));
    if (index->missing() > read_at_once)
        log::info("log.index_being_made", {{"records", index->missing()}});
    else if (auto closed = index->close_gap(read_at_once); !closed)
        return std::move(closed).error();
    index->thread_ = std::thread([own = index.get()] { own->work(); });
    return index;
}

SearchIndex::SearchIndex(store::Database database, std::filesystem::path log, std::uint64_t filled,
                         std::uint64_t last_number)
    : log_(std::move(log)),
      database_(std::move(database)),
      gap_begin_(filled),
      gap_end_(last_number),
      written_(last_number),
      due_at_(batch) {}

SearchIndex::~SearchIndex() {
    {
        const std::lock_guard lock(tail_door_);
        stopping_ = true;
    }
    much_waits_.notify_one();
    if (thread_.joinable()) thread_.join();
}

/// Reads what is missing, some records at a time; after each, less is missing.
Result<void> SearchIndex::close_gap(std::uint64_t step) {
    if (missing() == 0) return {};
    auto records = StoreReader::open(log_);
    if (!records) return std::move(records).error();
    while (missing() > 0 && !stopping_) {
        const auto found = (*records)->message_ids(gap_begin_, step);
        if (!found) return found.error();
        std::vector<Entry> entries;
        auto reached = found->size() < step ? gap_end_.load() : gap_begin_.load();
        for (const auto& [number, message_id] : *found) {
            if (number > gap_end_) break;
            entries.emplace_back(key_of(message_id), number);
            reached = std::max(reached, number);
        }
        write(std::move(entries), reached);
        gap_begin_ = std::min(reached, gap_end_.load());
    }
    return {};
}

/// Closes the gap, then moves what gathers. A closing log leaves less than one batch to the next opening.
void SearchIndex::work() noexcept {
    name_this_thread("index");
    let_others_go_first();
    try {
        const bool much = missing() > 0;
        if (const auto closed = close_gap(batch); !closed)
            log::warning("log.index_not_made", {{"reason", closed.error().detail}});
        else if (much && missing() == 0)
            log::info("log.index_made");
    } catch (const std::exception& error) {
        log::warning("log.index_not_made", {{"reason", error.what()}});
    }
    for (bool last = false; !last;) {
        {
            std::unique_lock lock(tail_door_);
            much_waits_.wait(lock, [this] { return stopping_ || tail_.size() >= due_at_; });
            last = stopping_;
            if (tail_.size() < due_at_) continue;
        }
        fill();
    }
}

void SearchIndex::note(std::uint64_t number, std::string_view message_id) {
    const Entry entry(key_of(message_id), number);
    bool much = false;
    {
        const std::lock_guard lock(tail_door_);
        tail_.push_back(entry);
        much = tail_.size() == due_at_;
    }
    if (much) much_waits_.notify_one();
}

/// `up_to` counts only once nothing below it is missing; until then what is written here is read once more after a
/// crash.
void SearchIndex::write(std::vector<Entry> entries, std::uint64_t up_to) {
    std::ranges::sort(entries);  // by key, so that each page is touched once
    const std::lock_guard lock(database_door_);
    const bool closes = up_to >= gap_end_;
    const auto highest = std::max(written_, up_to);
    database_.transaction([&] {
        auto add = database_.prepare("INSERT OR IGNORE INTO entry (stretch, key, number) VALUES (?, ?, ?)");
        for (const auto& [key, number] : entries) {
            add.bind(1, static_cast<std::int64_t>(number / stretch)).bind(2, key);
            add.bind(3, static_cast<std::int64_t>(number)).step();
            add.reset();
        }
        auto filled = database_.prepare("UPDATE filled SET up_to = max(up_to, ?)");
        if (up_to <= gap_end_ || missing() == 0)
            filled.bind(1, static_cast<std::int64_t>(closes ? highest : up_to)).step();
    });
    written_ = highest;
}

void SearchIndex::fill() noexcept {
    std::size_t count = 0;
    bool written = false;
    try {
        std::vector<Entry> entries;
        {
            const std::lock_guard lock(tail_door_);
            entries = tail_;
        }
        count = entries.size();
        const auto last = entries.back().second;
        write(std::move(entries), last);
        written = true;
    } catch (const std::exception& error) {
        log::warning("log.index_not_written", {{"reason", error.what()}});
    }
    const std::lock_guard lock(tail_door_);
    if (written) tail_.erase(tail_.begin(), tail_.begin() + static_cast<std::ptrdiff_t>(count));
    due_at_ = tail_.size() + batch;  // after a failure, the next try comes after as many more
    if (written) due_at_ = batch;
}

/// The slow way, for the short time in which there is no other.
Result<void> SearchIndex::look_through_gap(std::string_view message_id, std::vector<std::uint64_t>& numbers) {
    const std::uint64_t begin = gap_begin_, end = gap_end_;
    if (begin >= end) return {};
    auto records = StoreReader::open(log_);
    if (!records) return std::move(records).error();
    for (auto after = begin; after < end;) {
        const auto found = (*records)->message_ids(after, batch);
        if (!found) return found.error();
        if (found->empty()) break;
        for (const auto& [number, id] : *found)
            if (id == message_id) numbers.push_back(number);
        after = found->back().first;
    }
    return {};
}

Result<std::vector<std::uint64_t>> SearchIndex::find(std::string_view message_id) {
    const auto key = key_of(message_id);
    std::vector<std::uint64_t> numbers;
    // What moves from the one to the other meanwhile is found in both, never in neither.
    {
        const std::lock_guard lock(tail_door_);
        for (const auto& entry : tail_)
            if (entry.first == key) numbers.push_back(entry.second);
    }
    if (auto looked = look_through_gap(message_id, numbers); !looked) return std::move(looked).error();
    {
        const std::lock_guard lock(database_door_);
        auto find = database_.prepare("SELECT number FROM entry WHERE stretch = ? AND key = ?");
        for (std::uint64_t one = 0; one <= written_ / stretch; ++one) {
            find.bind(1, static_cast<std::int64_t>(one)).bind(2, key);
            while (find.step()) numbers.push_back(static_cast<std::uint64_t>(find.number(0)));
            find.reset();
        }
    }
    std::ranges::sort(numbers);
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    return numbers;
}

}  // namespace onceway::records
