// A certification authority with OCSP responder and time-stamping authority, for pilots, tests and training: everything
// it issues says "Pilot", and its keys lie unprotected in its folder. Usable by tests in their own process.
#pragma once

#include "certs/pilot/ledger.hpp"
#include "certs/x509/certificate.hpp"
#include "schemas/base/result.hpp"
#include "schemas/base/time.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::pilot {

struct Setup {
    std::string name;                               // stands in front of "Pilot Root CA"; for example "ZA-WC"
    bool issuing_authority = false;                 // a second authority below the root issues the certificates
    keys::KeyFamily family = keys::KeyFamily::rsa;  // RSA-2048 or P-256
    std::string ocsp_url;                           // into the certificates; empty: not
    int certificate_days = 730;                     // of what is issued later; authorities hold ten years
};

/// How an answer is made: the moment it pretends to be made at, and how long it shall serve.
struct Answering {
    Instant at;
    std::chrono::seconds next_update{3600};  // 0: no nextUpdate
};

class Authority {
public:
    /// Makes keys and certificates in `folder` (0700), all on disk when this returns: `ca.pem` (what issues),
    /// `root.pem`, `ocsp.pem`, `tsa.pem` and their `.key` files; with an issuing authority `ocsp-root.pem` too. Faults:
    /// `invalid_argument` when there is one already, `io_error`, `database_error`.
    static Result<Authority> init(const std::filesystem::path& folder, const Setup& setup,
                                  const Clock& clock = Clock::system());
    /// Faults: `not_found` when `folder` holds no pilot authority, `io_error`, `database_error`.
    static Result<Authority> open(const std::filesystem::path& folder, const Clock& clock = Clock::system());
    Authority(Authority&&) noexcept;
    Authority& operator=(Authority&&) noexcept;
    ~Authority();

    const std::filesystem::path& folder() const;
    const x509::Certificate& root() const;
    const x509::Certificate& issuing() const;  // the root itself when there is no other
    const x509::Certificate& ocsp_responder() const;
    const x509::Certificate& time_stamper() const;

    /// Signs a certificate request (PEM or DER). The profile is what its key usage asks for, unless `profile` is given.
    /// Its subject is taken over, and `description=Pilot` added. On disk when this returns.
    /// Faults: `invalid_request`, `unsupported_sign_algorithm`, `database_error`.
    Result<x509::Certificate> issue(OctetsView request, std::optional<x509::Profile> profile = {},
                                    std::vector<std::string> addresses = {});
    /// Faults: `cert_not_found`, `database_error`.
    Result<Issued> revoke(const std::string& serial_decimal);
    Result<std::vector<Issued>> list() const;

    /// The whole OCSPResponse to a whole OCSPRequest: good, revoked or unknown about its first certificate; an error
    /// response ("malformedRequest", "unauthorized" for other authorities) where there is nothing to say.
    /// Faults: `database_error`, `cannot_sign`.
    Result<Octets> answer_ocsp(OctetsView request, const Answering& how) const;
    /// The whole TimeStampResp to a whole TimeStampReq. Faults: `cannot_sign`.
    Result<Octets> answer_time_stamp(OctetsView query, Instant at) const;

    /// The same with a signature, or an imprint, that proves nothing; for practising what a server does then.
    Result<Octets> answer_ocsp_wrongly(OctetsView request, const Answering& how) const;
    Result<Octets> answer_time_stamp_wrongly(OctetsView query, Instant at) const;

private:
    struct Parts;
    explicit Authority(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// "signing", "authentication", "ca", "sub_ca", "ocsp_responder", "time_stamping", "configuration_signing",
/// "tls_server".
std::string_view name_of(x509::Profile profile);
std::optional<x509::Profile> profile_from_name(std::string_view name);

}  // namespace onceway::pilot
