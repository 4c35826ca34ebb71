// A responder, a token and a configuration that a test rules over.
#pragma once

#include "certs/keys/token.hpp"
#include "security-server/admin/own_keys.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <map>
#include <string>
#include <vector>

namespace onceway::tests {

/// Answers OCSP questions about the certificates it was told of.
struct GivenResponder {
    const CertificateAuthority& authority;
    const FixedClock& clock;
    std::vector<x509::Certificate> known;
    x509::Revocation status = x509::Revocation::good;
    std::chrono::seconds age{0};  // of thisUpdate
    bool silent = false, garbage = false;
    std::vector<std::string> asked;

    Async<channel::FetchAnswer> answer(channel::FetchRequest request);
    admin::Fetch fetch();
};

/// A server's keys: a signing key and an authentication key, certified, unlocked, registered.
struct KeyWorld {
    TemporaryFolder folder;
    FixedClock clock{test_time()};
    CertificateAuthority authority;
    identity::ServerId server{{"TEST", "GOV", "HOME"}, "ss1"};
    registry::SharedParameters shared = shared_parameters(authority);
    registry_view::GivenView view;
    GivenResponder responder{authority, clock, {}};
    std::unique_ptr<admin::OwnOcsp> ocsp;
    std::unique_ptr<admin::OwnKeys> keys;
    keys::KeyInfo signing_info, authentication_info;
    std::optional<x509::Certificate> signing, authentication;

    static constexpr const char* pin = "1234-5678";

    KeyWorld();
    ~KeyWorld();

    void start(keys::SoftwareToken token);
    /// The process dies and comes back; the keys are locked.
    void restart();

    keys::KeyInfo make_key(keys::KeyUsage usage, std::string label = {});
    Octets spki(const keys::KeyInfo& key);

    /// A certificate of the authority for a key of the token.
    x509::Certificate certify(const keys::KeyInfo& key, x509::Profile profile, x509::Subject subject,
                              const Identity* issuer = nullptr);
    x509::Certificate certify_signing(const keys::KeyInfo& key, const identity::MemberId& member);

    /// Both keys, both certificates, the authentication certificate registered, and a configuration that says so.
    void set_up();
    void publish();
    void fetch(std::chrono::seconds interval = std::chrono::seconds(1200));
};

}  // namespace onceway::tests
