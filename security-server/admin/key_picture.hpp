// How our keys and certificates stand under one configuration: drawn anew when either changes, read without the token.
#pragma once

#include "certs/keys/token.hpp"
#include "certs/x509/ocsp.hpp"
#include "schemas/identity/identifiers.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace onceway::admin {

/// One certificate of one key of ours.
struct OwnCertificate {
    keys::KeyInfo key;
    x509::Certificate certificate;
    std::vector<x509::Certificate> intermediates;         // approved ones, without the top CA
    std::shared_ptr<const keys::PrivateKey> private_key;  // null while the token is locked
    std::optional<identity::MemberId> member;             // signing: whom it names
    bool registered = false;                              // authentication: for this very server
    std::string unusable;                                 // why the configuration gives it no meaning

    std::vector<x509::Certificate> chain() const;
    /// Why it cannot be used at `at`; empty when it can. OCSP is not looked at.
    std::string trouble(Instant at) const;
};

struct KeyPicture {
    bool unlocked = false;
    std::vector<OwnCertificate> certificates;
    std::optional<std::size_t> authentication_index;  // a registered one before others, then the newest valid one
    std::vector<x509::Certificate> authorities;       // approved CA certificates

    const OwnCertificate* authentication() const;
    const x509::Certificate* by_sha1(OctetsView sha1) const;  // ours, or an approved authority's
    /// Everything that must have an OCSP answer at `at`.
    std::vector<x509::Certificate> in_use(Instant at) const;
};

std::shared_ptr<const KeyPicture> draw_picture(const keys::SoftwareToken& token, const identity::ServerId& server,
                                               const std::shared_ptr<const x509::Trust>& trust, Instant at);

/// Refuses a signing certificate whose issuer is not approved or that names another member than its key was made for.
/// Without a configuration neither can be told, and it passes: such a certificate signs nothing either.
/// Faults: `incorrect_certificate`, `invalid_certificate`, `internal_error` (unknown profile), `wrong_cert_usage`.
Result<void> check_import(const x509::Certificate& certificate, const std::vector<keys::KeyInfo>& known,
                          const x509::Trust* trust);

std::string_view status_word(x509::Revocation status);

}  // namespace onceway::admin
