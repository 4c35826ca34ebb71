#include "certs/x509/judge.hpp"

#include "schemas/base/limits.hpp"

#include <fmt/format.h>

namespace onceway::x509 {
namespace {

constexpr std::size_t extras_most = 16;

Fault refuse_path(std::string why) {
    return fault(FaultCode::internal_error, "Building a certificate path: " + std::move(why))
        .within("cannot_create_cert_path");
}

std::string why_not_valid(const Certificate& certificate, Instant at) {
    if (certificate.valid_at(at)) return {};
    return fmt::format("'{}' is valid from {} to {}, not at {}", certificate.subject(),
                       rfc3339_seconds(certificate.not_before()), rfc3339_seconds(certificate.not_after()),
                       rfc3339(at));
}

// What OpenSSL would let pass and we do not. Rule: threats §5.2, path validation.
std::string why_unusable(const Certificate& certificate, Instant at) {
    const std::string named = "'" + certificate.subject() + "'";
    if (auto key = certificate.public_key(); !key) return named + ": " + key.error().detail;
    if (certificate.has_unknown_critical_extension()) return named + " has a critical extension that is not known";
    const OctetsView serial = certificate.serial_octets();
    if (serial.size() > 20 || serial == OctetsView("\0", 1) || (static_cast<unsigned char>(serial[0]) & 0x80))
        return named + " has a serial number that is not positive or longer than 20 octets";
    return why_not_valid(certificate, at);
}

std::string why_may_not_issue(const Certificate& certificate, std::size_t authorities_below) {
    if (!certificate.may_sign_certificates()) return "'" + certificate.subject() + "' may not issue certificates";
    const auto most = certificate.path_length();
    if (most && static_cast<std::int64_t>(authorities_below) > *most)
        return "the path below '" + certificate.subject() + "' is too long";
    return {};
}

/// Looks for a way from the last certificate of `path` up to an anchor, keeping the best reason why there is none.
class PathFinder {
public:
    PathFinder(const std::vector<Certificate>& extra, const std::vector<Certificate>& anchors, Instant at)
        : extra_(extra), anchors_(anchors), at_(at) {}

    bool find(std::vector<Certificate>& path) {
        const Certificate current = path.back();
        if (note(why_unusable(current, at_))) return false;
        if (path.size() == 1 && current.is_ca() &&
            note("'" + current.subject() + "' is an authority, not an end entity"))
            return false;
        if (path.size() > 1 && note(why_may_not_issue(current, path.size() - 2))) return false;
        for (const Certificate& anchor : anchors_)
            if (current.signed_by(anchor)) return true;
        if (path.size() == limits::certificate_depth) return !note("the path is longer than four certificates");
        for (const Certificate& next : extra_) {
            if (std::find(path.begin(), path.end(), next) != path.end() || !current.signed_by(next)) continue;
            path.push_back(next);
            if (find(path)) return true;
            path.pop_back();
        }
        note("no certificate at hand issued '" + current.subject() + "'");
        return false;
    }
    const std::string& reason() const { return reason_; }

private:
    // True when there is a reason to stop; the first one found is the one told.
    bool note(const std::string& why) {
        if (reason_.empty()) reason_ = why;
        return !why.empty();
    }

    const std::vector<Certificate>& extra_;
    const std::vector<Certificate>& anchors_;
    Instant at_;
    std::string reason_;
};

Fault not_authenticated(std::string why) { return fault(FaultCode::ssl_authentication_failed, std::move(why)); }

Result<void> require_authentication(const Certificate& leaf) {
    const auto usage = leaf.is_authentication();
    if (!usage) return usage.error().within("ssl_authentication_failed");
    if (!*usage) return not_authenticated("'" + leaf.subject() + "' is not an authentication certificate");
    return {};
}

// The first answer about the certificate; a further, different one about it is refused. Rule: threats row 12.
Result<OctetsView> answer_about(const Certificate& certificate, const Certificate& issuer,
                                const std::vector<Octets>& answers) {
    std::optional<OctetsView> found;
    for (const Octets& answer : answers) {
        const auto matches = ocsp_matches(answer, certificate, issuer);
        if (!matches && found) continue;
        if (!matches) return matches.error();
        if (!*matches) continue;
        if (found && *found != answer)
            return fault(FaultCode::incorrect_validation_info,
                         "There are two different OCSP answers about '" + certificate.subject() + "'");
        found = answer;
    }
    if (!found)
        return fault(FaultCode::cert_validation, "There is no OCSP answer about '" + certificate.subject() + "'");
    return *found;
}

Result<OcspVerdict> require_good(const Certificate& certificate, const std::vector<Octets>& answers,
                                 std::string_view instance, const Trust& trust, Instant at) {
    const Authority* issuer = trust.issuer_of(certificate, instance);
    if (!issuer)
        return fault(FaultCode::internal_error,
                     "The issuer of '" + certificate.subject() + "' is not approved in " + std::string(instance));
    const auto answer = answer_about(certificate, issuer->certificate, answers);
    if (!answer) return answer.error();
    const OcspRules rules{trust.ocsp_freshness_seconds(), trust.optional().verify_next_update};
    auto verdict = judge_ocsp(*answer, certificate, issuer->certificate, issuer->responders, at, rules);
    if (verdict && verdict->status != Revocation::good)
        return fault(FaultCode::cert_validation,
                     "The OCSP status of '" + certificate.subject() +
                         (verdict->status == Revocation::revoked ? "' is revoked" : "' is unknown"));
    return verdict;
}

// Path and revocation, as TLS and messages share them.
Result<Judgement> judge_path(const Certificate& leaf, const std::vector<Certificate>& extra, const Authority& anchor,
                             const std::vector<Octets>& answers, const Trust& trust, Instant at) {
    auto path = build_path(leaf, extra, {anchor.certificate}, at);
    if (!path) return path.error();
    Judgement judgement{std::move(*path), {}, leaf.not_after(), leaf.not_before()};
    for (const Certificate& certificate : judgement.path) {
        auto verdict = require_good(certificate, answers, anchor.instance, trust, at);
        if (!verdict && verdict.error().code == FaultCode::io_error) return verdict.error();
        if (!verdict) return verdict.error().within("invalid_cert_path");
        judgement.deadline = std::min({judgement.deadline, certificate.not_after(), verdict->deadline});
        judgement.from = std::max({judgement.from, certificate.not_before(), verdict->from});
        judgement.ocsp.push_back(std::move(*verdict));
    }
    return judgement;
}

std::vector<Certificate> behind_leaf(const std::vector<Certificate>& presented) {
    return {presented.begin() + 1, presented.end()};
}

}  // namespace

Result<std::vector<Certificate>> build_path(const Certificate& leaf, const std::vector<Certificate>& extra,
                                            const std::vector<Certificate>& anchors, Instant at) {
    if (extra.size() > extras_most)
        return refuse_path(fmt::format("{} certificates are offered; {} suffice", extra.size(), extras_most));
    std::vector<Certificate> path{leaf};
    PathFinder finder(extra, anchors, at);
    if (!finder.find(path)) return refuse_path(finder.reason());
    return path;
}

Result<Judgement> judge_signer(const Certificate& leaf, const std::vector<Certificate>& extra,
                               const std::vector<Octets>& ocsp, std::string_view instance, const Trust& trust,
                               Instant at) {
    const Authority* anchor = trust.issuer_of(leaf, instance);
    if (!anchor)
        return fault(FaultCode::internal_error, "The issuer of the signing certificate '" + leaf.subject() +
                                                    "' is not approved in " + std::string(instance));
    if (anchor->authentication_only)
        return fault(FaultCode::internal_error, "The issuer of the signing certificate '" + leaf.subject() +
                                                    "' is approved for authentication only");
    return judge_path(leaf, extra, *anchor, ocsp, trust, at);
}

Result<Judgement> judge_consumer_server(const std::vector<Certificate>& presented, const std::vector<Octets>& ocsp,
                                        const identity::ClientId& client, const Trust& trust, Instant at) {
    if (presented.empty()) return not_authenticated("The caller presented no certificate");
    const Certificate& leaf = presented.front();
    if (ocsp.empty())
        return not_authenticated("The message brings no OCSP answer for the certificate of the calling server");
    const Authority* anchor = trust.issuer_of(presented.back(), client.instance);
    if (!anchor)
        return fault(FaultCode::internal_error,
                     "The issuer of '" + presented.back().subject() + "' is not approved in " + client.instance);
    if (auto usage = require_authentication(leaf); !usage) return usage.error();
    auto judgement = judge_path(leaf, behind_leaf(presented), *anchor, ocsp, trust, at);
    if (!judgement) return judgement.error().within("ssl_authentication_failed");
    if (!trust.serves(leaf, client))
        return not_authenticated("The certificate '" + leaf.subject() + "' belongs to no server of " + client.text());
    return judgement;
}

Result<Judgement> judge_provider_server(const std::vector<Certificate>& presented, const std::vector<Octets>& ocsp,
                                        const identity::ClientId& provider, const Trust& trust, Instant at) {
    if (presented.empty()) return not_authenticated("The provider presented no certificate");
    const Certificate& leaf = presented.front();
    const Authority* anchor = trust.issuer_of(leaf, provider.instance);
    if (!anchor)
        return refuse_path("the issuer of '" + leaf.subject() + "' is not approved in " + provider.instance)
            .within("ssl_authentication_failed");
    if (auto usage = require_authentication(leaf); !usage) return usage.error();
    auto judgement = judge_path(leaf, behind_leaf(presented), *anchor, ocsp, trust, at);
    if (!judgement) return judgement.error().within("ssl_authentication_failed");
    if (!trust.serves(leaf, provider))
        return not_authenticated("The certificate '" + leaf.subject() + "' belongs to no server of " + provider.text());
    return judgement;
}

}  // namespace onceway::x509
