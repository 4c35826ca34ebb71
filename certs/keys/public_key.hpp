// What a PublicKey consists of; for public_key.cpp and private_key.cpp.
#pragma once

#include "certs/keys/der.hpp"
#include "certs/keys/gloves.hpp"
#include "certs/keys/key_operation.hpp"
#include "certs/keys/key_policy.hpp"
#include "certs/keys/private_key.hpp"

namespace onceway::keys {

struct PublicKey::Parts {
    Parts(OwnedKey owned, KeyFacts judged, Octets der)
        : key(std::move(owned)),
          facts(judged),
          spki(std::move(der)),
          contexts(key.get(), OperationContexts::Purpose::verify) {}

    OwnedKey key;
    KeyFacts facts;
    Octets spki;
    mutable OperationContexts contexts;
};

/// An ECDSA value r‖s of full width from its DER, as OpenSSL writes it.
Octets raw_of_der(OctetsView signature, std::size_t field_octets);

}  // namespace onceway::keys
