// The path of a signing certificate as a genuine verifier judges it: what our own judge refuses beyond that passes
// here.
#pragma once

#include "certs/x509/judge.hpp"

namespace onceway::signature {

/// Like `x509::judge_signer`, for the verdict of compatible mode: an authority for authentication only, a `thisUpdate`
/// in the future, further answers and octets behind the first answer are let pass. An answer signed with SHA-1 is
/// refused even so: this program has no way to verify it. Faults: as `judge_signer`. Rule: message-transport §4.7.
Result<x509::Judgement> judge_signer_genuinely(const x509::Certificate& leaf,
                                               const std::vector<x509::Certificate>& extra,
                                               const std::vector<Octets>& ocsp, std::string_view instance,
                                               const x509::Trust& trust, Instant at);

}  // namespace onceway::signature
