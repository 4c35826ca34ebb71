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

/// A certificate that the responder id may mean, and by what right it may answer.
struct Candidate {
    Certificate certificate;
    bool embedded;
};

bool is_named(const Certificate& certificate, const OcspFields& fields, const Octets& canonical_name) {
    if (!fields.responder_key_hash.empty())
        return keys::sha1(certificate.public_key_bits()) == fields.responder_key_hash;
    return certificate.subject_der() == canonical_name;
}

std::vector<Candidate> candidates(const OcspFields& fields, const Certificate& issuer,
                                  const std::vector<Certificate>& configured) {
    std::vector<Candidate> all;
    for (const Certificate& certificate : configured) all.push_back({certificate, false});
    all.push_back({issuer, false});
    for (const OctetsView der : fields.certificates)
        if (auto certificate = Certificate::from_der(der)) all.push_back({std::move(*certificate), true});

    const auto name = fields.responder_name.empty() ? std::nullopt : std::optional(read_name(fields.responder_name));
    const Octets wanted = name && *name ? canonical(**name) : Octets();
    std::erase_if(all, [&](const Candidate& candidate) { return !is_named(candidate.certificate, fields, wanted); });
    return all;
}

// Rule: message-transport §4.7 step 4; threats row 12: a delegate is one only while its certificate is valid.
std::string why_unauthorised(const Candidate& candidate, const Certificate& issuer, Instant at) {
    const Certificate& certificate = candidate.certificate;
    if (!candidate.embedded || certificate == issuer) return {};
    if (!certificate.has_extended_usage(ocsp_signing))
        return "its signer is neither configured for the authority nor marked for OCSP signing";
    if (!certificate.signed_by(issuer))
        return "its signer was not appointed by the authority that issued the certificate";
    if (!certificate.valid_at(at)) return "the certificate of its signer was not valid at " + rfc3339(at);
    return {};
}

Result<Certificate> find_signer(const OcspFields& fields, const Certificate& about, const Certificate& issuer,
                                const std::vector<Certificate>& configured, Instant at) {
    const auto named = candidates(fields, issuer, configured);
    if (named.empty()) return refuse(about, "the certificate of its signer is neither configured nor enclosed");
    const auto algorithm = keys::algorithm_of_identifier(fields.algorithm);
    if (!algorithm) return refuse(about, "it is signed with an algorithm that is not allowed, such as SHA-1");
    std::string why = "its signature was not made by the certificate it names";
    for (const Candidate& candidate : named) {
        const auto key = candidate.certificate.public_key();
        if (!key || !key->verify(*algorithm, fields.signed_part, fields.signature, keys::EcdsaForm::der)) continue;
        why = why_unauthorised(candidate, issuer, at);
        if (why.empty()) return candidate.certificate;
    }
    return refuse(about, why);
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
    if (fields->answers > 1) return refuse(certificate, "it holds more than one answer");
    auto signer = find_signer(*fields, certificate, issuer, configured, at);
    if (!signer) return signer.error();
    if (const std::string why = why_untimely(*fields, at, rules); !why.empty()) return refuse(certificate, why);

    Instant deadline = fields->this_update + std::chrono::seconds(rules.freshness_seconds);
    if (rules.verify_next_update && fields->next_update) deadline = std::min(deadline, *fields->next_update);
    return OcspVerdict{fields->status,      fields->this_update, fields->next_update,
                       fields->produced_at, std::move(*signer),  deadline};
}

}  // namespace onceway::x509
