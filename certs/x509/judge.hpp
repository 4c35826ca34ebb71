// The one judge of certificates: path, usage and OCSP, for TLS, messages and the auditor alike.
#pragma once

#include "certs/x509/ocsp.hpp"
#include "certs/x509/trust.hpp"

#include <memory>

namespace onceway::x509 {

/// Builds the path from `leaf` over `extra` to the first of `anchors` that ends it, and checks names, signatures, CA
/// flags, path lengths, key policy and validity at `at`. The path returned begins with the leaf and ends before the
/// anchor. Revocation is not looked at. At most four certificates.
/// Faults: `cannot_create_cert_path.internal_error`.
Result<std::vector<Certificate>> build_path(const Certificate& leaf, const std::vector<Certificate>& extra,
                                            const std::vector<Certificate>& anchors, Instant at);

/// What the judge found, good until `deadline`.
struct Judgement {
    std::vector<Certificate> path;  // without the anchor
    std::vector<OcspVerdict> ocsp;  // one for each certificate of the path
    Instant deadline;
    Instant from{};  // and not before this, should the clock be set back
};

/// The signing certificate of a message: anchor is the approved authority of `instance` that issued it directly, extra
/// certificates come from the signature, every certificate of the path needs a good answer among `ocsp`.
/// Faults: `internal_error` when the issuer is not approved there, or for authentication only;
/// `cannot_create_cert_path.internal_error`, `invalid_cert_path.<code>`, `io_error` for what is no OCSP answer at all.
/// Rule: message-transport §4.6 step 8.
Result<Judgement> judge_signer(const Certificate& leaf, const std::vector<Certificate>& extra,
                               const std::vector<Octets>& ocsp, std::string_view instance, const Trust& trust,
                               Instant at);

/// The certificate of a consumer's server, seen by a provider: anchor by the issuer of the last presented certificate,
/// in the instance of `client`. All of §3.1.1 step 2, in its order, registration included.
/// Faults: `ssl_authentication_failed…`, or `internal_error` when the issuer is not approved there.
Result<Judgement> judge_consumer_server(const std::vector<Certificate>& presented, const std::vector<Octets>& ocsp,
                                        const identity::ClientId& client, const Trust& trust, Instant at);

/// The certificate of a provider's server, seen by a consumer: anchor is the direct issuer in the provider's instance.
/// All of §3.1.2. Faults: `ssl_authentication_failed…`.
Result<Judgement> judge_provider_server(const std::vector<Certificate>& presented, const std::vector<Octets>& ocsp,
                                        const identity::ClientId& provider, const Trust& trust, Instant at);

/// Remembers judgements per (certificate, answers, snapshot) until their first deadline; bounded; one per thread or
/// locked by its owner. A refusal is never remembered.
class JudgementMemory {
public:
    explicit JudgementMemory(std::size_t most = 256);
    ~JudgementMemory();
    /// The remembered judgement under `key`, when `at` is before its deadline and `trust` is the same snapshot.
    const Judgement* find(OctetsView key, const Trust& trust, Instant at) const;
    void keep(OctetsView key, std::shared_ptr<const Trust> trust, Judgement judgement);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::x509
