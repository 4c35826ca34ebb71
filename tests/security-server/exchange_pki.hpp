// A small authority for exchanges in tests: certificates for servers and members, and its answers about them.
#pragma once

#include "certs/channel/tls.hpp"
#include "certs/signature/sealer.hpp"
#include "certs/x509/certificate.hpp"
#include "certs/x509/ocsp.hpp"
#include "schemas/identity/identifiers.hpp"

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
    explicit Authority(std::string name = "Test CA");

    const x509::Certificate& certificate() const { return certificate_; }

    Certified issue(const x509::Subject& subject, x509::Profile profile, bool expired = false) const;

    /// A signing certificate that names `member`, as the profile Ejbca reads it.
    Certified signing(const identity::MemberId& member) const;
    Certified authentication(const std::string& name, bool expired = false) const;

    Octets ocsp(const x509::Certificate& about, x509::Revocation status = x509::Revocation::good,
                std::chrono::minutes age = std::chrono::minutes(0)) const;

private:
    x509::Certificate issue_for(const keys::PrivateKey& key, const x509::Subject& subject, x509::Profile profile,
                                const x509::Certificate* issuer, bool expired = false) const;

    std::shared_ptr<const keys::PrivateKey> key_;
    x509::Certificate certificate_;
};

}  // namespace onceway::tests
