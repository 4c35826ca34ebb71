// A member's key with everything about its signatures that stays the same from one to the next. Internal to
// `signature`.
#pragma once

#include "certs/signature/sealer.hpp"
#include "certs/signature/template.hpp"

#include <memory>
#include <vector>

namespace onceway::signature {

/// Certificate and OCSP answers are turned into text once.
class PreparedKey {
public:
    explicit PreparedKey(std::shared_ptr<const SigningKey> key);

    const std::shared_ptr<const SigningKey>& key() const { return key_; }
    /// As `seal_now` and `seal_together`.
    Result<Seal> seal(const std::vector<Octets>& digests, Instant at) const;
    Result<std::vector<Seal>> seal_together(const std::vector<std::vector<Octets>>& messages, Instant at) const;

private:
    Result<Octets> sign(const SignatureTemplate& form, const SignedFacts& facts) const;

    std::shared_ptr<const SigningKey> key_;
    keys::SignatureAlgorithm algorithm_;
    SignatureTemplate plain_, chained_;
};

}  // namespace onceway::signature
