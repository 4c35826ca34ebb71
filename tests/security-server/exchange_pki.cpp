#include "tests/security-server/exchange_pki.hpp"

#include <doctest/doctest.h>

namespace onceway::tests {

Authority::Authority(std::string name)
    : key_(std::make_shared<const keys::PrivateKey>(keys::PrivateKey::generate_ec())),
      certificate_(issue_for(*key_, {{"C", "ZA"}, {"CN", std::move(name)}}, x509::Profile::ca, nullptr)) {}

Certified Authority::issue(const x509::Subject& subject, x509::Profile profile, bool expired) const {
    auto key = std::make_shared<const keys::PrivateKey>(keys::PrivateKey::generate_ec());
    auto certificate = issue_for(*key, subject, profile, &certificate_, expired);
    return {std::move(key), std::move(certificate)};
}

Certified Authority::signing(const identity::MemberId& member) const {
    return issue({{"C", member.instance}, {"O", member.member_class}, {"CN", member.member_code}},
                 x509::Profile::signing);
}

Certified Authority::authentication(const std::string& name, bool expired) const {
    return issue({{"C", "ZA"}, {"CN", name}}, x509::Profile::authentication, expired);
}

Octets Authority::ocsp(const x509::Certificate& about, x509::Revocation status, std::chrono::minutes age) const {
    const Instant at = Clock::system().now() - age;
    x509::OcspAnswer answer{.status = status, .this_update = at, .next_update = at + std::chrono::hours(24)};
    if (status == x509::Revocation::revoked) answer.revoked_at = at;
    auto response = x509::write_ocsp_response(about, certificate_, answer, certificate_, *key_);
    REQUIRE(response);
    return *response;
}

x509::Certificate Authority::issue_for(const keys::PrivateKey& key, const x509::Subject& subject, x509::Profile profile,
                                       const x509::Certificate* issuer, bool expired) const {
    const Instant now = Clock::system().now();
    x509::Issue wanted{.subject = subject,
                       .spki = key.public_key().spki(),
                       .profile = profile,
                       .serial_decimal = {},
                       .not_before = now - std::chrono::hours(48),
                       .not_after = expired ? now - std::chrono::hours(1) : now + std::chrono::hours(48),
                       .addresses = {},
                       .ocsp_url = {}};
    auto issued = x509::issue(wanted, issuer, *key_);
    REQUIRE(issued);
    return *issued;
}

}  // namespace onceway::tests
