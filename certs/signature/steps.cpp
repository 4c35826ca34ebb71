#include "certs/signature/steps.hpp"

#include "certs/signature/genuine_path.hpp"
#include "certs/signature/names.hpp"
#include "schemas/base/limits.hpp"

#include <algorithm>

namespace onceway::signature {
namespace {

Fault malformed(std::string detail) { return fault(FaultCode::malformed_signature, std::move(detail)); }
Fault not_valid(std::string detail) { return fault(FaultCode::invalid_signature_value, std::move(detail)); }

std::string shown(const Reference& reference) { return reference.uri.substr(0, 100); }

Result<Octets> digest_of(const Reading& reading, const Reference& reference, const PartDigest& parts,
                         keys::Digest algorithm) {
    if (!reference.uri.starts_with('#')) return parts(reference.uri, algorithm);
    auto octets = reading.canonical_target(reference);
    if (!octets) return octets.error();
    return keys::digest(algorithm, *octets);
}

Result<void> check_reference(const Reading& reading, const Reference& reference, const PartDigest& parts, Mode mode) {
    const auto algorithm = keys::digest_from_uri(reference.digest_method);
    const bool weak = algorithm && *algorithm == keys::Digest::sha1 && mode == Mode::strict;
    if (!algorithm || weak)
        return not_valid(fmt::format("digest method '{}' is not accepted", reference.digest_method.substr(0, 100)));
    if (!reference.uri.starts_with('#') && !reference.transforms.empty())
        return not_valid(fmt::format("transforms on the part {} are not accepted", shown(reference)));
    auto digest = digest_of(reading, reference, parts, *algorithm);
    if (!digest) return digest.error();
    if (*digest != reference.digest)
        return not_valid(fmt::format("{} does not have the digest that was signed", shown(reference)));
    return {};
}

}  // namespace

std::vector<std::string> names_of(const std::vector<SignedPart>& parts) {
    std::vector<std::string> names;
    for (const SignedPart& part : parts) names.push_back(part.name);
    return names;
}

Result<void> check_message_chain(const Question& question, Mode mode) {
    if (!question.chain)
        return fault(FaultCode::invalid_reference, "the hash chain was not received").within("malformed_signature");
    auto used = check_chain(*question.chain_result, *question.chain, chain_name, question.parts,
                            names_of(question.parts), mode);
    if (!used) return used.error().within("malformed_signature");
    return {};
}

Result<void> check_signing_usage(const x509::Certificate& certificate) {
    auto signing = certificate.is_signing();
    if (!signing) return signing.error();
    if (!*signing) return malformed("the certificate " + certificate.subject() + " is not one for signing messages");
    return {};
}

Result<void> check_member(const x509::Certificate& certificate, const identity::MemberId& signer,
                          const x509::Trust& trust, Mode mode) {
    const auto* authority = trust.issuer_of(certificate, signer.instance);
    if (!authority)
        return fault(FaultCode::internal_error, fmt::format("{} was not issued by an approved authority of {}",
                                                            certificate.subject(), signer.instance));
    if (mode == Mode::strict && authority->authentication_only)
        return fault(
            FaultCode::internal_error,
            fmt::format("{} was issued by an authority approved for authentication only", certificate.subject()));
    auto member = x509::member_of(certificate, authority->profile, signer);
    if (!member) return member.error();
    if (*member != signer)
        return fault(FaultCode::incorrect_certificate,
                     fmt::format("the certificate names {}, the message {}", member->text(), signer.text()));
    return {};
}

Result<void> check_value(const Reading& reading, const x509::Certificate& certificate) {
    const std::string uri = reading.signature_algorithm();
    const auto algorithm = keys::SignatureAlgorithm::from_uri(uri);
    if (!algorithm) return not_valid(fmt::format("signature method '{}' is not accepted", uri.substr(0, 100)));
    auto octets = reading.canonical_signed_info();
    if (!octets) return octets.error();
    auto key = certificate.public_key();
    if (!key) return not_valid(key.error().detail);
    return key->verify(*algorithm, *octets, reading.value(), keys::EcdsaForm::raw);
}

Result<void> check_references(const Reading& reading, const PartDigest& parts, Mode mode) {
    if (reading.references().size() > limits::signature_references)
        return not_valid(fmt::format("the signature has more than {} references", limits::signature_references));
    if (reading.references().empty()) return not_valid("the signature has no reference");
    for (const Reference& reference : reading.references())
        if (auto good = check_reference(reading, reference, parts, mode); !good) return good;
    return {};
}

Result<x509::Judgement> check_path(const Reading& reading, const x509::Certificate& certificate,
                                   const identity::MemberId& signer, const x509::Trust& trust, Instant at, Mode mode) {
    auto extra = reading.extra_certificates();
    if (!extra) return extra.error();
    auto ocsp = reading.ocsp();
    if (!ocsp) return ocsp.error();
    const auto judge = mode == Mode::strict ? x509::judge_signer : judge_signer_genuinely;
    return judge(certificate, *extra, *ocsp, signer.instance, trust, at);
}

Result<void> check_coverage(const Reading& reading, const std::vector<std::string>& parts, bool chain_followed) {
    std::size_t properties = 0;
    std::vector<std::string> named;
    for (const Reference& reference : reading.references()) {
        if (reading.is_signed_properties(reference)) {
            ++properties;
        } else {
            named.push_back(reference.uri);
        }
    }
    if (properties != 1) return malformed("the signed properties are not covered by exactly one reference");

    const std::vector<std::string> through_chain{std::string(chain_result_name)};
    const auto& expected = chain_followed ? through_chain : parts;
    for (const std::string& name : expected)
        if (std::count(named.begin(), named.end(), name) == 0)
            return fault(FaultCode::hashchain_unused_inputs, name + " is not covered by the signature")
                .within("malformed_signature");
    if (named.size() != expected.size())
        return malformed("the signature refers to something that is no part of the message");
    return {};
}

}  // namespace onceway::signature
