// Authorities and certificates for tests: made in memory on P-256, valid unless a test says otherwise.
#pragma once

#include "certs/keys/private_key.hpp"
#include "certs/timestamp/timestamp.hpp"
#include "certs/x509/certificate.hpp"
#include "certs/x509/ocsp.hpp"
#include "certs/x509/trust.hpp"
#include "schemas/base/time.hpp"
#include "schemas/identity/identifiers.hpp"
#include "schemas/registry/documents.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace onceway::tests {

/// The moment around which everything here is valid: 2026-02-02T10:15:30Z. Certificates hold from a year before it to
/// ten years after it, so tests that run against the wall clock may use them too.
Instant test_time();
inline constexpr std::string_view basic_profile =
    "ee.ria.xroad.common.certificateprofile.impl.BasicCertificateProfileInfoProvider";

/// What a `.value()` of a Result that must be there throws with: the fault's code and detail.
template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().wire_code() + ": " + result.error().detail);
    return std::move(*result);
}
inline void must(Result<void> result) {
    if (!result) throw std::runtime_error(result.error().wire_code() + ": " + result.error().detail);
}

/// A certificate with its private key.
struct Identity {
    x509::Certificate certificate;
    std::shared_ptr<const keys::PrivateKey> key;
};

/// A key shared by all who ask for the same kind, because making one costs (RSA: a hundred milliseconds).
/// Kinds: "P-256", "P-384", "RSA-2048", "RSA-3072", "RSA-4096"; `number` tells keys of one kind apart.
std::shared_ptr<const keys::PrivateKey> shared_key(std::string_view kind = "P-256", int number = 0);
std::shared_ptr<const keys::PrivateKey> fresh_key();  // P-256

/// What a test may want otherwise than by default.
struct Wanted {
    x509::Subject subject;
    x509::Profile profile = x509::Profile::signing;
    std::shared_ptr<const keys::PrivateKey> key;  // null: a fresh P-256 key
    std::optional<Instant> not_before, not_after;
    std::string serial;  // decimal; empty: random
    std::vector<std::string> addresses;
    std::string ocsp_url;
};

/// A certification authority with its OCSP responder.
class CertificateAuthority {
public:
    /// A self-signed root.
    explicit CertificateAuthority(std::string name = "Test CA");
    /// An issuing authority below `parent`.
    CertificateAuthority(const CertificateAuthority& parent, std::string name);

    const x509::Certificate& certificate() const { return own_.certificate; }
    const Identity& identity() const { return own_; }
    const Identity& responder() const { return responder_; }

    Identity issue(Wanted wanted) const;
    /// The signing certificate of a member by the Basic profile: businessCategory and serialNumber.
    Identity issue_signing(const identity::MemberId& member, std::shared_ptr<const keys::PrivateKey> key = {}) const;
    /// The authentication certificate of a server.
    Identity issue_authentication(std::string_view name = "server.test",
                                  std::shared_ptr<const keys::PrivateKey> key = {}) const;
    Identity issue_time_stamper(std::string_view name = "Test TSA") const;
    /// A certificate for a TLS server with DNS names or addresses.
    Identity issue_tls_server(std::vector<std::string> addresses) const;

    /// The answer of the responder about a certificate issued here: good, of `at`.
    Octets ocsp(const x509::Certificate& about, Instant at = test_time(),
                x509::Revocation status = x509::Revocation::good) const;
    Octets ocsp(const x509::Certificate& about, const x509::OcspAnswer& answer) const;
    /// The same, signed by somebody else.
    Octets ocsp_by(const Identity& signer, const x509::Certificate& about, const x509::OcspAnswer& answer) const;

private:
    std::string name_;
    Identity own_, responder_;
};

/// A token over `data` as `tsa` makes it: SHA-512 imprint, certificate enclosed.
Octets time_stamp(const Identity& tsa, OctetsView data, Instant at = test_time());

/// One instance in which `authority` is approved (by the Basic profile) and `tsa`, when given, stamps time.
registry::SharedParameters shared_parameters(const CertificateAuthority& authority, const Identity* tsa = nullptr,
                                             std::string instance = "TEST");
/// Adds a member with a subsystem, when it is not there, and a server of it that holds `authentication` and serves
/// `clients`.
void add_member(registry::SharedParameters& parameters, const identity::ClientId& client, std::string name = "Member");
void add_server(registry::SharedParameters& parameters, const identity::ServerId& id,
                const x509::Certificate& authentication, std::vector<identity::ClientId> clients,
                std::string address = "127.0.0.1");
/// The snapshot of one instance.
std::shared_ptr<const x509::Trust> trust_of(registry::SharedParameters parameters);

}  // namespace onceway::tests
