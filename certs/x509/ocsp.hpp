// OCSP: the question about a certificate, the answer of a responder, and its judge.
#pragma once

#include "certs/x509/certificate.hpp"
#include "certs/x509/trust.hpp"

namespace onceway::x509 {

enum class Revocation { good, revoked, unknown };

/// The DER of a request: one SHA-1 CertID with NULL parameters, no nonce. Rule: message-transport §3.3, §4.7.
Octets write_ocsp_request(const Certificate& certificate, const Certificate& issuer);

/// What a verified answer says.
struct OcspVerdict {
    Revocation status;
    Instant this_update;
    std::optional<Instant> next_update;
    Instant produced_at;
    Certificate responder;
    /// Until when it may be used: the earliest of this_update + freshness, next_update, and the end of a delegate's
    /// certificate.
    Instant deadline;
    /// From when: the later of this_update less the skew that is granted, and the beginning of a delegate's
    /// certificate.
    Instant from{};
};

struct OcspRules {
    std::int64_t freshness_seconds = 3600;
    bool verify_next_update = true;
};

/// Judges `response` (the whole OCSPResponse) for `certificate` issued by `issuer` at `at`. `configured` are the
/// responder certificates configured for that issuer; the issuer itself and its delegates with id-kp-OCSPSigning count
/// as well. Does not ask that the status is good. Faults: `incorrect_validation_info` (responder, signature, age,
/// trailing or second answer, future thisUpdate), `cert_validation` (no matching answer; or several, the first not
/// good), `io_error` (no OCSPResponse at all), `internal_error` (broken inside). Rule: message-transport §4.7; threats
/// row 12.
Result<OcspVerdict> judge_ocsp(OctetsView response, const Certificate& certificate, const Certificate& issuer,
                               const std::vector<Certificate>& configured, Instant at, const OcspRules& rules);

/// Whether `octets` are an OCSPResponse at all, whatever it says. Faults: `io_error`, which a message that carries
/// anything else in an OCSP part gets. Rule: message-transport §4.7.
Result<void> check_ocsp_form(OctetsView octets);

/// True when the first SingleResponse of `response` is about `certificate`: structurally equal CertID of §4.7 step 1.
/// Faults: `io_error` when it is no OCSPResponse, `internal_error` when it has no readable basic response.
Result<bool> ocsp_matches(OctetsView response, const Certificate& certificate, const Certificate& issuer);

/// Writes an answer; for the pilot and for tests.
struct OcspAnswer {
    Revocation status = Revocation::good;
    Instant this_update;
    std::optional<Instant> next_update;
    std::optional<Instant> revoked_at;
};
Result<Octets> write_ocsp_response(const Certificate& certificate, const Certificate& issuer, const OcspAnswer& answer,
                                   const Certificate& responder, const keys::PrivateKey& responder_key);
/// Reads a request: the serials it asks for with their issuer hashes, in order; `request_cert_ids` are the DER CertIDs.
struct OcspQuestion {
    std::string serial_decimal;
    Octets issuer_name_sha1, issuer_key_sha1;  // empty when another digest was used
    Octets cert_id_der;
};
Result<std::vector<OcspQuestion>> read_ocsp_request(OctetsView request);
/// The answer to a request as the responder must give it: same CertID, one SingleResponse.
Result<Octets> answer_ocsp(const OcspQuestion& question, const OcspAnswer& answer, const Certificate& responder,
                           const keys::PrivateKey& responder_key);
/// An OCSPResponse with a status other than successful ("tryLater", "unauthorized", …).
Octets ocsp_error(int status);

}  // namespace onceway::x509
