#include "security-server/admin/certificate_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace onceway::admin {
namespace {

constexpr std::string_view package = "ee.ria.xroad.common.certificateprofile.impl.";
constexpr std::pair<std::string_view, std::string_view> short_names[] = {
    {"basic", "BasicCertificateProfileInfoProvider"}, {"basic-acme", "BasicACMECertificateProfileInfoProvider"},
    {"ejbca", "EjbcaCertificateProfileInfoProvider"}, {"fivrk", "FiVRKCertificateProfileInfoProvider"},
    {"is", "IsCertificateProfileInfoProvider"},       {"fo", "FoCertificateProfileInfoProvider"},
    {"sk", "SkKlass3CertificateProfileInfoProvider"}, {"sk-esteid", "SkEsteIdCertificateProfileInfoProvider"},
};

/// The one profile that all authorities approved for this usage share; Basic before any is known.
Result<std::string> approved_profile(const x509::Trust* trust, bool signing) {
    std::set<std::string> profiles;
    if (trust)
        for (const auto& authority : trust->authorities())
            if (authority.instance == trust->own_instance() && !(signing && authority.authentication_only))
                profiles.insert(authority.profile);
    if (profiles.empty()) return profile_named("basic");
    if (profiles.size() == 1) return *profiles.begin();
    return fault(
        FaultCode::invalid_argument,
        fmt::format("Choosing the certificate profile: the approved authorities use {}. Say which with --profile.",
                    fmt::join(profiles, ", ")));
}

std::string text_of(const x509::Subject& subject) {
    std::string text;
    for (const auto& [name, value] : subject) text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, value);
    return text;
}

}  // namespace

std::string request_pem(OctetsView der) {
    constexpr std::size_t width = 64;
    const auto base64 = to_base64(der);
    std::string pem = "-----BEGIN CERTIFICATE REQUEST-----\n";
    for (std::size_t i = 0; i < base64.size(); i += width) pem += base64.substr(i, width) + '\n';
    return pem + "-----END CERTIFICATE REQUEST-----\n";
}

Result<std::string> profile_named(std::string_view name) {
    if (name.find('.') != std::string_view::npos) return std::string(name);
    std::string all;
    for (const auto& [short_name, class_name] : short_names) {
        if (short_name == name) return std::string(package) + std::string(class_name);
        all += (all.empty() ? "" : ", ") + std::string(short_name);
    }
    return fault(FaultCode::invalid_argument,
                 fmt::format("There is no certificate profile '{}'. Known are {}.", name, all));
}

Result<MadeRequest> make_request(const RequestWish& wish, const OwnKeys& keys, const identity::ServerId& server,
                                 const x509::Trust* trust) {
    const auto known = keys.list();
    const auto info = std::ranges::find(known, wish.key, &keys::KeyInfo::id);
    if (info == known.end())
        return fault(FaultCode::key_not_found,
                     fmt::format("There is no key '{}'. `onceway-server key list` shows all.", wish.key));
    const bool signing = info->usage == keys::KeyUsage::signing;
    const auto profile = wish.profile.empty() ? approved_profile(trust, signing) : profile_named(wish.profile);
    if (!profile) return profile.error();

    auto member = server.owner;
    if (const auto labelled = identity::ClientId::from_header(info->label); signing && labelled)
        member = labelled->member();
    auto fields = wish.fields;
    if (!wish.dns_name.empty() && !signing) fields.try_emplace("CN", wish.dns_name);
    const auto usage = signing ? x509::Profile::signing : x509::Profile::authentication;
    const auto subject = x509::request_subject(*profile, usage, member, wish.member_name, server, fields);
    if (!subject) return subject.error();

    const auto key = keys.key(wish.key);
    if (!key) return key.error();
    const auto dns = wish.dns_name.empty() ? std::nullopt : std::optional(wish.dns_name);
    const auto der = x509::write_request(**key, *subject, usage, dns);
    if (!der) return der.error();
    return MadeRequest{request_pem(*der), text_of(*subject), *profile};
}

}  // namespace onceway::admin
