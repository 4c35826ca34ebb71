// The global configuration as plain types: anchor, signed directory, shared and private parameters. Read in versions
// 2 to 6, written in version 6.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"
#include "schemas/base/time.hpp"
#include "schemas/identity/identifiers.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::registry {

/// One place where a configuration can be had, and the certificates that may have signed it.
struct AnchorSource {
    std::string url;                                // http://…; https variants are derived
    std::vector<Octets> verification_certificates;  // DER, octets as listed
};
/// Where trust begins. Rule: global-configuration §2.1.
struct Anchor {
    std::optional<Instant> generated_at;
    std::string instance;
    std::vector<AnchorSource> sources;
};
/// Faults: `malformed_anchor`. An anchor with only https URLs is refused, saying so.
Result<Anchor> read_anchor(OctetsView document);
Octets write_anchor(const Anchor& anchor);

struct DirectoryPart {
    std::string identifier;  // "SHARED-PARAMETERS"; empty when the field is absent
    std::string instance;    // of the identifier; empty when absent
    std::string location;
    std::string digest_uri;
    Octets digest;
};
/// A signed directory, taken apart but not yet verified. Rule: global-configuration §2.4, §2.5.
struct Directory {
    Octets signed_octets;
    Instant expires{};
    int version = 2;
    std::vector<DirectoryPart> parts;
    std::string signature_algorithm;  // URI
    Octets signature;
    Octets certificate_digest;
    std::string certificate_digest_uri;
};
/// Faults: `global_conf_missing_signed_data_expiration_date`, `global_conf_header_field_missing`,
/// `malformed_global_conf` as §2.7's table says.
Result<Directory> read_directory(OctetsView body);

/// The octets to sign, and the whole body once they are signed. Boundaries are random.
struct DirectoryDraft {
    Octets signed_octets;
    std::string inner_boundary;
};
DirectoryDraft draft_directory(Instant expires, int version, const std::vector<DirectoryPart>& parts);
Octets write_directory(const DirectoryDraft& draft, std::string_view signature_algorithm, OctetsView signature,
                       std::string_view certificate_digest_uri, OctetsView certificate_digest);

struct OcspResponder {
    std::string url;
    std::optional<Octets> certificate;  // DER
    std::optional<std::string> cost_type;
};
struct CaCertificate {
    Octets certificate;  // DER; PEM inside the Base64 has been unwrapped
    std::vector<OcspResponder> ocsp;
};
struct ApprovedCa {
    std::string name;
    bool authentication_only = false;
    CaCertificate top;
    std::vector<CaCertificate> intermediates;
    std::string profile;  // Java class name, opaque
    std::optional<std::string> default_csr_format;
};
struct ApprovedTsa {
    std::string name, url;
    Octets certificate;  // DER
    std::optional<std::string> cost_type;
};
struct Subsystem {
    std::string code;
    std::optional<std::string> name;
};
struct Member {
    identity::MemberId id;
    std::string class_description, name;
    std::vector<Subsystem> subsystems;
};
struct SecurityServer {
    identity::ServerId id;
    std::string address;  // host or IP; may be empty
    std::vector<Octets> auth_certificate_hashes;
    std::vector<identity::ClientId> clients;  // the owner is not listed
    std::optional<std::string> maintenance;   // message, possibly empty, when in maintenance mode
};
struct GlobalGroup {
    std::string code, description;
    std::vector<identity::ClientId> members;
};
struct ConfigurationSource {
    std::string address;
    std::vector<Octets> internal_certificates, external_certificates;
};
struct SharedParameters {
    int version = 6;
    std::string instance;
    std::vector<ConfigurationSource> sources;
    std::vector<ApprovedCa> approved_cas;
    std::vector<ApprovedTsa> approved_tsas;
    std::vector<Member> members;
    std::vector<SecurityServer> servers;
    std::vector<GlobalGroup> groups;
    std::map<std::string, std::string> member_classes;  // code → description
    std::int64_t ocsp_freshness_seconds = 3600;
};
/// Faults: `malformed_global_conf`, with the element and the reason. Rule: global-configuration §3.2.
Result<SharedParameters> read_shared_parameters(OctetsView document, int version);
Octets write_shared_parameters(const SharedParameters& parameters);  // version 6, deterministic

struct PrivateParameters {
    std::string instance;
    std::vector<Anchor> anchors;  // of federated instances
    std::string management_url;
    std::optional<Octets> management_certificate;
    std::optional<identity::ClientId> management_provider;
    std::int64_t time_stamping_interval_seconds = 60;
};
Result<PrivateParameters> read_private_parameters(OctetsView document, int version);
Octets write_private_parameters(const PrivateParameters& parameters);

/// What the optional parts say, or their defaults when absent. Rule: global-configuration §3.4.
struct OptionalParameters {
    std::int64_t ocsp_fetch_interval_seconds = 1200;
    bool verify_next_update = true;
};
Result<void> read_fetch_interval(OctetsView document, OptionalParameters& into);
Result<void> read_next_update(OctetsView document, OptionalParameters& into);

}  // namespace onceway::registry
