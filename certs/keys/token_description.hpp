// What a token's folder says about itself: the locked secret, the keys, their certificates. Internal to `keys`.
#pragma once

#include "certs/keys/token.hpp"
#include "certs/keys/token_secret.hpp"

#include <map>

namespace onceway::keys {

/// One key as the token keeps it.
struct KeptKey {
    KeyInfo info;
    Octets spki;
    std::shared_ptr<const PrivateKey> key;  // only while unlocked
};

struct TokenDescription {
    LockedSecret locked;
    std::map<std::string, KeptKey> keys;  // by id
};

/// Reads `token.json` and the certificates beside it. Faults: `token_not_initialized`, `token_not_available`.
Result<TokenDescription> read_description(const std::filesystem::path& folder);
/// Writes `token.json`, on disk when it returns. Faults: `io_error`.
Result<void> write_description(const std::filesystem::path& folder, const TokenDescription& description);

std::filesystem::path description_file(const std::filesystem::path& folder);
std::filesystem::path key_file(const std::filesystem::path& folder, const std::string& id);
std::filesystem::path certificate_file(const std::filesystem::path& folder, const std::string& id);

std::string_view word(KeyUsage usage);
/// Hexadecimal SHA-256 of the public key, first 16 digits.
std::string id_of(const PublicKey& key);
Fault damaged(const std::filesystem::path& file, const char* what);

}  // namespace onceway::keys
