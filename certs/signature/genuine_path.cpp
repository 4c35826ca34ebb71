#include "certs/signature/genuine_path.hpp"

#include "certs/keys/signature_identifier.hpp"
#include "certs/x509/name.hpp"
#include "certs/x509/ocsp_fields.hpp"

#include <algorithm>

namespace onceway::signature {
namespace {

using x509::Certificate;

constexpr std::string_view ocsp_signing = "1.3.6.1.5.5.7.3.9";

Fault refuse(std::string why) { return fault(FaultCode::incorrect_validation_info, "OCSP answer: " + std::move(why)); }

/// Step 2: the first certificate that the responder id names, among all configured and the enclosed ones.
std::optional<Certificate> responder_of(const x509::OcspFields& fields, const x509::Trust& trust) {
    std::vector<Certificate> candidates = trust.responder_candidates();
    for (const OctetsView der : fields.certificates)
        if (auto certificate = Certificate::from_der(der)) candidates.push_back(std::move(*certificate));
    const auto name =
        fields.responder_name.empty() ? std::nullopt : std::optional(x509::read_name(fields.responder_name));
    const Octets wanted = name && *name ? x509::canonical(**name) : Octets();
    const auto named = [&](const Certificate& each) {
        if (fields.responder_key_hash.empty()) return each.subject_der() == wanted;
        return keys::sha1(each.public_key_bits()) == fields.responder_key_hash;
    };
    const auto found = std::find_if(candidates.begin(), candidates.end(), named);
    return found == candidates.end() ? std::nullopt : std::optional(*found);
}

/// Steps 3 and 4.
Result<Certificate> authorised_responder(const x509::OcspFields& fields, const x509::Authority& issuer,
                                         const x509::Trust& trust) {
    auto responder = responder_of(fields, trust);
    if (!responder) return refuse("no certificate of its responder is at hand");
    const auto algorithm = keys::algorithm_of_identifier(fields.algorithm);
    const auto key = responder->public_key();
    if (!algorithm || !key || !key->verify(*algorithm, fields.signed_part, fields.signature, keys::EcdsaForm::der))
        return refuse("its signature does not verify");
    const auto& configured = issuer.responders;
    const bool authorised = std::find(configured.begin(), configured.end(), *responder) != configured.end() ||
                            *responder == issuer.certificate ||
                            (responder->signed_by(issuer.certificate) && responder->has_extended_usage(ocsp_signing));
    if (!authorised) return refuse("its responder is not authorised");
    return *responder;
}

Result<x509::OcspVerdict> judge_answer(const x509::OcspFields& fields, const x509::Authority& issuer,
                                       const x509::Trust& trust, Instant at) {
    auto responder = authorised_responder(fields, issuer, trust);
    if (!responder) return responder.error();
    const std::chrono::seconds freshness(trust.ocsp_freshness_seconds());
    if (fields.this_update < at - freshness)
        return refuse(fmt::format("it is too old: {} at {}", rfc3339(fields.this_update), rfc3339(at)));
    if (trust.optional().verify_next_update && fields.next_update && *fields.next_update < at)
        return refuse(fmt::format("its successor was due at {}", rfc3339(*fields.next_update)));
    if (fields.status != x509::Revocation::good)
        return fault(FaultCode::cert_validation, "the OCSP status of the certificate is not good");
    return x509::OcspVerdict{fields.status,
                             fields.this_update,
                             fields.next_update,
                             fields.produced_at,
                             std::move(*responder),
                             fields.this_update + freshness,
                             {}};
}

/// Step 1, then the judgement of the first answer that is about the certificate.
Result<x509::OcspVerdict> revocation_of(const Certificate& certificate, const std::vector<Octets>& answers,
                                        std::string_view instance, const x509::Trust& trust, Instant at) {
    const auto* issuer = trust.issuer_of(certificate, instance);
    if (!issuer)
        return fault(FaultCode::internal_error, "the issuer of '" + certificate.subject() + "' is not approved");
    const Octets wanted = x509::cert_id(certificate.serial_octets(), issuer->certificate);
    for (const Octets& answer : answers) {
        const auto fields = x509::read_ocsp(answer);
        if (!fields) return fields.error();
        if (fields->cert_id == wanted) return judge_answer(*fields, *issuer, trust, at);
    }
    return fault(FaultCode::cert_validation, "there is no OCSP answer about '" + certificate.subject() + "'");
}

}  // namespace

Result<x509::Judgement> judge_signer_genuinely(const Certificate& leaf, const std::vector<Certificate>& extra,
                                               const std::vector<Octets>& ocsp, std::string_view instance,
                                               const x509::Trust& trust, Instant at) {
    const auto* anchor = trust.issuer_of(leaf, instance);
    if (!anchor) return fault(FaultCode::internal_error, "the issuer of '" + leaf.subject() + "' is not approved");
    auto path = x509::build_path(leaf, extra, {anchor->certificate}, at);
    if (!path) return path.error();
    x509::Judgement judgement{std::move(*path), {}, leaf.not_after(), leaf.not_before()};
    for (const Certificate& certificate : judgement.path) {
        auto verdict = revocation_of(certificate, ocsp, instance, trust, at);
        if (!verdict && verdict.error().code == FaultCode::io_error) return verdict.error();
        if (!verdict) return verdict.error().within("invalid_cert_path");
        judgement.deadline = std::min(judgement.deadline, verdict->deadline);
        judgement.ocsp.push_back(std::move(*verdict));
    }
    return judgement;
}

}  // namespace onceway::signature
