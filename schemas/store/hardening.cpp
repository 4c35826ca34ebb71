// What a connection may do at most, and how it keeps its promises. Rule: threats §5.4.
#include "schemas/store/connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cstring>

namespace onceway::store {
namespace {

struct Flag {
    const char* name;
    int option, value;
};
constexpr Flag flags[] = {
    {"DEFENSIVE", SQLITE_DBCONFIG_DEFENSIVE, 1},
    {"TRUSTED_SCHEMA", SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {"ENABLE_LOAD_EXTENSION", SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    {"DQS_DML", SQLITE_DBCONFIG_DQS_DML, 0},
    {"DQS_DDL", SQLITE_DBCONFIG_DQS_DDL, 0},
};
constexpr Flag no_views = {"ENABLE_VIEW", SQLITE_DBCONFIG_ENABLE_VIEW, 0};

constexpr std::pair<int, int> bounds[] = {
    {SQLITE_LIMIT_LENGTH, 64 * 1024 * 1024}, {SQLITE_LIMIT_SQL_LENGTH, 100'000}, {SQLITE_LIMIT_COLUMN, 100},
    {SQLITE_LIMIT_EXPR_DEPTH, 50},           {SQLITE_LIMIT_ATTACHED, 0},         {SQLITE_LIMIT_VARIABLE_NUMBER, 100},
};

struct Pragma {
    const char* name;
    const char* set;
    const char* reads_back;
};
constexpr Pragma for_writing[] = {
    {"journal_mode", "WAL", "wal"},
    {"synchronous", "FULL", "2"},
    {"foreign_keys", "ON", "1"},
    {"journal_size_limit", "67108864", "67108864"},
};
constexpr Pragma for_everybody[] = {
    {"busy_timeout", "5000", "5000"},
    {"trusted_schema", "OFF", "0"},
    {"cell_size_check", "ON", "1"},
    {"mmap_size", "0", "0"},
};
constexpr Pragma for_reading = {"query_only", "ON", "1"};

Fault refused(const Connection& connection, std::string detail) {
    return fault(FaultCode::database_error, fmt::format("opening {}: {}", connection.name(), detail));
}

Result<void> set_flag(const Connection& connection, const Flag& flag) {
    int now = -1;
    const int code = sqlite3_db_config(connection.handle(), flag.option, flag.value, &now);
    if (code == SQLITE_OK && now == flag.value) return {};
    return refused(connection, fmt::format("SQLite refuses {}={}", flag.name, flag.value));
}

/// The first column of the first row of a PRAGMA statement, or SQLite's complaint as a fault.
Result<std::string> ask(const Connection& connection, const std::string& pragma) {
    sqlite3_stmt* handle = nullptr;
    int code = sqlite3_prepare_v2(connection.handle(), pragma.c_str(), -1, &handle, nullptr);
    std::string answer;
    if (code == SQLITE_OK && (code = sqlite3_step(handle)) == SQLITE_ROW)
        if (const auto* text = sqlite3_column_text(handle, 0)) answer = reinterpret_cast<const char*>(text);
    const std::string complaint = sqlite3_errmsg(connection.handle());
    sqlite3_finalize(handle);
    if (code != SQLITE_ROW && code != SQLITE_DONE) return refused(connection, fmt::format("{}: {}", pragma, complaint));
    return answer;
}

Result<void> set_pragma(const Connection& connection, const Pragma& pragma) {
    auto set = ask(connection, fmt::format("PRAGMA {}={}", pragma.name, pragma.set));
    if (!set) return set.error();
    auto now = ask(connection, fmt::format("PRAGMA {}", pragma.name));
    if (!now) return now.error();
    // A build without memory mapping answers mmap_size with nothing, which is as good as 0.
    if (*now == pragma.reads_back || (now->empty() && std::string_view(pragma.name) == "mmap_size")) return {};
    return refused(connection, fmt::format("{} is '{}' after it was set to {}", pragma.name, *now, pragma.set));
}

Result<void> set_up(Connection& connection) {
    for (const auto& flag : flags)
        if (auto set = set_flag(connection, flag); !set) return set;
    for (const auto& [which, most] : bounds) sqlite3_limit(connection.handle(), which, most);
    for (const auto& pragma : for_everybody)
        if (auto set = set_pragma(connection, pragma); !set) return set;
    return {};
}

/// What a foreign statement may do: read, and call functions that stay within the database.
int only_reading(void*, int action, const char*, const char* name, const char*, const char*) {
    switch (action) {
        case SQLITE_SELECT:
        case SQLITE_READ:
        case SQLITE_RECURSIVE:
            return SQLITE_OK;
        case SQLITE_FUNCTION:
            return name && std::strcmp(name, "load_extension") != 0 ? SQLITE_OK : SQLITE_DENY;
        default:
            return SQLITE_DENY;
    }
}

}  // namespace

Result<void> harden(Connection& connection, bool writable, int cache_kib) {
    auto prepared = set_up(connection);
    if (!prepared) return prepared;
    if (auto set = set_flag(connection, no_views); !set) return set;
    auto cache = ask(connection, fmt::format("PRAGMA cache_size=-{}", cache_kib));
    if (!cache) return cache.error();
    if (!writable) return set_pragma(connection, for_reading);
    for (const auto& pragma : for_writing)
        if (auto set = set_pragma(connection, pragma); !set) return set;
    return {};
}

Result<void> confine(Connection& connection) {
    auto prepared = set_up(connection);
    if (!prepared) return prepared;
    if (auto set = set_pragma(connection, for_reading); !set) return set;
    // Reads the header, so that a file that is no database is refused now and not at the first question.
    if (auto header = ask(connection, "SELECT count(*) FROM sqlite_schema"); !header) return header.error();
    sqlite3_set_authorizer(connection.handle(), only_reading, nullptr);
    return {};
}

}  // namespace onceway::store
