// A small authority for exchanges in tests: certificates for servers and members, and its answers about them.
#pragma once

#include "certs/channel/tls.hpp"
#include "certs/signature/sealer.hpp"
#include "certs/x509/certificate.hpp"
#include "certs/x509/ocsp.hpp"
#include "schemas/identity/identifiers.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace onceway::tests {

/// A certificate with its key.
struct Certified {
    std::shared_ptr<const keys::PrivateKey> key;
    x509::Certificate certificate;
};

/// Issues certificates and answers for them; it is its own OCSP responder. Everything is made at construction or on
/// demand, in memory; keys are P-256, which are quick to make.
class Authority {
public:
    explicit Authority(std::string name = "Test CA")
        : key_(std::make_shared<const keys::PrivateKey>(keys::PrivateKey::generate_ec())),
          certificate_(issue_for(*key_, {{"C", "ZA"}, {"CN", name}}, x509::Profile::ca, nullptr)) {}

    const x509::Certificate& certificate() const { return certificate_; }

    Certified issue(const x509::Subject& subject, x509::Profile profile, bool expired = false) const {
        auto key = std::make_shared<const keys::PrivateKey>(keys::PrivateKey::generate_ec());
        auto certificate = issue_for(*key, subject, profile, &certificate_, expired);
        return {std::move(key), std::move(certificate)};
    }

    /// A signing certificate that names `member`, as the profile Ejbca reads it.
    Certified signing(const identity::MemberId& member) const {
        return issue({{"C", member.instance}, {"O", member.member_class}, {"CN", member.member_code}},
                     x509::Profile::signing);
    }
    Certified authentication(const std::string& name, bool expired = false) const {
        return issue({{"C", "ZA"}, {"CN", name}}, x509::Profile::authentication, expired);
    }

    Octets ocsp(const x509::Certificate& about, x509::Revocation status = x509::Revocation::good,
                std::chrono::minutes age = std::chrono::minutes(0)) const {
        const Instant at = Clock::system().now() - age;
        x509::OcspAnswer answer{.status = status, .this_update = at, .next_update = at + std::chrono::hours(24)};
        if (status == x509::Revocation::revoked) answer.revoked_at = at;
        auto response = x509::write_ocsp_response(about, certificate_, answer, certificate_, *key_);
        REQUIRE(response);
        return *response;
    }

private:
    x509::Certificate issue_for(const keys::PrivateKey& key, const x509::Subject& subject, x509::Profile profile,
                                const x509::Certificate* issuer, bool expired = false) const {
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

    std::shared_ptr<const keys::PrivateKey> key_;
    x509::Certificate certificate_;
};

}  // namespace onceway::tests
