// What a pilot authority has issued and revoked, in a small database.
#pragma once

#include "certs/x509/certificate.hpp"
#include "schemas/base/result.hpp"
#include "schemas/base/time.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace onceway::pilot {

/// One certificate as the ledger keeps it.
struct Issued {
    x509::Certificate certificate;
    std::string profile;  // "signing", "authentication", "ca", …
    Instant issued_at;
    std::optional<Instant> revoked_at;
};

/// Safe from several threads; several processes may have it open.
class Ledger {
public:
    /// Opens or makes the database. Faults: `database_error`.
    static Result<Ledger> open(const std::filesystem::path& file);
    Ledger(Ledger&&) noexcept;
    Ledger& operator=(Ledger&&) noexcept;
    ~Ledger();

    /// On disk when it returns. Faults: `database_error`.
    Result<void> add(const x509::Certificate& certificate, std::string_view profile, Instant at);
    /// Marks as revoked; a certificate revoked before keeps its first moment. Faults: `cert_not_found`,
    /// `database_error`.
    Result<Issued> revoke(const std::string& serial_decimal, Instant at);
    /// None when no such certificate was issued. Faults: `database_error`.
    Result<std::optional<Issued>> find(const std::string& serial_decimal) const;
    /// All of them, oldest first. Faults: `database_error`.
    Result<std::vector<Issued>> all() const;

private:
    struct Parts;
    explicit Ledger(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::pilot
