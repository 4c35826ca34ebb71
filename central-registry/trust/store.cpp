#include "central-registry/trust/store.hpp"

#include <stdexcept>

namespace onceway::central {

std::optional<StoredKey> active_key(store::Database& database, Purpose purpose) {
    auto row = database.prepare("SELECT private_key, certificate FROM signing_key WHERE purpose = ? AND active = 1");
    row.bind_text(1, name_of(purpose));
    if (!row.step()) return std::nullopt;
    return StoredKey{row.text(0), row.blob(1)};
}

void add_key(store::Database& database, Purpose purpose, const std::string& private_key, const Octets& certificate,
             Instant at) {
    auto others = database.prepare("UPDATE signing_key SET active = 0 WHERE purpose = ?");
    others.bind_text(1, name_of(purpose)).step();
    auto row = database.prepare(
        "INSERT INTO signing_key (purpose, created_at, active, private_key, certificate) VALUES (?, ?, 1, ?, ?)");
    const auto created = rfc3339(at);
    row.bind_text(1, name_of(purpose)).bind_text(2, created).bind_text(3, private_key).bind_blob(4, certificate);
    row.step();
}

std::vector<KeyCertificate> load_certificates(store::Database& database, Purpose purpose) {
    auto row = database.prepare("SELECT active, certificate FROM signing_key WHERE purpose = ? ORDER BY id");
    row.bind_text(1, name_of(purpose));
    std::vector<KeyCertificate> found;
    while (row.step()) {
        auto certificate = x509::Certificate::from_der(row.blob(1));
        if (!certificate)
            throw std::runtime_error("the registry's own certificate cannot be read: " + certificate.error().detail);
        found.push_back({row.number(0) != 0, std::move(*certificate)});
    }
    return found;
}

}  // namespace onceway::central
