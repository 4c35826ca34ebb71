// The registry's own keys and certificates.
#pragma once

#include "certs/channel/tls.hpp"
#include "certs/keys/private_key.hpp"
#include "certs/x509/certificate.hpp"
#include "schemas/base/time.hpp"
#include "schemas/store/database.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::central {

/// Internal and external configuration have keys of their own; the third is the key of the HTTPS door.
enum class Purpose { internal, external, tls };
std::string_view name_of(Purpose purpose);

/// The certificates of a purpose, the active one among them, in the order of their creation.
struct KeyCertificate {
    bool active = false;
    x509::Certificate certificate;
};
std::vector<KeyCertificate> load_certificates(store::Database& database, Purpose purpose);
/// The same as DER, as anchors and shared parameters list them.
std::vector<Octets> listed_certificates(store::Database& database, Purpose purpose);

/// Makes a key with its self-signed certificate, keeps it encrypted under `passphrase`, and makes it the active one.
/// Signing keys are RSA of 2048 bits, or EC of P-256. `host` is the name in the certificate of the HTTPS door.
Result<void> make_key(store::Database& database, Purpose purpose, keys::KeyFamily family, const std::string& host,
                      const std::string& passphrase, Instant at);

/// A key that is ready to sign.
struct UnlockedKey {
    x509::Certificate certificate;
    std::shared_ptr<const keys::PrivateKey> key;
};
/// Faults: `pin_incorrect`, `key_not_found`.
Result<UnlockedKey> unlock_active_key(store::Database& database, Purpose purpose, const std::string& passphrase);

}  // namespace onceway::central
