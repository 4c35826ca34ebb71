// Seals messages: one XAdES signature over the parts of a message, made off the message path. What arrives while one
// signature is being made is signed together by the next.
#pragma once

#include "certs/keys/private_key.hpp"
#include "certs/x509/certificate.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/base/time.hpp"
#include "schemas/identity/identifiers.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace onceway::signature {

/// A sealed message's evidence, exactly as it is sent. `signature` and `chain_result` are shared by all messages of a
/// batch; both chain documents are empty for a plain signature.
struct Seal {
    std::shared_ptr<const Octets> signature;
    std::shared_ptr<const Octets> chain_result;  // null for a plain signature
    Octets chain;                                // empty for a plain signature
};

/// Everything a signature needs of one member's key, as it stands now.
struct SigningKey {
    std::shared_ptr<const keys::PrivateKey> key;
    x509::Certificate certificate;
    std::vector<x509::Certificate> intermediates;  // between the certificate and the top CA, without it
    std::vector<Octets> ocsp;                      // answers: signing certificate first, then the intermediates
};
/// Gives the signing key of a member; the same object as long as nothing about it changed, so that what follows from it
/// is worked out once. Faults: `cannot_create_signature` (no key, no certificate, no fresh OCSP answer).
using KeySource = std::function<Result<std::shared_ptr<const SigningKey>>(const identity::MemberId& member)>;

/// Builds the documents of one signature; pure, for the sealer and for tests. `digests` are the SHA-512 values of the
/// parts, message first: one gives the plain form, several the one-step chain. Rule: message-transport §4.3 to §4.5.
Result<Seal> seal_now(const SigningKey& key, const std::vector<Octets>& digests, Instant at);

/// One signature for several messages of a member, each with the digests of its parts: a tree over them, one chain
/// each. A single message is sealed as by `seal_now`. Rule: message-transport §4.5.
Result<std::vector<Seal>> seal_together(const SigningKey& key, const std::vector<std::vector<Octets>>& messages,
                                        Instant at);

/// What a sealer has done and has to do.
struct SealerWork {
    std::uint64_t messages = 0, signatures = 0;  // sealed; private-key operations for them
    std::size_t waiting = 0;                     // messages
};

class Sealer {
public:
    /// `threads` private-key operations run side by side; `source` is asked on those threads, once for each signature.
    /// The clock gives SigningTime.
    Sealer(KeySource source, const Clock& clock, unsigned threads = 1);
    ~Sealer();  // waits for what is being signed

    /// Signs for `member`. A message alone gets a signature of its own at once; what the caller's thread has ready with
    /// it, and what waits while a signature is being made, is signed together, at most 128 messages of a member. At
    /// most 10,000 messages wait; more are refused. Resumes on the caller's executor. Faults:
    /// `cannot_create_signature…`, `overloaded`.
    Async<Seal> seal(identity::MemberId member, std::vector<Octets> digests);

    SealerWork work() const;  // from any thread

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::signature
