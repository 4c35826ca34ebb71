// A secret locked away under a PIN: what the token's keys are encrypted with. Internal to `keys`.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

namespace onceway::keys {

/// What is kept of it on disk: salt of the derivation, nonce of the encryption, ciphertext with its tag.
struct LockedSecret {
    Octets salt, nonce, sealed;
};

/// A fresh random secret, as text that serves as a passphrase.
std::string random_secret();
/// Encrypts `secret` with AES-256-GCM under a key that scrypt (N=8192, r=8, p=10: 8 MiB) derives from `pin`.
LockedSecret lock_away(const std::string& secret, std::string_view pin);
/// Faults: `pin_incorrect`.
Result<std::string> unlock_secret(const LockedSecret& locked, std::string_view pin);

}  // namespace onceway::keys
