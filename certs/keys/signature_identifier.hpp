// Signature algorithms as certificates, OCSP answers and time-stamps state them: AlgorithmIdentifier.
#pragma once

#include "certs/keys/private_key.hpp"

namespace onceway::keys {

/// The allowed algorithm that `der`, an AlgorithmIdentifier, states; none for SHA-1, MD5 and everything unknown.
/// RSA-PSS only with MGF1 over the same digest and a salt of its size, so that no parameter is taken from the message.
std::optional<SignatureAlgorithm> algorithm_of_identifier(OctetsView der);
/// The digest that `der` states.
std::optional<Digest> digest_of_identifier(OctetsView der);

/// AlgorithmIdentifier of a digest, with or without NULL parameters; and of a signature (PKCS#1 and ECDSA only).
Octets identifier_of(Digest digest, bool with_null);
Octets identifier_of(const SignatureAlgorithm& algorithm);
/// What we sign certificates, OCSP answers and tokens with, by the kind of key.
SignatureAlgorithm certificate_algorithm(const PrivateKey& key);

}  // namespace onceway::keys
