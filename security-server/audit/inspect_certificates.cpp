// certificate-path, ocsp, timestamp and signature-value: what proves something.
#include "certs/keys/private_key.hpp"
#include "certs/timestamp/timestamp.hpp"
#include "certs/x509/judge.hpp"
#include "certs/x509/ocsp.hpp"
#include "security-server/audit/inspect.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace onceway::audit {
namespace {

namespace json = boost::json;

std::string_view name_of(x509::Revocation status) {
    switch (status) {
        case x509::Revocation::good:
            return "good";
        case x509::Revocation::revoked:
            return "revoked";
        case x509::Revocation::unknown:
            return "unknown";
    }
    return "unknown";
}

/// The usage that a signing or an authentication certificate must have.
Result<void> check_use(const x509::Certificate& certificate, bool signing) {
    auto fits = signing ? certificate.is_signing() : certificate.is_authentication();
    if (!fits) return fits.error();
    if (!*fits)
        return fault(FaultCode::cert_validation, fmt::format("'{}' is no {} certificate", certificate.subject(),
                                                             signing ? "signing" : "authentication"));
    return {};
}

/// A TimeStampResp begins with a status, which is a sequence; a token with an object identifier.
bool is_response(OctetsView der) {
    if (der.size() < 2 || der[0] != 0x30) return false;
    const auto length = static_cast<unsigned char>(der[1]);
    const std::size_t content = length < 0x80 ? 2 : 2 + (length & 0x7f);
    return content < der.size() && der[content] == 0x30;
}

}  // namespace

Result<json::value> inspect_certificate_path(OctetsView data, With& with) {
    const auto anchors = with.certificates("anchors"), extra = with.certificates("extra");
    const Instant at = with.time_or_now("at");
    const std::string use = with.choice("use", {"sign", "auth"});
    if (with.trouble()) return json::value();
    auto leaf = x509::Certificate::from_der(data);
    if (!leaf) return leaf.error();
    if (auto fits = check_use(*leaf, use == "sign"); !fits) return fits.error();
    auto path = x509::build_path(*leaf, extra, anchors, at);
    if (!path) return path.error();
    json::array shown;
    for (const auto& certificate : *path) shown.push_back(json::string(to_hex(certificate.sha256())));
    return json::value{{"path", std::move(shown)}};
}

Result<json::value> inspect_ocsp(OctetsView data, With& with) {
    const auto certificate = with.certificate("certificate"), issuer = with.certificate("issuer");
    const auto responders = with.certificates("responders");
    const Instant at = with.time_or_now("at");
    x509::OcspRules rules;
    rules.freshness_seconds = with.number("freshness_s", rules.freshness_seconds);
    if (with.trouble()) return json::value();
    auto verdict = x509::judge_ocsp(data, *certificate, *issuer, responders, at, rules);
    if (!verdict) return verdict.error();
    json::object value{{"status", name_of(verdict->status)},
                       {"this_update", rfc3339_seconds(verdict->this_update)},
                       {"produced_at", rfc3339_seconds(verdict->produced_at)},
                       {"responder_sha256", to_hex(verdict->responder.sha256())}};
    if (verdict->next_update) value["next_update"] = rfc3339_seconds(*verdict->next_update);
    return json::value(std::move(value));
}

Result<json::value> inspect_timestamp(OctetsView data, With& with) {
    const auto stamped = with.optional_octets("data"), imprint = with.optional_octets("imprint");
    const auto nonce = with.optional_octets("nonce");
    const auto signers = with.certificates("signers");
    if (stamped.has_value() == imprint.has_value()) with.complain("data", "or 'imprint' must be given, one of them");
    if (with.trouble()) return json::value();
    const auto judged = [&]() -> Result<timestamp::Token> {
        if (is_response(data))
            return timestamp::Question::asked(imprint ? *imprint : keys::sha512(*stamped), nonce).judge(data, signers);
        return imprint ? timestamp::judge_token_imprint(data, *imprint, signers, true)
                       : timestamp::judge_token(data, *stamped, signers, true);
    };
    auto token = judged();
    if (!token) return token.error();
    return json::value{{"at", rfc3339(token->at)}, {"signer_sha256", to_hex(token->signer.sha256())}};
}

Result<json::value> inspect_signature_value(OctetsView data, With& with) {
    const std::string uri = with.text("algorithm");
    const Octets spki = with.octets("spki"), covered = with.octets("signed");
    if (with.trouble()) return json::value();
    const auto algorithm = keys::SignatureAlgorithm::from_uri(uri);
    if (!algorithm)
        return fault(FaultCode::unsupported_sign_algorithm,
                     "the signature algorithm is not accepted: " + uri.substr(0, 100));
    auto key = keys::PublicKey::from_spki(spki);
    if (!key) return key.error();
    if (auto verified = key->verify(*algorithm, covered, data, keys::EcdsaForm::raw); !verified)
        return verified.error();
    return json::value();
}

}  // namespace onceway::audit
