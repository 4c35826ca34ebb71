// The registry's keys on disk, encrypted.
#pragma once

#include "central-registry/trust/signing_keys.hpp"

#include <optional>

namespace onceway::central {

struct StoredKey {
    std::string private_key;  // encrypted PEM
    Octets certificate;
};
std::optional<StoredKey> active_key(store::Database& database, Purpose purpose);
/// Adds a key as the active one. Call inside a transaction.
void add_key(store::Database& database, Purpose purpose, const std::string& private_key, const Octets& certificate,
             Instant at);

}  // namespace onceway::central
