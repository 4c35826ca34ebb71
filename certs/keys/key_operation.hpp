// One private- or public-key operation over a digest, with its context kept for the next. Internal to `keys`.
#pragma once

#include "certs/keys/gloves.hpp"
#include "certs/keys/private_key.hpp"

#include <mutex>
#include <utility>
#include <vector>

namespace onceway::keys {

/// Contexts that are set up for one key and wait for the next use: setting one up costs as much as a tenth of a
/// verification. Whoever finds the store taken makes a fresh one instead of waiting.
class OperationContexts {
public:
    enum class Purpose { sign, verify };
    OperationContexts(evp_pkey_st* key, Purpose purpose) : key_(key), purpose_(purpose) {}

    /// A context set up for `algorithm`; null when the library refuses, with the reason in its error queue.
    OwnedKeyContext take(const SignatureAlgorithm& algorithm);
    void give_back(const SignatureAlgorithm& algorithm, OwnedKeyContext context);

private:
    OwnedKeyContext fresh(const SignatureAlgorithm& algorithm) const;

    evp_pkey_st* key_;
    Purpose purpose_;
    std::mutex mutex_;
    std::vector<std::pair<SignatureAlgorithm, OwnedKeyContext>> waiting_;
};

/// True when a key of `family` can be used with `scheme`.
inline bool fits(Scheme scheme, KeyFamily family) { return (scheme == Scheme::ecdsa) == (family == KeyFamily::ec); }

}  // namespace onceway::keys
