// Which public keys we are willing to compute with, judged from their octets before any arithmetic.
#pragma once

#include "certs/keys/private_key.hpp"

#include <cstddef>

namespace onceway::keys {

/// What a SubjectPublicKeyInfo says about its key.
struct KeyFacts {
    KeyFamily family = KeyFamily::rsa;
    int bits = 0;                  // of the modulus, or of the field
    std::size_t field_octets = 0;  // EC: of a coordinate
};

/// Reads `spki` without touching a number. Faults: `unsupported_sign_algorithm` (type, RSA size, modulus or exponent,
/// explicit or other curve, malformed point). Rule: threats row 15, §5.2.
Result<KeyFacts> judge_spki(OctetsView spki);
/// True for an EC key, of whatever curve: its parameters are arithmetic as soon as a library reads them.
bool is_ec_spki(OctetsView spki);

}  // namespace onceway::keys
