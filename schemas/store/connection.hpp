// One open SQLite handle, and what its result codes mean to us. Shared by a database and its statements.
#pragma once

#include "schemas/store/database.hpp"

#include <chrono>
#include <string>
#include <string_view>

struct sqlite3;

namespace onceway::store {

class Connection {
public:
    explicit Connection(sqlite3* handle, std::string name) : handle_(handle), name_(std::move(name)) {}
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    sqlite3* handle() const { return handle_; }
    const std::string& name() const { return name_; }

    /// Throws what `code` means; `error` is the errno that SQLite left behind. After StoreBroken every further use
    /// throws it again.
    [[noreturn]] void fail(int code, std::string_view doing, int error = 0);
    /// Throws StoreBroken when the store has been found broken before.
    void check_usable() const;

    std::chrono::steady_clock::time_point deadline{};
    int log_pages = 0;  // of the write-ahead log after the last commit, when the caller moves it on

private:
    sqlite3* handle_;
    std::string name_;
    std::string broken_;
};

/// Sets flags, limits and pragmas, and reads the pragmas back. Faults: `database_error`. Rule: threats §5.4.
Result<void> harden(Connection& connection, bool writable, int cache_kib);
/// The same for a database that is not ours: SELECT and nothing else.
Result<void> confine(Connection& connection);

}  // namespace onceway::store
