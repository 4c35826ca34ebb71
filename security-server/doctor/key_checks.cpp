// Keys and certificates: can they be used, for how long, does the registry know them.
#include "certs/x509/judge.hpp"
#include "security-server/admin/health.hpp"
#include "security-server/admin/internal_tls.hpp"
#include "security-server/admin/key_picture.hpp"
#include "security-server/doctor/checks.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <set>

namespace onceway::doctor {
namespace {

constexpr auto group = Group::keys;

std::int64_t days_left(const x509::Certificate& certificate, Instant now) {
    return std::chrono::floor<std::chrono::days>(certificate.not_after() - now).count();
}

Finding token_finding(const Patient& patient) {
    const auto folder = patient.file.keys().string();
    if (patient.no_keys)
        return failed(group, "token", folder, patient.no_keys->detail, Turn::here,
                      "Restore the folder `keys` from the backup, with its PIN; without one make new keys and have new "
                      "certificates issued.");
    if (patient.keys.empty())
        return failed(group, "token", folder, "There is no key.", Turn::here,
                      "Make one for authentication and one for signing: `onceway-server key generate`.");
    if (patient.running)
        return is_true(section(patient.status, "keys"), "unlocked")
                   ? ok(group, "token", folder, fmt::format("Unlocked; {} keys.", patient.keys.size()))
                   : failed(group, "token", folder, "The running server's keys are locked.", Turn::here,
                            "Type the PIN with `onceway-server key unlock`; for starts without a person name a file in "
                            "server.toml, [keys] pin_file.");
    if (patient.locked)
        return failed(group, "token", folder, patient.locked->detail, Turn::here,
                      "Put the PIN's file right before the start; nothing is signed without it.");
    if (patient.file.pin_file.empty())
        return ok(group, "token", folder,
                  fmt::format("{} keys, locked until somebody types the PIN after the start.", patient.keys.size()));
    return ok(group, "token", folder, fmt::format("{} keys; the PIN in its file opens them.", patient.keys.size()));
}

std::string name_of(const admin::OwnCertificate& own) {
    return fmt::format("{} of key {}", own.key.usage == keys::KeyUsage::signing ? "signing" : "authentication",
                       own.key.id);
}

/// How long it holds, said of a certificate about which nothing else is wrong.
Finding by_time(const std::string& check, const std::string& about, const x509::Certificate& certificate, Instant now,
                const std::string& found, const std::string& renewal) {
    const auto days = days_left(certificate, now);
    if (now < certificate.not_before())
        return failed(group, check, about,
                      fmt::format("{} It begins {} only.", found, rfc3339_seconds(certificate.not_before())),
                      Turn::here, "Look at the clock below; if that is right, wait, or have another issued.");
    if (days < 0)
        return failed(group, check, about,
                      fmt::format("{} It ended {}.", found, rfc3339_seconds(certificate.not_after())), Turn::here,
                      renewal);
    const auto rest = fmt::format("{} {} days left.", found, days);
    if (days < admin::warn_days) return warning(group, check, about, rest, Turn::here, renewal);
    return ok(group, check, about, rest);
}

/// What is wrong with the path to the approved authority; nothing when it is whole.
std::optional<Finding> path_finding(const admin::OwnCertificate& own, const std::string& about,
                                    const x509::Trust& trust, Instant now) {
    const auto* issuer = trust.issuer_of(own.certificate, trust.own_instance());
    if (!issuer) return std::nullopt;  // told as unusable
    const auto path = x509::build_path(own.certificate, own.intermediates, {issuer->certificate}, now);
    if (path || !own.certificate.valid_at(now)) return std::nullopt;
    return failed(
        group, "certificate", about, path.error().detail, Turn::authority,
        "Its path to the approved authority is broken. Show the sentence above to the authority; when it has a "
        "new certificate of its own, have the registry approve that.");
}

Finding certificate_finding(const admin::OwnCertificate& own, const Patient& patient, const x509::Trust& trust) {
    const auto now = patient.clock.now();
    const auto about = name_of(own);
    const bool signs = own.key.usage == keys::KeyUsage::signing;
    if (!own.unusable.empty())
        return failed(
            group, "certificate", about, own.unusable, Turn::registry,
            "Have the registry approve that authority, or have the certificate issued by one that it approves.");
    const auto usage = signs ? own.certificate.is_signing() : own.certificate.is_authentication();
    if (!usage || !*usage)
        return failed(group, "certificate", about, "Its key usage does not allow what the key is for.", Turn::authority,
                      "Have another issued from the request of `onceway-server key csr`.");
    if (auto broken = path_finding(own, about, trust, now)) return *broken;
    const auto found = fmt::format("{}, by {}{}.", own.certificate.subject(), own.certificate.issuer(),
                                   own.member ? ", names " + own.member->url() : "");
    return by_time(
        "certificate", about, own.certificate, now, found,
        "Make a key, have it certified and import the certificate (operators/security-server.md, Renewing).");
}

/// One of several authentication certificates must be registered; during a change of keys the other is not.
Finding registration_finding(const admin::KeyPicture& picture, const Patient& patient, const x509::Trust& trust) {
    const auto about = patient.file.id.url();
    if (!trust.server(patient.file.id))
        return failed(group, "registration", about, "The global configuration does not know this server.",
                      Turn::registry,
                      "Send its id, its address and its authentication certificate to the registry's operator.");
    const auto* shown = picture.authentication();
    if (!shown)
        return failed(group, "registration", about, "There is no authentication certificate that could be registered.",
                      Turn::here,
                      "Import one: `onceway-server key generate --usage authentication`, `key csr`, `key import`.");
    if (!shown->registered)
        return failed(
            group, "registration", about,
            fmt::format("The authentication certificate {} is not registered for this server.",
                        shown->certificate.subject()),
            Turn::registry,
            fmt::format("Send this certificate (SHA-256 {}) to the registry's operator; other servers hang up "
                        "until it is listed.",
                        to_hex(shown->certificate.sha256())));
    return ok(group, "registration", about, "The authentication certificate in use is registered.");
}

/// Each member whose subsystem is a client here needs a signing certificate of its own.
void add_missing_signers(const admin::KeyPicture& picture, const Patient& patient, std::vector<Finding>& findings) {
    std::set<identity::MemberId> members{patient.file.id.owner};
    if (patient.state)
        for (const auto& client : patient.state->clients) members.insert(client.id.member());
    for (const auto& member : members) {
        const auto signs = [&](const admin::OwnCertificate& own) {
            return own.key.usage == keys::KeyUsage::signing && own.member == member;
        };
        if (std::ranges::any_of(picture.certificates, signs)) continue;
        findings.push_back(
            failed(group, "signer", member.url(), "No signing certificate names this member.", Turn::here,
                   fmt::format("Make a key with `onceway-server key generate --usage signing --member {}` "
                               "and have it certified.",
                               member.url())));
    }
}

Finding internal_finding(const Patient& patient) {
    const auto about = patient.file.tls_certificate().string();
    const auto identity = admin::load_internal_tls(patient.file);
    if (!identity)
        return failed(group, "internal_tls", about, identity.error().detail, Turn::here,
                      "Put both files under `tls/` right: the server does not start without them.");
    const auto& certificate = identity->chain.front();
    return by_time("internal_tls", about, certificate, patient.clock.now(), certificate.subject() + ".",
                   "Replace it, and give the new one to the information systems that call over https.");
}

}  // namespace

std::vector<Finding> key_findings(const Patient& patient, const SnapshotPtr& snapshot) {
    std::vector<Finding> findings{token_finding(patient), internal_finding(patient)};
    if (patient.no_keys) return findings;
    if (!snapshot) {
        findings.push_back(unknown(group, "certificate", "",
                                   "Without a global configuration nothing can be said about them.",
                                   "Mend the configuration first."));
        return findings;
    }
    const auto token = keys::SoftwareToken::open(patient.file.keys());
    if (!token) return findings;
    const auto picture = admin::draw_picture(*token, patient.file.id, snapshot->trust, patient.clock.now());
    for (const auto& own : picture->certificates)
        findings.push_back(certificate_finding(own, patient, *snapshot->trust));
    for (const auto& key : patient.keys)
        if (key.certificates.empty())
            findings.push_back(
                warning(group, "certificate", "key " + key.id, "This key has no certificate.", Turn::here,
                        "Send `onceway-server key csr` of it to the authority, and import what comes back."));
    findings.push_back(registration_finding(*picture, patient, *snapshot->trust));
    add_missing_signers(*picture, patient, findings);
    return findings;
}

}  // namespace onceway::doctor
