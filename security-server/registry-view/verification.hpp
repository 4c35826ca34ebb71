// What a signed configuration proves: directory, parts and their place in time, judged without a socket or a disk.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/time.hpp"
#include "schemas/registry/documents.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace onceway::registry_view {

/// Clocks of several registry nodes may differ by this much. Rule: threats row 17.
inline constexpr std::chrono::seconds rollback_tolerance{120};

/// What the last verified configuration of a source said of itself. A later one may not go back behind it.
struct Previous {
    Instant expires{};
    int version = 2;
};

/// Whose configuration is expected, and the certificates that may have signed it, as octets listed for one location.
struct Source {
    std::string instance;
    std::vector<Octets> certificates;
};
/// The anchor as one source: certificates of all its locations, for judging when the location is not known.
Source source_of(const registry::Anchor& anchor);

/// Judges the directory alone: the certificate is one of the source's own, the signature verifies, it has not expired,
/// it is not older than `previous`, no weak digest, no part doubled, no part of another instance, shared and private
/// parameters both listed. Validity, chain and usage of the certificate are not looked at.
///
/// Faults: those of global-configuration §2.7's table; `internal_error` for an algorithm that nobody knows,
/// `global_conf_signature_verification_failure` for one that is refused as weak, `global_conf_foreign_instance`,
/// `global_conf_rolled_back`, `malformed_global_conf`.
/// Rule: global-configuration §2.5 to §2.7; threats row 17; rulings of architecture.md.
Result<registry::Directory> verify_directory(OctetsView body, const Source& source, Instant at,
                                             const std::optional<Previous>& previous);

/// True when `octets` have the digest that the directory lists. Faults:
/// `global_conf_part_downloaded_file_integrity_failure`.
Result<void> verify_part(const registry::DirectoryPart& listed, OctetsView octets);

/// A part whose digest was found equal to the signed one.
struct Part {
    registry::DirectoryPart listed;
    Octets octets;
};

/// A configuration of which every octet was verified.
struct Configuration {
    std::string instance;
    Instant expires{};
    int version = 2;
    std::vector<Part> parts;  // in the order of the directory; unknown identifiers included
    registry::SharedParameters shared;
    registry::PrivateParameters private_parameters;
    registry::OptionalParameters optional;
};

/// Joins a verified directory with its parts, by their `location`; each is digested and read with the schema of the
/// version. Faults: `global_conf_part_download_failure` (a part is not there),
/// `global_conf_part_downloaded_file_integrity_failure`, `malformed_global_conf`, `global_conf_foreign_instance`.
Result<Configuration> verify_parts(const registry::Directory& directory, std::string_view instance,
                                   std::map<std::string, Octets> parts);

/// Both in one: everything there is to say about a signed configuration.
Result<Configuration> verify(OctetsView body, const Source& source, std::map<std::string, Octets> parts, Instant at,
                             const std::optional<Previous>& previous);

}  // namespace onceway::registry_view
