#include "certs/keys/der.hpp"
#include "certs/keys/signature_identifier.hpp"
#include "certs/timestamp/timestamp.hpp"
#include "certs/timestamp/token_fields.hpp"
#include "certs/x509/name.hpp"

#include <fmt/format.h>

namespace onceway::timestamp {
namespace {

namespace der = keys::der;

constexpr std::string_view time_stamping = "1.3.6.1.5.5.7.3.8";
constexpr std::string_view rsa_encryption = "1.2.840.113549.1.1.1";

Fault unverified(std::string why) {
    return fault(FaultCode::mlog_timestamp_signer_verification_failed,
                 "Verifying a time-stamp token: " + std::move(why));
}

bool is_named(const x509::Certificate& certificate, const TokenFields& token, const Octets& issuer) {
    if (token.key_id) return certificate.subject_key_id() == Octets(*token.key_id);
    return certificate.serial_octets() == token.serial && certificate.issuer_der() == issuer;
}

// The signer must be one of the configured certificates; what the token itself encloses proves nothing.
Result<std::vector<x509::Certificate>> named(const TokenFields& token,
                                             const std::vector<x509::Certificate>& authorities) {
    if (authorities.empty())
        return fault(FaultCode::mlog_no_timestamping_provider_found,
                     "The global configuration has no time-stamping service");
    const auto issuer = token.key_id ? std::nullopt : std::optional(x509::read_name(token.issuer_name));
    const Octets canonical = issuer && *issuer ? x509::canonical(**issuer) : Octets();
    std::vector<x509::Certificate> found;
    for (const x509::Certificate& authority : authorities)
        if (is_named(authority, token, canonical)) found.push_back(authority);
    if (found.empty())
        return fault(FaultCode::mlog_tsp_certificate_not_found,
                     "The signer of the time-stamp token is no time-stamping service of the global configuration");
    return found;
}

// CMS may state only the kind of key as signature algorithm; the digest then stands beside it.
std::optional<keys::SignatureAlgorithm> algorithm_of(const TokenFields& token) {
    const auto digest = keys::digest_of_identifier(token.digest_algorithm);
    if (!digest) return {};
    if (const auto whole = keys::algorithm_of_identifier(token.signature_algorithm))
        return whole->digest == *digest || whole->scheme == keys::Scheme::ecdsa ? whole : std::nullopt;
    der::Reader outer(token.signature_algorithm);
    const auto body = outer.next(der::sequence);
    der::Reader fields(body ? body->content : OctetsView());
    const auto type = fields.next(der::object_identifier);
    if (!type || der::oid_text(type->content) != rsa_encryption) return {};
    const keys::SignatureAlgorithm algorithm{keys::Scheme::rsa_pkcs1, *digest};
    return algorithm.uri().empty() ? std::nullopt : std::optional(algorithm);
}

std::string why_not_signed_by(const x509::Certificate& certificate, const TokenFields& token, bool strict) {
    if (!token.certificate_digest_algorithm ||
        keys::digest(*token.certificate_digest_algorithm, certificate.der()) != token.certificate_digest)
        return "its signing-certificate attribute means another certificate than '" + certificate.subject() + "'";
    const auto algorithm = algorithm_of(token);
    if (!algorithm) return "it is signed with an algorithm that is not allowed";
    const auto key = certificate.public_key();
    if (!key) return key.error().detail;
    const auto digest = *keys::digest_of_identifier(token.digest_algorithm);
    if (keys::digest(digest, token.content) != token.message_digest) return "its content was changed";
    if (!key->verify(*algorithm, token.signed_attributes, token.signature, keys::EcdsaForm::der))
        return "its signature was not made by '" + certificate.subject() + "'";
    if (token.signing_time && !certificate.valid_at(*token.signing_time))
        return "the certificate of its signer was not valid at " + rfc3339(*token.signing_time);
    if (!strict) return {};
    if (!certificate.has_only_critical_usage(time_stamping))
        return "the certificate of its signer is not made for time-stamping alone";
    if (!certificate.valid_at(token.at)) return "the certificate of its signer was not valid at " + rfc3339(token.at);
    return {};
}

Result<x509::Certificate> find_signer(const TokenFields& token, const std::vector<x509::Certificate>& authorities,
                                      bool strict) {
    const auto candidates = named(token, authorities);
    if (!candidates) return candidates.error();
    std::string why;
    for (const x509::Certificate& candidate : *candidates) {
        why = why_not_signed_by(candidate, token, strict);
        if (why.empty()) return candidate;
    }
    return unverified(why);
}

Result<Token> judge_fields(OctetsView token, const TokenFields& fields,
                           const std::vector<x509::Certificate>& authorities, bool strict) {
    auto signer = find_signer(fields, authorities, strict);
    if (!signer) return signer.error();
    return Token{Octets(token), fields.at, std::move(*signer), Octets(fields.imprint), *fields.imprint_digest};
}

Fault other_imprint() {
    return fault(FaultCode::malformed_signature, "Timestamp hashes do not match: the token was made over other data");
}

// SHA-1 still names what was stamped long ago; only the tolerant judge takes it.
bool allowed(std::optional<keys::Digest> digest, bool strict) {
    return digest && !(strict && *digest == keys::Digest::sha1);
}

}  // namespace

Result<Token> judge_token(OctetsView token, OctetsView data, const std::vector<x509::Certificate>& authorities,
                          bool strict) {
    const auto fields = read_token(token);
    if (!fields) return fields.error();
    if (!allowed(fields->imprint_digest, strict))
        return fault(FaultCode::malformed_signature,
                     "The time-stamp token names its data by a digest that is not allowed");
    if (keys::digest(*fields->imprint_digest, data) != fields->imprint) return other_imprint();
    return judge_fields(token, *fields, authorities, strict);
}

Result<Token> judge_token_imprint(OctetsView token, OctetsView imprint,
                                  const std::vector<x509::Certificate>& authorities, bool strict) {
    const auto fields = read_token(token);
    if (!fields) return fields.error();
    if (!allowed(fields->imprint_digest, strict))
        return fault(FaultCode::malformed_signature,
                     "The time-stamp token names its data by a digest that is not allowed");
    if (fields->imprint != imprint) return other_imprint();
    return judge_fields(token, *fields, authorities, strict);
}

Result<Token> Question::judge(OctetsView answer, const std::vector<x509::Certificate>& authorities) const {
    const auto token = granted_token(answer);
    if (!token) return token.error();
    const auto fields = read_token(*token);
    if (!fields) return fault(FaultCode::mlog_timestamp_response_object_creation_failed, fields.error().detail);
    const auto mismatch = [](const char* what) {
        return fault(FaultCode::mlog_timestamp_response_validation_failed,
                     std::string("The time-stamping service answered something else: ") + what);
    };
    if (fields->imprint_digest != keys::Digest::sha512) return mismatch("the imprint has another digest algorithm");
    if (fields->imprint != imprint_) return mismatch("the imprint is that of other data");
    if (!nonce_.empty() && fields->nonce != OctetsView(nonce_)) return mismatch("the nonce is not ours");
    auto judged = judge_fields(*token, *fields, authorities, true);
    if (!judged) return judged;
    const bool enclosed = std::find(fields->certificates.begin(), fields->certificates.end(),
                                    OctetsView(judged->signer.der())) != fields->certificates.end();
    if (!enclosed) judged->der = with_certificate(*token, judged->signer);
    return judged;
}

}  // namespace onceway::timestamp
