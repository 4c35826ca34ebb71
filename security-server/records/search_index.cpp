#include "security-server/records/search_index.hpp"

#include "certs/keys/digest.hpp"
#include "schemas/base/log.hpp"
#include "security-server/records/tables.hpp"

#include <algorithm>

namespace onceway::records {
namespace {

constexpr std::size_t batch = 2'000;

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

Result<std::unique_ptr<SearchIndex>> SearchIndex::open(const std::filesystem::path& path, StoreReader& records,
                                                       std::uint64_t last_number) {
    auto database = open_database(path);
    if (!database || filled_up_to(*database) > last_number) {
        log::warning("log.index_remade", {{"file", path.string()},
                                          {"reason", database ? "it is ahead of the log" : database.error().detail}});
        if (database) database = fault(FaultCode::database_error, "closed");
        remove_database(path);
        database = open_database(path);
        if (!database) return std::move(database).error();
    }
    const auto up_to = filled_up_to(*database);
    std::unique_ptr<SearchIndex> index(new SearchIndex(std::move(*database)));
    for (auto after = up_to;;) {
        const auto found = records.message_ids(after, batch);
        if (!found) return found.error();
        for (const auto& [number, message_id] : *found) index->note(number, message_id);
        if (found->size() < batch) return index;
        after = found->back().first;
        index->fill_when_due();
    }
}

void SearchIndex::note(std::uint64_t number, std::string_view message_id) {
    const Entry entry(key_of(message_id), number);
    const std::lock_guard lock(tail_door_);
    tail_.push_back(entry);
}

void SearchIndex::write(const std::vector<Entry>& entries, std::uint64_t up_to) {
    const std::lock_guard lock(database_door_);
    database_.transaction([&] {
        auto add = database_.prepare("INSERT OR IGNORE INTO entry (key, number) VALUES (?, ?)");
        for (const auto& [key, number] : entries) {
            add.bind(1, key).bind(2, static_cast<std::int64_t>(number)).step();
            add.reset();
        }
        auto filled = database_.prepare("UPDATE filled SET up_to = ?");
        filled.bind(1, static_cast<std::int64_t>(up_to)).step();
    });
}

void SearchIndex::fill_when_due() noexcept {
    try {
        std::vector<Entry> entries;
        {
            const std::lock_guard lock(tail_door_);
            if (tail_.size() < std::max(batch, due_at_)) return;
            entries = tail_;
        }
        due_at_ = entries.size() + batch;  // when this fails, the next try comes after as many more
        const auto last = entries.back().second;
        std::ranges::sort(entries);  // by key, so that each page is touched once
        write(entries, last);
        due_at_ = 0;
        const std::lock_guard lock(tail_door_);
        tail_.erase(tail_.begin(), tail_.begin() + static_cast<std::ptrdiff_t>(entries.size()));
    } catch (const std::exception& error) {
        log::warning("log.index_not_written", {{"reason", error.what()}});
    }
}

std::vector<std::uint64_t> SearchIndex::find(std::string_view message_id) {
    const auto key = key_of(message_id);
    std::vector<std::uint64_t> numbers;
    {
        const std::lock_guard lock(tail_door_);
        for (const auto& entry : tail_)
            if (entry.first == key) numbers.push_back(entry.second);
    }
    {
        const std::lock_guard lock(database_door_);
        auto find = database_.prepare("SELECT number FROM entry WHERE key = ?");
        find.bind(1, key);
        while (find.step()) numbers.push_back(static_cast<std::uint64_t>(find.number(0)));
    }
    std::ranges::sort(numbers);
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    return numbers;
}

}  // namespace onceway::records
