// The server's own keys, certificates and OCSP answers, as the message path, the operator and other servers need them.
#pragma once

#include "certs/keys/token.hpp"
#include "security-server/admin/own_ocsp.hpp"
#include "security-server/house.hpp"

#include <functional>
#include <memory>

namespace onceway::admin {

/// A certificate of ours and how it stands; for `key list`, `status` and health.
struct CertificateStanding {
    keys::KeyInfo key;
    x509::Certificate certificate;
    std::optional<identity::MemberId> member;  // signing: whom it names, when the configuration can tell
    bool registered = false;                   // authentication: the configuration lists it for this server
    std::optional<HeldAnswer> ocsp;            // when a fresh one is held
    std::string trouble;                       // why it cannot be used now; empty when it can
    std::optional<Instant> ocsp_due;           // when the next answer is asked for; none before the first round
    std::string ocsp_trouble;                  // why the last round brought none; empty when it did
};

/// Safe from any thread.
class OwnKeys : public KeyRing {
public:
    OwnKeys(keys::SoftwareToken token, identity::ServerId server, const registry_view::View& view, OwnOcsp& ocsp,
            const Clock& clock);
    ~OwnKeys() override;

    Result<std::shared_ptr<const signature::SigningKey>> signing_key(const identity::MemberId& member) const override;
    Result<channel::TlsIdentity> authentication() const override;
    Result<std::shared_ptr<const std::vector<Octets>>> authentication_ocsp() const override;
    Async<Octets> ocsp_by_sha1(Octets sha1) override;

    // --- what an operator does; blocks, for minutes in the worst case (making a key) ---
    bool unlocked() const;
    Result<void> unlock(std::string_view pin);
    Result<keys::KeyInfo> generate(const keys::SoftwareToken::NewKey& wanted);
    /// Faults: those of the token; `incorrect_certificate` when it names a member for whom the key was not made.
    /// Rule: global-configuration §4.2, item 64.
    Result<keys::KeyInfo> import(const x509::Certificate& certificate);
    std::vector<keys::KeyInfo> list() const;
    Result<std::shared_ptr<const keys::PrivateKey>> key(std::string_view id) const;

    std::vector<CertificateStanding> standings() const;

    /// Looks at keys and configuration again: after a new configuration, and after every change above.
    void look_again();
    /// Called, on the thread that caused it, when another authentication certificate is in use, or the first.
    void on_authentication_change(std::function<void()> changed);

    /// Keeps an answer for every certificate that is in use, for ever: at the interval that the configuration (or,
    /// above zero, `interval`) says and in time before one ages; again soon after a failure.
    boost::asio::awaitable<void> keep_ocsp_fresh(std::chrono::seconds interval);
    /// One round of it: every answer that is due is asked for once.
    boost::asio::awaitable<void> fetch_once(std::chrono::seconds interval);
    /// Makes the loop above look at once; from any thread.
    void fetch_soon();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// The intermediates of a certificate of ours, without the top CA, as the configuration approves them.
std::vector<x509::Certificate> intermediates_of(const x509::Certificate& certificate, const x509::Trust& trust);

}  // namespace onceway::admin
