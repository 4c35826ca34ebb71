// The software token: a folder of private keys, encrypted under one PIN, with the certificates that belong to them.
#pragma once

#include "certs/keys/private_key.hpp"
#include "certs/x509/certificate.hpp"
#include "schemas/base/result.hpp"
#include "schemas/base/time.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::keys {

enum class KeyUsage { signing, authentication };

/// One key as everybody may see it.
struct KeyInfo {
    std::string id;     // hexadecimal SHA-256 of the public key, first 16 digits
    std::string label;  // what the operator called it
    KeyUsage usage;
    KeyFamily family;
    int bits;
    std::vector<x509::Certificate> certificates;  // leaf certificates imported for this key, newest first
};

/// A token on disk. Private keys are decrypted when it is unlocked and live in memory only then. Safe from several
/// threads.
///
/// The folder holds `token.json` (what keys there are, and a random secret encrypted under the PIN: AES-256-GCM, key by
/// scrypt N=8192 r=8 p=10, 8 MiB), for each key `<id>.key.pem` (PKCS#8 encrypted under that secret) and `<id>.crt.pem`,
/// and `tries.json`, which counts wrong PINs. Rule: threats row 24: after the third wrong PIN each further try waits
/// twice as long, from 2 s up to an hour, restarts included.
class SoftwareToken {
public:
    /// Creates the folder (0700) and gives the token unlocked. Faults: `token_not_available` when there is one already;
    /// `pin_incorrect` for a PIN shorter than 4 characters.
    static Result<SoftwareToken> create(const std::filesystem::path& folder, std::string_view pin,
                                        const Clock& clock = Clock::system());
    /// Opens a folder without unlocking it. Faults: `token_not_initialized`.
    static Result<SoftwareToken> open(const std::filesystem::path& folder, const Clock& clock = Clock::system());

    SoftwareToken(SoftwareToken&&) noexcept;
    SoftwareToken& operator=(SoftwareToken&&) noexcept;
    ~SoftwareToken();

    /// Faults: `pin_incorrect`; `login_failed` while further tries must wait, with the time; `io_error`.
    Result<void> unlock(std::string_view pin);
    bool unlocked() const;
    /// Forgets the private keys and the secret.
    void lock();
    /// Encrypts the token's secret under another PIN. Faults: those of `unlock`, and `pin_incorrect` for a short one.
    Result<void> change_pin(std::string_view old_pin, std::string_view new_pin);

    struct NewKey {
        std::string label;
        KeyUsage usage = KeyUsage::signing;
        KeyFamily family = KeyFamily::rsa;
        int bits = 2048;  // RSA 2048, 3072, 4096; EC 256, 384
    };
    /// Makes a key, on disk when this returns. Faults: `token_not_active`, `io_error`.
    Result<KeyInfo> generate(const NewKey& wanted);
    std::vector<KeyInfo> list() const;

    /// Imports the certificate of a key of this token, on disk when this returns. Faults: `key_not_found`,
    /// `wrong_cert_usage` (both usages, or not the key's). Rule: global-configuration §4.2, item 64.
    Result<KeyInfo> import_certificate(const x509::Certificate& certificate);

    /// The unlocked key, for the signer and the TLS context. Faults: `key_not_found`, `token_not_active`.
    Result<std::shared_ptr<const PrivateKey>> key(std::string_view id) const;

private:
    struct Parts;
    explicit SoftwareToken(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::keys
