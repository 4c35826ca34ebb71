#include "security-server/admin/key_picture.hpp"

#include "security-server/admin/own_keys.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::admin {
namespace {

/// The member for whom a key was made: its label, when that is a member's identifier.
std::optional<identity::MemberId> member_of_label(const std::string& label) {
    const auto id = identity::ClientId::from_header(label);
    if (!id || id->subsystem) return std::nullopt;
    return id->member();
}

Result<identity::MemberId> named_member(const x509::Certificate& certificate, const keys::KeyInfo& key,
                                        const x509::Trust& trust) {
    const auto* issuer = trust.issuer_of(certificate, trust.own_instance());
    if (!issuer)
        return fault(FaultCode::incorrect_certificate,
                     fmt::format("The issuer of {}, {}, is no approved authority of {}.", certificate.subject(),
                                 certificate.issuer(), trust.own_instance()));
    if (issuer->authentication_only)
        return fault(FaultCode::wrong_cert_usage,
                     fmt::format("The authority {} is approved for authentication only.", issuer->name));
    const identity::MemberId expected =
        member_of_label(key.label).value_or(identity::MemberId{trust.own_instance(), {}, {}});
    return x509::member_of(certificate, issuer->profile, expected);
}

void judge_signing(OwnCertificate& own, const x509::Trust& trust) {
    auto member = named_member(own.certificate, own.key, trust);
    if (member)
        own.member = std::move(*member);
    else
        own.unusable = member.error().detail;
}

void judge_authentication(OwnCertificate& own, const x509::Trust& trust, const identity::ServerId& server) {
    const auto* registered = trust.server_with(own.certificate);
    own.registered = registered && registered->id == server;
    if (!trust.issuer_of(own.certificate, trust.own_instance()))
        own.unusable = fmt::format("The issuer {} is no approved authority.", own.certificate.issuer());
}

/// Registered before unregistered, then the one that began last; expired ones never.
std::optional<std::size_t> choose_authentication(const std::vector<OwnCertificate>& certificates, Instant at) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        const auto& own = certificates[i];
        if (own.key.usage != keys::KeyUsage::authentication || !own.certificate.valid_at(at)) continue;
        const auto rank = [&](std::size_t at_index) {
            const auto& other = certificates[at_index];
            return std::pair(other.registered, other.certificate.not_before());
        };
        if (!best || rank(i) > rank(*best)) best = i;
    }
    return best;
}

}  // namespace

std::vector<x509::Certificate> OwnCertificate::chain() const {
    std::vector<x509::Certificate> all{certificate};
    all.insert(all.end(), intermediates.begin(), intermediates.end());
    return all;
}

std::string OwnCertificate::trouble(Instant at) const {
    if (at < certificate.not_before())
        return fmt::format("The certificate {} is valid from {}.", certificate.subject(),
                           rfc3339_seconds(certificate.not_before()));
    if (at > certificate.not_after())
        return fmt::format("The certificate {} expired at {}. Have another issued.", certificate.subject(),
                           rfc3339_seconds(certificate.not_after()));
    if (!unusable.empty()) return unusable;
    if (!private_key) return "The keys are locked. Unlock them with `onceway-server key unlock`.";
    return {};
}

const OwnCertificate* KeyPicture::authentication() const {
    return authentication_index ? &certificates[*authentication_index] : nullptr;
}

const x509::Certificate* KeyPicture::by_sha1(OctetsView sha1) const {
    for (const auto& own : certificates)
        if (own.certificate.sha1() == sha1) return &own.certificate;
    for (const auto& authority : authorities)
        if (authority.sha1() == sha1) return &authority;
    return nullptr;
}

std::vector<x509::Certificate> KeyPicture::in_use(Instant at) const {
    std::vector<x509::Certificate> needed;
    for (const auto& own : certificates) {
        if (!own.certificate.valid_at(at) || !own.unusable.empty()) continue;
        for (const auto& certificate : own.chain())
            if (std::ranges::count(needed, certificate) == 0) needed.push_back(certificate);
    }
    return needed;
}

std::vector<x509::Certificate> intermediates_of(const x509::Certificate& certificate, const x509::Trust& trust) {
    constexpr std::size_t deepest = 3;
    std::vector<x509::Certificate> chain;
    const auto* issuer = trust.issuer_of(certificate, trust.own_instance());
    while (issuer && !issuer->top && chain.size() < deepest) {
        chain.push_back(issuer->certificate);
        issuer = trust.issuer_of(issuer->certificate, trust.own_instance());
    }
    return chain;
}

std::shared_ptr<const KeyPicture> draw_picture(const keys::SoftwareToken& token, const identity::ServerId& server,
                                               const std::shared_ptr<const x509::Trust>& trust, Instant at) {
    auto picture = std::make_shared<KeyPicture>();
    picture->unlocked = token.unlocked();
    for (const auto& key : token.list()) {
        std::shared_ptr<const keys::PrivateKey> private_key;
        if (auto opened = token.key(key.id)) private_key = *opened;
        for (const auto& certificate : key.certificates) {
            OwnCertificate own{key, certificate, {}, private_key, std::nullopt, false, {}};
            if (!trust)
                own.unusable = "There is no global configuration yet.";
            else if (key.usage == keys::KeyUsage::signing)
                judge_signing(own, *trust);
            else
                judge_authentication(own, *trust, server);
            if (trust) own.intermediates = intermediates_of(certificate, *trust);
            picture->certificates.push_back(std::move(own));
        }
    }
    picture->authentication_index = choose_authentication(picture->certificates, at);
    if (trust)
        for (const auto& authority : trust->authorities()) picture->authorities.push_back(authority.certificate);
    return picture;
}

Result<void> check_import(const x509::Certificate& certificate, const std::vector<keys::KeyInfo>& known,
                          const x509::Trust* trust) {
    const auto signing = certificate.is_signing();
    if (!signing) return signing.error();
    if (!*signing || !trust) return {};
    const auto public_key = certificate.public_key();
    if (!public_key) return public_key.error();
    const auto id = to_hex(keys::sha256(public_key->spki())).substr(0, 16);
    const auto key = std::ranges::find(known, id, &keys::KeyInfo::id);
    if (key == known.end()) return {};  // the token says so
    const auto member = named_member(certificate, *key, *trust);
    if (!member) return member.error();
    const auto made_for = member_of_label(key->label);
    if (made_for && *member != *made_for)
        return fault(FaultCode::incorrect_certificate,
                     fmt::format("Importing {}: it names {}, but its key was made for {}.", certificate.subject(),
                                 member->text(), made_for->text()));
    return {};
}

std::string_view status_word(x509::Revocation status) {
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

}  // namespace onceway::admin
