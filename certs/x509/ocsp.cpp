#include "certs/x509/ocsp.hpp"

#include "certs/keys/signature_identifier.hpp"
#include "certs/x509/name.hpp"
#include "certs/x509/ocsp_fields.hpp"
#include "schemas/base/limits.hpp"

#include <fmt/format.h>

namespace onceway::x509 {
namespace {

constexpr std::string_view ocsp_signing = "1.3.6.1.5.5.7.3.9";

Fault refuse(const Certificate& certificate, std::string why) {
    return fault(FaultCode::incorrect_validation_info,
                 "OCSP answer about '" + certificate.subject() + "': " + std::move(why));
}

// Genuine servers look at the first answer only; where that alone would be refused, the code is theirs.
Fault refuse_several(const Certificate& certificate, Revocation first) {
    Fault refused = refuse(certificate, "it holds more than one answer");
    if (first != Revocation::good) refused.code = FaultCode::cert_validation;
    return refused;
}

/// Looks for the certificate that signed an answer: among those that are known beforehand, then among those enclosed.
class SignerSearch {
public:
    SignerSearch(const OcspFields& fields, const Certificate& issuer, Instant at)
        : fields_(fields), issuer_(issuer), at_(at), algorithm_(keys::algorithm_of_identifier(fields.algorithm)) {
        if (fields.responder_name.empty()) return;
        if (const auto name = read_name(fields.responder_name)) name_ = canonical(*name);
    }

    /// True when `certificate` signed the answer; `enclosed` ones need the authority's appointment as well.
    bool is_signer(const Certificate& certificate, bool enclosed) {
        if (!is_named(certificate)) return false;
        if (!algorithm_) return note("it is signed with an algorithm that is not allowed, such as SHA-1");
        const auto key = certificate.public_key();
        if (!key || !key->verify(*algorithm_, fields_.signed_part, fields_.signature, keys::EcdsaForm::der))
            return note("its signature was not made by the certificate it names");
        return !enclosed || is_appointed(certificate);
    }
    const std::string& reason() const { return reason_; }

private:
    bool is_named(const Certificate& certificate) const {
        if (!fields_.responder_key_hash.empty())
            return keys::sha1(certificate.public_key_bits()) == fields_.responder_key_hash;
        return certificate.subject_der() == name_;
    }

    // Rule: message-transport §4.7 step 4; threats row 12: a delegate is one only while its certificate is valid.
    bool is_appointed(const Certificate& certificate) {
        if (!certificate.has_extended_usage(ocsp_signing))
            return note("its signer is neither configured for the authority nor marked for OCSP signing");
        if (!certificate.signed_by(issuer_))
            return note("its signer was not appointed by the authority that issued the certificate");
        if (!certificate.valid_at(at_)) return note("the certificate of its signer was not valid at " + rfc3339(at_));
        return true;
    }

    bool note(std::string why) {
        reason_ = std::move(why);
        return false;
    }

    const OcspFields& fields_;
    const Certificate& issuer_;
    Instant at_;
    std::optional<keys::SignatureAlgorithm> algorithm_;
    Octets name_;
    std::string reason_ = "the certificate of its signer is neither configured nor enclosed";
};

/// Who signed, and whether only as long as the certificate that came with the answer is valid.
struct Signer {
    Certificate certificate;
    bool is_delegate;
};

Result<Signer> find_signer(const OcspFields& fields, const Certificate& about, const Certificate& issuer,
                           const std::vector<Certificate>& configured, Instant at) {
    SignerSearch search(fields, issuer, at);
    for (const Certificate& certificate : configured)
        if (search.is_signer(certificate, false)) return Signer{certificate, false};
    if (search.is_signer(issuer, false)) return Signer{issuer, false};
    for (const OctetsView der : fields.certificates)
        if (auto certificate = Certificate::from_der(der); certificate && search.is_signer(*certificate, true))
            return Signer{std::move(*certificate), true};
    return refuse(about, search.reason());
}

std::string why_untimely(const OcspFields& fields, Instant at, const OcspRules& rules) {
    if (fields.this_update < at - std::chrono::seconds(rules.freshness_seconds))
        return fmt::format("it is of {}, older than {} s at {}", rfc3339(fields.this_update), rules.freshness_seconds,
                           rfc3339(at));
    if (fields.this_update > at + limits::clock_skew)
        return fmt::format("it is of {}, which is in the future at {}; compare the clocks", rfc3339(fields.this_update),
                           rfc3339(at));
    if (rules.verify_next_update && fields.next_update && *fields.next_update < at)
        return fmt::format("its successor was announced for {}, before {}", rfc3339(*fields.next_update), rfc3339(at));
    return {};
}

}  // namespace

Result<bool> ocsp_matches(OctetsView response, const Certificate& certificate, const Certificate& issuer) {
    const auto fields = read_ocsp(response);
    if (!fields) return fields.error();
    return fields->cert_id == cert_id(certificate.serial_octets(), issuer);
}

Result<OcspVerdict> judge_ocsp(OctetsView response, const Certificate& certificate, const Certificate& issuer,
                               const std::vector<Certificate>& configured, Instant at, const OcspRules& rules) {
    const auto fields = read_ocsp(response);
    if (!fields) return fields.error();
    if (fields->cert_id != cert_id(certificate.serial_octets(), issuer))
        return fault(FaultCode::cert_validation,
                     "OCSP answer about '" + certificate.subject() +
                         "': it is about another certificate, or does not name this one by SHA-1");
    if (fields->trailing_octets) return refuse(certificate, "octets follow it");
    auto signer = find_signer(*fields, certificate, issuer, configured, at);
    if (!signer) return signer.error();
    if (const std::string why = why_untimely(*fields, at, rules); !why.empty()) return refuse(certificate, why);

    if (fields->answers > 1) return refuse_several(certificate, fields->status);

    OcspVerdict verdict{fields->status,
                        fields->this_update,
                        fields->next_update,
                        fields->produced_at,
                        std::move(signer->certificate),
                        fields->this_update + std::chrono::seconds(rules.freshness_seconds),
                        fields->this_update - limits::clock_skew};
    if (rules.verify_next_update && fields->next_update)
        verdict.deadline = std::min(verdict.deadline, *fields->next_update);
    if (signer->is_delegate) {
        verdict.deadline = std::min(verdict.deadline, verdict.responder.not_after());
        verdict.from = std::max(verdict.from, verdict.responder.not_before());
    }
    return verdict;
}

}  // namespace onceway::x509
