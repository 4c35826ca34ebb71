#include "central-registry/trust/signing_keys.hpp"

#include "central-registry/trust/store.hpp"

#include <fmt/format.h>

namespace onceway::central {
namespace {

using namespace std::chrono;

/// Signing certificates only carry a public key: clients look at nothing else in them, so they never expire in
/// practice. Rule: global-configuration §2.6.
x509::Issue signing_certificate(Purpose purpose, Octets spki) {
    x509::Issue wanted;
    wanted.subject = {{"CN", purpose == Purpose::internal ? "internalSigningKey" : "externalSigningKey"}};
    wanted.spki = std::move(spki);
    wanted.profile = x509::Profile::configuration_signing;
    wanted.serial_decimal = "1";
    wanted.not_before = Instant{sys_days{1970y / January / 1}};
    wanted.not_after = Instant{sys_days{2038y / January / 1}};
    return wanted;
}

x509::Issue door_certificate(Octets spki, const std::string& host, Instant at) {
    x509::Issue wanted;
    wanted.subject = {{"CN", host}};
    wanted.spki = std::move(spki);
    wanted.profile = x509::Profile::tls_server;
    wanted.not_before = at - hours(1);
    wanted.not_after = at + days(3650);
    wanted.addresses = {host};
    return wanted;
}

}  // namespace

std::string_view name_of(Purpose purpose) {
    switch (purpose) {
        case Purpose::internal:
            return "internal";
        case Purpose::external:
            return "external";
        case Purpose::tls:
            break;
    }
    return "tls";
}

std::vector<Octets> listed_certificates(store::Database& database, Purpose purpose) {
    std::vector<Octets> listed;
    for (const auto& key : load_certificates(database, purpose)) listed.push_back(key.certificate.der());
    return listed;
}

Result<void> make_key(store::Database& database, Purpose purpose, keys::KeyFamily family, const std::string& host,
                      const std::string& passphrase, Instant at) {
    const auto key =
        family == keys::KeyFamily::rsa ? keys::PrivateKey::generate_rsa() : keys::PrivateKey::generate_ec();
    const auto spki = key.public_key().spki();
    const auto wanted = purpose == Purpose::tls ? door_certificate(spki, host, at) : signing_certificate(purpose, spki);
    auto certificate = x509::issue(wanted, nullptr, key);
    if (!certificate) return std::move(certificate).error();
    database.transaction([&] { add_key(database, purpose, key.to_pem(passphrase), certificate->der(), at); });
    return {};
}

Result<UnlockedKey> unlock_active_key(store::Database& database, Purpose purpose, const std::string& passphrase) {
    const auto stored = active_key(database, purpose);
    if (!stored)
        return fault(FaultCode::key_not_found,
                     fmt::format("Opening the registry's keys: there is no active {} key", name_of(purpose)));
    auto certificate = x509::Certificate::from_der(stored->certificate);
    if (!certificate) return std::move(certificate).error();
    auto key = keys::PrivateKey::from_pem(stored->private_key, passphrase);
    if (!key) {
        key.error().detail = fmt::format("Opening the registry's {} key: {}", name_of(purpose), key.error().detail);
        return std::move(key).error();
    }
    return UnlockedKey{std::move(*certificate), std::make_shared<const keys::PrivateKey>(std::move(*key))};
}

}  // namespace onceway::central
