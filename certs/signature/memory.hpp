// Verifying with a memory: what was verified a moment ago with the same octets, signer and configuration is not
// verified again. Most messages of a server come under signatures, certificates and OCSP answers that it has just seen.
#pragma once

#include "certs/signature/verify.hpp"

#include <cstdint>
#include <memory>

namespace onceway::signature {

/// One for each thread; nothing in it is locked. It holds at most 32 signatures of up to 32 KiB, 256 certificates with
/// their OCSP answers of up to 16 KiB, and 256 judgements, all of one configuration snapshot. Nothing refused is ever
/// remembered, and nothing remembered is answered for another signer, another snapshot, other octets, or a time outside
/// the judgement's.
class VerifyMemory {
public:
    VerifyMemory();
    VerifyMemory(VerifyMemory&&) noexcept;
    VerifyMemory& operator=(VerifyMemory&&) noexcept;
    ~VerifyMemory();

    /// By which way messages were accepted: signature and chain result seen before; known layout, with one public-key
    /// operation; parsed as XML.
    struct Counts {
        std::uint64_t remembered = 0, recognised = 0, parsed = 0;
    };
    const Counts& counts() const;

    struct Parts;  // seen by memory.cpp only

private:
    friend Result<Verified> verify(const Question&, const std::shared_ptr<const x509::Trust>&, Instant, VerifyMemory&);
    std::unique_ptr<Parts> parts_;
};

/// Strict verification, with the same verdicts and faults as without memory.
Result<Verified> verify(const Question& question, const std::shared_ptr<const x509::Trust>& trust, Instant at,
                        VerifyMemory& memory);

}  // namespace onceway::signature
