// The one door to SQLite: open hardened, migrate, prepare, commit. And files written whole or not at all.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

struct sqlite3_stmt;

namespace onceway::store {

class Connection;

/// A prepared statement. Bind by position from 1, step, read columns from 0, reset.
class Statement {
public:
    Statement(Statement&&) noexcept;
    Statement& operator=(Statement&&) noexcept;
    ~Statement();

    Statement& bind(int position, std::int64_t number);
    Statement& bind_text(int position, std::string_view text);
    Statement& bind_blob(int position, OctetsView octets);  // the octets must live until step
    Statement& bind_null(int position);

    /// True when a row is there, false when done. A broken disk throws StoreBroken; a full one throws StoreFull; a
    /// violated constraint throws StoreConflict.
    bool step();
    void reset();  // also clears the bindings

    std::int64_t number(int column) const;
    double real(int column) const;
    std::string text(int column) const;
    Octets blob(int column) const;
    bool is_null(int column) const;

    /// The kind of the value in the current row.
    enum class Kind { integer, real, text, blob, null };
    Kind kind(int column) const;
    int columns() const;
    std::string column_name(int column) const;

    /// The names of the parameters as written (":id"), in order; an unnamed one is empty.
    std::vector<std::string> parameters() const;
    /// The position of a parameter named so; 0 when there is none.
    int position(const std::string& name) const;
    /// True when stepping cannot write to the database.
    bool reads_only() const;

private:
    friend class Database;
    Statement(std::shared_ptr<Connection> connection, sqlite3_stmt* handle);
    std::shared_ptr<Connection> connection_;
    sqlite3_stmt* handle_ = nullptr;
};

/// What the disk did to us; caught where the promise is kept. After StoreBroken nothing may be acknowledged any more.
struct StoreError : std::runtime_error {
    using std::runtime_error::runtime_error;
};
struct StoreBroken : StoreError {
    using StoreError::StoreError;
};
struct StoreFull : StoreError {
    using StoreError::StoreError;
};
struct StoreConflict : StoreError {
    using StoreError::StoreError;
};
struct StoreInterrupted : StoreError {
    using StoreError::StoreError;
};  // see Database::allow_work

/// One step of a schema's history; never changed once released.
struct Migration {
    int version;           // 1, 2, 3 …
    std::string_view sql;  // one or more statements
};

/// One connection, used by one thread at a time. Rule: threats §5.4 (flags, pragmas read back, limits).
class Database {
public:
    struct Settings {
        std::filesystem::path path;
        std::int64_t application_id = 0x4f4e4345;  // "ONCE"
        std::span<const Migration> migrations;
        bool read_only = false;
        int cache_kib = 2048;
        /// A larger file is not read from end to end when it is opened.
        std::uint64_t check_up_to = UINT64_MAX;
        /// The caller moves the write-ahead log on with `checkpoint`, and so learns when that fails.
        bool own_checkpoints = false;
    };
    /// Opens or creates, checks (`quick_check`), migrates. Faults: `database_error`: not a database, made by a later
    /// release, damaged, pragma refused; `detail` names the file and the remedy.
    static Result<Database> open(const Settings& settings);

    /// Opens somebody else's database for reading, whatever its schema. Nothing can be written through it, nothing but
    /// SELECT is prepared, no extension is loaded, no second file attached. Faults: `database_error`.
    static Result<Database> open_foreign(const std::filesystem::path& path);

    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database();

    Statement prepare(std::string_view sql);
    /// The same for SQL that is not ours: exactly one statement. Faults: `database_error`, with SQLite's words.
    Result<Statement> try_prepare(std::string_view sql);
    /// From now on a step that runs beyond `time` throws StoreInterrupted; until the next call.
    void allow_work(std::chrono::milliseconds time);
    void execute(std::string_view sql);  // without parameters
    std::int64_t last_row() const;
    /// With `own_checkpoints`: the pages that lay in the write-ahead log after the last commit.
    int log_pages() const;
    /// Writes what lies in the write-ahead log into the database and syncs it; what somebody still reads stays. A
    /// failure throws: after StoreBroken the log stays as it is, for the next opening to recover from.
    void checkpoint();

    /// BEGIN IMMEDIATE … COMMIT around `work`; an exception rolls back and goes on.
    template <class F>
    auto transaction(F&& work) {
        begin();
        try {
            if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
                work();
                commit();
            } else {
                auto outcome = work();
                commit();
                return outcome;
            }
        } catch (...) {
            roll_back();
            throw;
        }
    }

private:
    void run_kept(std::unique_ptr<Statement>& statement, std::string_view sql);
    void begin();
    void commit();
    void roll_back() noexcept;
    explicit Database(std::shared_ptr<Connection> connection);
    std::shared_ptr<Connection> connection_;
    std::unique_ptr<Statement> begin_, commit_;  // prepared once: a transaction is a commit, and commits are counted
};

/// Writes `octets` to a temporary file beside `path` (mode 0600), syncs, renames, syncs the directory.
/// Faults: `io_error` with path and reason.
Result<void> write_whole(const std::filesystem::path& path, OctetsView octets);
/// Reads a file of at most `most` octets. Faults: `io_error`, `too_large`.
Result<Octets> read_whole(const std::filesystem::path& path, std::size_t most);

}  // namespace onceway::store
