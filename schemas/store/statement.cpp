#include "schemas/store/connection.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

namespace onceway::store {
namespace {

/// A quota that is used up, or a limit on file sizes, is a full disk to us: it passes when there is room again. SQLite
/// calls only ENOSPC so. What it could not write lies behind the end of its journal, where nobody looks.
bool is_full(int code, int error) {
    if ((code & 0xff) == SQLITE_FULL) return true;
    return code == SQLITE_IOERR_WRITE && (error == EDQUOT || error == EFBIG);
}

}  // namespace

Connection::~Connection() { sqlite3_close_v2(handle_); }

void Connection::check_usable() const {
    if (!broken_.empty()) throw StoreBroken(broken_);
}

void Connection::fail(int code, std::string_view doing, int error) {
    const auto what = fmt::format("{} {}: {} ({})", doing, name_, sqlite3_errmsg(handle_), code);
    if (is_full(code, error)) throw StoreFull(what);
    switch (code & 0xff) {
        case SQLITE_CONSTRAINT:
            throw StoreConflict(what);
        case SQLITE_INTERRUPT:
            throw StoreInterrupted(what);
        case SQLITE_NOMEM:
            throw std::bad_alloc();
        case SQLITE_IOERR:
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
            broken_ = what;
            // What a failed sync left of the write-ahead log is judged by its checksums when it is opened again; nobody
            // copies it into the database before that.
            sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
            throw StoreBroken(what);
        default:
            throw StoreError(what);
    }
}

Statement::Statement(std::shared_ptr<Connection> connection, sqlite3_stmt* handle)
    : connection_(std::move(connection)), handle_(handle) {}

Statement::Statement(Statement&& other) noexcept
    : connection_(std::move(other.connection_)), handle_(std::exchange(other.handle_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
    std::swap(connection_, other.connection_);
    std::swap(handle_, other.handle_);
    return *this;
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement& Statement::bind(int position, std::int64_t number) {
    if (const int code = sqlite3_bind_int64(handle_, position, number); code != SQLITE_OK)
        connection_->fail(code, "binding in");
    return *this;
}

Statement& Statement::bind_text(int position, std::string_view text) {
    const auto* octets = text.empty() ? "" : text.data();
    const int code = sqlite3_bind_text64(handle_, position, octets, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    if (code != SQLITE_OK) connection_->fail(code, "binding in");
    return *this;
}

Statement& Statement::bind_blob(int position, OctetsView octets) {
    const auto* first = octets.empty() ? "" : octets.data();
    const int code = sqlite3_bind_blob64(handle_, position, first, octets.size(), SQLITE_STATIC);
    if (code != SQLITE_OK) connection_->fail(code, "binding in");
    return *this;
}

Statement& Statement::bind_null(int position) {
    if (const int code = sqlite3_bind_null(handle_, position); code != SQLITE_OK) connection_->fail(code, "binding in");
    return *this;
}

bool Statement::step() {
    connection_->check_usable();
    errno = 0;
    const int code = sqlite3_step(handle_);
    const int error = errno;
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    const auto doing = fmt::format("running \"{:.80}\" in", sqlite3_sql(handle_));
    try {
        connection_->fail(code, doing, error);
    } catch (...) {
        sqlite3_reset(handle_);  // so that a transaction around it can be rolled back
        throw;
    }
}

void Statement::reset() {
    sqlite3_reset(handle_);  // repeats the code of the last step, which has been reported
    sqlite3_clear_bindings(handle_);
}

std::int64_t Statement::number(int column) const { return sqlite3_column_int64(handle_, column); }
double Statement::real(int column) const { return sqlite3_column_double(handle_, column); }

std::string Statement::text(int column) const {
    const auto* octets = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    return octets ? std::string(octets, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column)))
                  : std::string();
}

Octets Statement::blob(int column) const {
    const auto* octets = static_cast<const char*>(sqlite3_column_blob(handle_, column));
    return octets ? Octets(octets, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))) : Octets();
}

bool Statement::is_null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

Statement::Kind Statement::kind(int column) const {
    switch (sqlite3_column_type(handle_, column)) {
        case SQLITE_INTEGER:
            return Kind::integer;
        case SQLITE_FLOAT:
            return Kind::real;
        case SQLITE_TEXT:
            return Kind::text;
        case SQLITE_BLOB:
            return Kind::blob;
        default:
            return Kind::null;
    }
}

int Statement::columns() const { return sqlite3_column_count(handle_); }

std::string Statement::column_name(int column) const {
    const auto* name = sqlite3_column_name(handle_, column);
    return name ? name : "";
}

std::vector<std::string> Statement::parameters() const {
    std::vector<std::string> names;
    for (int i = 1; i <= sqlite3_bind_parameter_count(handle_); ++i) {
        const auto* name = sqlite3_bind_parameter_name(handle_, i);
        names.emplace_back(name ? name : "");
    }
    return names;
}

int Statement::position(const std::string& name) const { return sqlite3_bind_parameter_index(handle_, name.c_str()); }
bool Statement::reads_only() const { return sqlite3_stmt_readonly(handle_) != 0; }

}  // namespace onceway::store
