#include "security-server/admin/state_store.hpp"

#include "schemas/store/database.hpp"

#include <fmt/format.h>

#include <mutex>

namespace onceway::admin {
namespace {

constexpr store::Migration migrations[] = {
    {1,
     "CREATE TABLE revision (number INTEGER PRIMARY KEY, at TEXT NOT NULL, state TEXT NOT NULL, changes TEXT NOT "
     "NULL)"},
};

std::string lines_of(const std::vector<Change>& changes) {
    std::string lines;
    for (const auto& change : changes) lines += change.text() + '\n';
    return lines;
}

}  // namespace

struct StateStore::Parts {
    store::Database database;
    const Clock& clock;
    mutable std::mutex lock;  // of the database; held while it writes
    std::shared_ptr<const access::State> current;
    mutable std::mutex current_lock;  // held only while the pointer is copied: messages ask for it
};

StateStore::StateStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
StateStore::~StateStore() = default;

Result<std::unique_ptr<StateStore>> StateStore::open(const std::filesystem::path& path,
                                                     const identity::ServerId& server, const Clock& clock) {
    auto database = store::Database::open({.path = path, .migrations = migrations});
    if (!database) return database.error();
    auto state = std::make_shared<access::State>();
    auto query = database->prepare("SELECT number, state FROM revision ORDER BY number DESC LIMIT 1");
    if (query.step()) {
        auto read = read_state(query.text(1), path.string(), path.parent_path(), server);
        if (!read) return read.error();
        *state = std::move(*read);
        state->revision = static_cast<std::uint64_t>(query.number(0));
    }
    query.reset();
    auto parts = std::unique_ptr<Parts>(new Parts{std::move(*database), clock, {}, std::move(state), {}});
    return std::unique_ptr<StateStore>(new StateStore(std::move(parts)));
}

std::shared_ptr<const access::State> StateStore::current() const {
    const std::lock_guard held(parts_->current_lock);
    return parts_->current;
}

Result<std::uint64_t> StateStore::apply(access::State next, std::uint64_t expected) {
    auto& parts = *parts_;
    const std::lock_guard held(parts.lock);
    const auto now = parts.current->revision;
    if (now != expected)
        return fault(FaultCode::invalid_request,
                     fmt::format("Applying the declared state: revision {} was compared, but {} is in force now. "
                                 "Apply again to see what would change.",
                                 expected, now));
    const auto changes = difference(*parts.current, next);
    if (changes.empty()) return now;
    next.revision = now + 1;
    try {
        auto insert = parts.database.prepare("INSERT INTO revision (number, at, state, changes) VALUES (?, ?, ?, ?)");
        const auto at = rfc3339(parts.clock.now()), text = write_state(next), lines = lines_of(changes);
        insert.bind(1, static_cast<std::int64_t>(next.revision))
            .bind_text(2, at)
            .bind_text(3, text)
            .bind_text(4, lines);
        parts.database.transaction([&] { insert.step(); });
    } catch (const store::StoreError& error) {
        return fault(FaultCode::database_error,
                     fmt::format("Applying the declared state: {}. Nothing was changed.", error.what()));
    }
    auto applied = std::make_shared<const access::State>(std::move(next));
    const std::lock_guard handing_over(parts.current_lock);
    parts.current = std::move(applied);
    return parts.current->revision;
}

std::vector<StateStore::Revision> StateStore::history(std::size_t most) const {
    const std::lock_guard held(parts_->lock);
    auto query = parts_->database.prepare("SELECT number, at, changes FROM revision ORDER BY number DESC LIMIT ?");
    query.bind(1, static_cast<std::int64_t>(most));
    std::vector<Revision> revisions;
    while (query.step())
        revisions.push_back({static_cast<std::uint64_t>(query.number(0)), query.text(1), query.text(2)});
    return revisions;
}

}  // namespace onceway::admin
