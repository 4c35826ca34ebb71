#include "certs/pilot/ledger.hpp"

#include "schemas/store/database.hpp"

#include <array>
#include <mutex>

namespace onceway::pilot {
namespace {

constexpr std::int64_t application_id = 0x50494c4f;  // "PILO"
constexpr std::array migrations{
    store::Migration{1,
                     "CREATE TABLE certificate (serial TEXT PRIMARY KEY, profile TEXT NOT NULL, der BLOB NOT NULL,"
                     " issued_ms INTEGER NOT NULL, revoked_ms INTEGER) STRICT"},
};
constexpr std::string_view columns = "SELECT profile, der, issued_ms, revoked_ms FROM certificate ";

std::int64_t milliseconds(Instant at) { return at.time_since_epoch().count(); }
Instant instant(std::int64_t milliseconds) { return Instant(std::chrono::milliseconds(milliseconds)); }

Result<Issued> read_row(const store::Statement& row) {
    auto certificate = x509::Certificate::from_der(row.blob(1));
    if (!certificate)
        return fault(FaultCode::database_error,
                     "Reading the ledger of the pilot authority: " + certificate.error().detail);
    Issued issued{std::move(*certificate), row.text(0), instant(row.number(2)), {}};
    if (!row.is_null(3)) issued.revoked_at = instant(row.number(3));
    return issued;
}

// A broken or full disk is an answer here: the command says so and ends.
template <class F>
auto guarded(F&& work) -> decltype(work()) {
    try {
        return work();
    } catch (const store::StoreError& error) {
        return fault(FaultCode::database_error, std::string("The ledger of the pilot authority: ") + error.what());
    }
}

}  // namespace

struct Ledger::Parts {
    std::mutex mutex;
    store::Database database;
};

Result<Ledger> Ledger::open(const std::filesystem::path& file) {
    auto database = store::Database::open({file, application_id, migrations});
    if (!database) return database.error();
    return Ledger(std::unique_ptr<Parts>(new Parts{{}, std::move(*database)}));
}

Ledger::Ledger(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;
Ledger::~Ledger() = default;

Result<void> Ledger::add(const x509::Certificate& certificate, std::string_view profile, Instant at) {
    const std::lock_guard lock(parts_->mutex);
    return guarded([&]() -> Result<void> {
        auto row =
            parts_->database.prepare("INSERT INTO certificate (serial, profile, der, issued_ms) VALUES (?, ?, ?, ?)");
        row.bind_text(1, certificate.serial_decimal())
            .bind_text(2, profile)
            .bind_blob(3, certificate.der())
            .bind(4, milliseconds(at));
        row.step();
        return {};
    });
}

Result<Issued> Ledger::revoke(const std::string& serial_decimal, Instant at) {
    {
        const std::lock_guard lock(parts_->mutex);
        const auto marked = guarded([&]() -> Result<void> {
            auto row = parts_->database.prepare(
                "UPDATE certificate SET revoked_ms = ? WHERE serial = ? AND revoked_ms IS NULL");
            row.bind(1, milliseconds(at)).bind_text(2, serial_decimal);
            row.step();
            return {};
        });
        if (!marked) return marked.error();
    }
    auto found = find(serial_decimal);
    if (!found) return found.error();
    if (!*found)
        return fault(FaultCode::cert_not_found, "Revoking: no certificate with serial number " + serial_decimal +
                                                    " was issued here; `list` shows all");
    return std::move(**found);
}

Result<std::optional<Issued>> Ledger::find(const std::string& serial_decimal) const {
    const std::lock_guard lock(parts_->mutex);
    return guarded([&]() -> Result<std::optional<Issued>> {
        auto row = parts_->database.prepare(std::string(columns) + "WHERE serial = ?");
        row.bind_text(1, serial_decimal);
        if (!row.step()) return std::optional<Issued>();
        auto issued = read_row(row);
        if (!issued) return issued.error();
        return std::optional<Issued>(std::move(*issued));
    });
}

Result<std::vector<Issued>> Ledger::all() const {
    const std::lock_guard lock(parts_->mutex);
    return guarded([&]() -> Result<std::vector<Issued>> {
        std::vector<Issued> all;
        auto row = parts_->database.prepare(std::string(columns) + "ORDER BY issued_ms, rowid");
        while (row.step()) {
            auto issued = read_row(row);
            if (!issued) return issued.error();
            all.push_back(std::move(*issued));
        }
        return all;
    });
}

}  // namespace onceway::pilot
