// The steps of judging a signature, one by one: for messages in `verify`, for containers with a report on each.
#pragma once

#include "certs/signature/reading.hpp"
#include "certs/signature/verify.hpp"
#include "certs/x509/judge.hpp"

#include <functional>

namespace onceway::signature {

/// Gives the digest of the part that a reference names. Faults: `internal_error` or `invalid_signature_value` when
/// there is none.
using PartDigest = std::function<Result<Octets>(const std::string& uri, keys::Digest algorithm)>;

/// The hash chain that was received, from all parts to the result. Faults: `malformed_signature.…`. Rule:
/// message-transport §4.6 step 3.
Result<void> check_message_chain(const Question& question, Mode mode);

/// The certificate may sign messages. Faults: `malformed_signature`, `internal_error`. Rule: message-transport §4.6
/// step 4.
Result<void> check_signing_usage(const x509::Certificate& certificate);

/// The certificate names `signer`, by the profile of its issuer. `strict` refuses an issuer for authentication only.
/// Faults: `internal_error`, `incorrect_certificate`, `invalid_certificate`. Rule: step 5.
Result<void> check_member(const x509::Certificate& certificate, const identity::MemberId& signer,
                          const x509::Trust& trust, Mode mode);

/// The value over SignedInfo. Faults: `invalid_signature_value`, `internal_error`. Rule: step 6.
Result<void> check_value(const Reading& reading, const x509::Certificate& certificate);

/// Every reference. Faults: as `check_value`. Rule: step 6, threats row 5.
Result<void> check_references(const Reading& reading, const PartDigest& parts, Mode mode);

/// Path and OCSP. Faults: `malformed_signature`, `cannot_create_cert_path.…`, `invalid_cert_path.…`. Rule: step 8.
Result<x509::Judgement> check_path(const Reading& reading, const x509::Certificate& certificate,
                                   const identity::MemberId& signer, const x509::Trust& trust, Instant at, Mode mode);

/// The names of `parts`, in their order.
std::vector<std::string> names_of(const std::vector<SignedPart>& parts);

/// Strict only: the references are exactly the signed properties and what covers `parts`. Flags for each of `parts`.
/// Faults: `malformed_signature`, `malformed_signature.hashchain_unused_inputs`. Rule: threats row 1.
Result<void> check_coverage(const Reading& reading, const std::vector<std::string>& parts, bool chain_followed);

}  // namespace onceway::signature
