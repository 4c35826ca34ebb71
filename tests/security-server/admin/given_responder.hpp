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

    Async<channel::FetchAnswer> answer(channel::FetchRequest request) {
        asked.push_back(request.method + ' ' + request.url.text());
        if (silent) co_return fault(FaultCode::network_error, "nobody listens there");
        if (garbage) co_return channel::FetchAnswer{200, {}, "no OCSP answer"};
        const auto questions = must(x509::read_ocsp_request(request.body));
        for (const auto& certificate : known)
            if (certificate.serial_decimal() == questions.at(0).serial_decimal)
                co_return channel::FetchAnswer{200, {}, authority.ocsp(certificate, clock.now() - age, status)};
        co_return channel::FetchAnswer{200, {}, x509::ocsp_error(6)};
    }
    admin::Fetch fetch() {
        return [this](channel::FetchRequest request) { return answer(std::move(request)); };
    }
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

    KeyWorld() {
        auto token = must(keys::SoftwareToken::create(folder / "keys", pin));
        must(token.unlock(pin));
        start(std::move(token));
    }

    void start(keys::SoftwareToken token) {
        ocsp = std::make_unique<admin::OwnOcsp>(folder / "ocsp", view, clock, responder.fetch());
        keys = std::make_unique<admin::OwnKeys>(std::move(token), server, view, *ocsp, clock);
    }
    /// The process dies and comes back; the keys are locked.
    void restart() {
        keys.reset();
        ocsp.reset();
        start(must(keys::SoftwareToken::open(folder / "keys")));
    }

    keys::KeyInfo make_key(keys::KeyUsage usage, std::string label = {}) {
        return must(keys->generate({std::move(label), usage, keys::KeyFamily::ec, 256}));
    }
    Octets spki(const keys::KeyInfo& key) { return must(keys->key(key.id))->public_key().spki(); }

    /// A certificate of the authority for a key of the token.
    x509::Certificate certify(const keys::KeyInfo& key, x509::Profile profile, x509::Subject subject,
                              const Identity* issuer = nullptr) {
        x509::Issue wanted{std::move(subject),
                           spki(key),
                           profile,
                           {},
                           test_time() - std::chrono::hours(24),
                           test_time() + std::chrono::hours(24 * 100),
                           {},
                           {}};
        const auto& by = issuer ? *issuer : authority.identity();
        auto certificate = must(x509::issue(wanted, &by.certificate, *by.key));
        responder.known.push_back(certificate);
        return certificate;
    }
    x509::Certificate certify_signing(const keys::KeyInfo& key, const identity::MemberId& member) {
        return certify(key, x509::Profile::signing,
                       {{"C", "ZA"}, {"businessCategory", member.member_class}, {"serialNumber", member.member_code}});
    }

    /// Both keys, both certificates, the authentication certificate registered, and a configuration that says so.
    void set_up() {
        signing_info = make_key(keys::KeyUsage::signing, server.owner.url());
        authentication_info = make_key(keys::KeyUsage::authentication);
        signing = certify_signing(signing_info, server.owner);
        authentication = certify(authentication_info, x509::Profile::authentication, {{"CN", "home.test"}});
        add_member(shared, identity::ClientId::of(server.owner));
        add_server(shared, server, *authentication, {});
        publish();
        must(keys->import(*signing));
        must(keys->import(*authentication));
        fetch();
    }
    void publish() {
        auto snapshot = std::make_shared<registry_view::Snapshot>();
        snapshot->trust = trust_of(shared);
        snapshot->expires = clock.now() + std::chrono::hours(24 * 365);
        view.set(std::move(snapshot));
        if (keys) keys->look_again();
    }
    void fetch(std::chrono::seconds interval = std::chrono::seconds(1200)) { run(keys->fetch_once(interval)); }
};

}  // namespace onceway::tests
