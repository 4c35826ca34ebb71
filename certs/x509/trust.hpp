// Whom a global configuration makes us trust: approved authorities, responders, registered servers, as one immutable
// snapshot with the indexes that a message needs.
#pragma once

#include "certs/x509/certificate.hpp"
#include "schemas/identity/identifiers.hpp"
#include "schemas/registry/documents.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace onceway::x509 {

/// An approved certification service, by one of its certificates.
struct Authority {
    Certificate certificate;
    std::string instance;
    std::string name;     // of the service
    std::string profile;  // Java class name
    bool authentication_only = false;
    bool top = true;                      // false for an intermediate
    std::vector<Certificate> responders;  // OCSP responder certificates configured for it
    std::vector<std::string> ocsp_urls;   // configured ones
};

class Trust {
public:
    /// Builds the indexes. `own` names the instance whose freshness and settings count. Certificates that cannot be
    /// read make their service unusable and are reported in `complaints()`, not a failure of the whole.
    static std::shared_ptr<const Trust> build(std::string own, std::vector<registry::SharedParameters> instances,
                                              registry::OptionalParameters optional = {});
    ~Trust();

    const std::string& own_instance() const;
    const std::vector<registry::SharedParameters>& instances() const;
    const registry::SharedParameters* instance(std::string_view name) const;
    std::int64_t ocsp_freshness_seconds() const;  // of the own instance
    const registry::OptionalParameters& optional() const;
    const std::vector<std::string>& complaints() const;

    /// The approved authority of `instance` whose subject is the issuer of `certificate`; of two with one subject the
    /// later counts (global-configuration §3.2). nullptr: none.
    const Authority* issuer_of(const Certificate& certificate, std::string_view instance) const;
    const std::vector<Authority>& authorities() const;

    /// The registered server whose authentication certificate this is, in any instance; by SHA-256, or SHA-1 for
    /// version 2. nullptr: not registered. Rule: message-transport §3.1.3.
    const registry::SecurityServer* server_with(const Certificate& authentication) const;
    /// True when that server's owner is `client`, or it is registered as the server's client. Exact equality.
    bool serves(const Certificate& authentication, const identity::ClientId& client) const;
    /// Servers of which `client` is owner or registered client, in document order.
    std::vector<const registry::SecurityServer*> servers_of(const identity::ClientId& client) const;
    const registry::SecurityServer* server(const identity::ServerId& id) const;
    bool in_group(const identity::ClientId& client, std::string_view instance, std::string_view group) const;

    /// All OCSP responder certificates and all approved CA certificates of all instances.
    const std::vector<Certificate>& responder_candidates() const;
    /// Certificates of all approved time-stamping authorities of all instances.
    const std::vector<Certificate>& time_stampers() const;

private:
    struct Parts;
    explicit Trust(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// The member that a signing certificate names, by the profile of its issuer; `expected` gives the instance where the
/// profile takes it from the message. Faults: `incorrect_certificate`, `invalid_certificate`, `internal_error`.
/// Rule: message-transport §4.8, global-configuration §4.3.
Result<identity::MemberId> member_of(const Certificate& certificate, std::string_view profile,
                                     const identity::MemberId& expected);
/// Subject of a certificate request by a profile, fields in profile order. `fill` gives the user's fields.
Result<Subject> request_subject(std::string_view profile, Profile usage, const identity::MemberId& member,
                                std::string_view member_name, const identity::ServerId& server,
                                const std::map<std::string, std::string>& fill);

}  // namespace onceway::x509
