#include "schemas/store/database.hpp"

#include "schemas/store/connection.hpp"
#include "schemas/store/failing_vfs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace onceway::store {
namespace {

Fault refused(const std::filesystem::path& path, std::string_view detail) {
    return fault(FaultCode::database_error, fmt::format("opening {}: {}", path.string(), detail));
}

/// The path with its folder resolved: SQLite then refuses a symbolic link in place of the file itself.
Result<std::filesystem::path> resolved(const std::filesystem::path& path) {
    std::error_code error;
    const auto folder = std::filesystem::canonical(path.has_parent_path() ? path.parent_path() : ".", error);
    if (error) return refused(path, fmt::format("its folder: {}; create it with mode 0700", error.message()));
    return folder / path.filename();
}

/// Makes an empty file that only its owner may read; SQLite gives its companions the same mode.
Result<void> create_private(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return refused(path, std::strerror(errno));
    ::close(file);
    return {};
}

Result<std::shared_ptr<Connection>> connect(const std::filesystem::path& path, int flags) {
    sqlite3* handle = nullptr;
    const int code =
        sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX, file_system());
    auto connection = std::make_shared<Connection>(handle, path.string());
    if (code != SQLITE_OK) return refused(path, handle ? sqlite3_errmsg(handle) : "out of memory");
    return connection;
}

std::int64_t number_of(Database& database, std::string_view sql) {
    auto statement = database.prepare(sql);
    return statement.step() ? statement.number(0) : 0;
}

Result<void> check_undamaged(Database& database, const std::filesystem::path& path) {
    auto check = database.prepare("PRAGMA quick_check(1)");
    const auto answer = check.step() ? check.text(0) : std::string("no answer");
    if (answer == "ok") return {};
    return refused(path, fmt::format("the database is damaged: {}; restore it from a backup", answer.substr(0, 200)));
}

Result<void> check_ours(Database& database, const Database::Settings& settings) {
    const auto id = number_of(database, "PRAGMA application_id");
    if (id == settings.application_id) return {};
    if (id == 0 && number_of(database, "SELECT count(*) FROM sqlite_schema") == 0) {
        if (settings.read_only) return refused(settings.path, "the database is empty");
        database.execute(fmt::format("PRAGMA application_id={}", settings.application_id));
        if (number_of(database, "PRAGMA application_id") == settings.application_id) return {};
    }
    return refused(settings.path, fmt::format("it belongs to another program (application id {}, not {})", id,
                                              settings.application_id));
}

Result<void> migrate(Database& database, const Database::Settings& settings) {
    const auto found = number_of(database, "PRAGMA user_version");
    const int latest = settings.migrations.empty() ? 0 : settings.migrations.back().version;
    if (found > latest)
        return refused(settings.path, fmt::format("it was made by a later release (schema {}, this one knows {}); "
                                                  "install that release again or restore a backup",
                                                  found, latest));
    if (found < latest && settings.read_only)
        return refused(settings.path, fmt::format("its schema {} is older than {}; start the program that owns it once",
                                                  found, latest));
    for (const auto& migration : settings.migrations) {
        if (migration.version <= found) continue;
        database.transaction([&] {
            database.execute(migration.sql);
            database.execute(fmt::format("PRAGMA user_version={}", migration.version));
        });
    }
    return {};
}

int note_pages(void* connection, sqlite3*, const char*, int pages) {
    static_cast<Connection*>(connection)->log_pages = pages;
    return SQLITE_OK;
}

int stop_when_late(void* connection) {
    return std::chrono::steady_clock::now() > static_cast<Connection*>(connection)->deadline ? 1 : 0;
}

}  // namespace

Database::Database(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const Settings& settings) {
    auto path = resolved(settings.path);
    if (!path) return path.error();
    int flags = SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_READWRITE;
    if (settings.read_only) {
        flags = SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_READONLY;
    } else {
        auto created = create_private(*path);
        if (!created) return created.error();
    }
    auto connection = connect(*path, flags);
    if (!connection) return connection.error();
    auto hardened = harden(**connection, !settings.read_only, settings.cache_kib);
    if (!hardened) return hardened.error();
    if (settings.own_checkpoints) sqlite3_wal_hook((*connection)->handle(), note_pages, connection->get());

    Database database(std::move(*connection));
    try {
        std::error_code unknown;
        if (const auto size = std::filesystem::file_size(*path, unknown); unknown || size <= settings.check_up_to)
            if (auto fine = check_undamaged(database, *path); !fine) return fine.error();
        if (auto ours = check_ours(database, settings); !ours) return ours.error();
        if (auto done = migrate(database, settings); !done) return done.error();
    } catch (const StoreError& error) {
        return refused(*path, error.what());
    }
    return database;
}

Result<Database> Database::open_foreign(const std::filesystem::path& path) {
    auto connection = connect(path, SQLITE_OPEN_READONLY);
    if (!connection) return connection.error();
    auto confined = confine(**connection);
    if (!confined) return confined.error();
    return Database(std::move(*connection));
}

Result<Statement> Database::try_prepare(std::string_view sql) {
    connection_->check_usable();
    sqlite3_stmt* handle = nullptr;
    const char* rest = nullptr;
    const int code = sqlite3_prepare_v3(connection_->handle(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &handle, &rest);
    Statement statement(connection_, handle);
    if (code != SQLITE_OK) return fault(FaultCode::database_error, sqlite3_errmsg(connection_->handle()));
    if (!handle) return fault(FaultCode::database_error, "no statement");
    const auto behind = sql.substr(static_cast<std::size_t>(rest - sql.data()));
    if (behind.find_first_not_of(" \t\r\n;") != std::string_view::npos)
        return fault(FaultCode::database_error, "more than one statement");
    return statement;
}

Statement Database::prepare(std::string_view sql) {
    auto statement = try_prepare(sql);
    if (!statement)
        throw StoreError(
            fmt::format("preparing \"{:.80}\" in {}: {}", sql, connection_->name(), statement.error().detail));
    return std::move(*statement);
}

void Database::allow_work(std::chrono::milliseconds time) {
    connection_->deadline = std::chrono::steady_clock::now() + time;
    sqlite3_progress_handler(connection_->handle(), 1'000, stop_when_late, connection_.get());
}

void Database::execute(std::string_view sql) {
    connection_->check_usable();
    const std::string text(sql);
    errno = 0;
    const int code = sqlite3_exec(connection_->handle(), text.c_str(), nullptr, nullptr, nullptr);
    const int error = errno;
    if (code != SQLITE_OK) connection_->fail(code, fmt::format("running \"{:.80}\" in", sql), error);
}

int Database::log_pages() const { return connection_->log_pages; }

void Database::checkpoint() {
    connection_->check_usable();
    errno = 0;
    const int code =
        sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    const int error = errno;
    if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) connection_->fail(code, "writing the log into", error);
    connection_->log_pages = 0;
}

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(connection_->handle()); }

void Database::run_kept(std::unique_ptr<Statement>& statement, std::string_view sql) {
    if (!statement) statement = std::make_unique<Statement>(prepare(sql));
    statement->reset();
    statement->step();
    statement->reset();
}

void Database::begin() { run_kept(begin_, "BEGIN IMMEDIATE"); }
void Database::commit() { run_kept(commit_, "COMMIT"); }

void Database::roll_back() noexcept {
    if (sqlite3_get_autocommit(connection_->handle()) == 0)
        sqlite3_exec(connection_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace onceway::store
