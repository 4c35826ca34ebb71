#include "security-server/registry-view/verification.hpp"

#include "certs/keys/digest.hpp"
#include "certs/x509/certificate.hpp"
#include "schemas/base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace onceway::registry_view {
namespace {

using registry::Directory;
using registry::DirectoryPart;

constexpr std::string_view private_parameters = "PRIVATE-PARAMETERS";
constexpr std::string_view shared_parameters = "SHARED-PARAMETERS";
constexpr std::string_view md5_uri = "http://www.w3.org/2001/04/xmldsig-more#md5";
constexpr std::string_view sha1_signature_uris[] = {"http://www.w3.org/2000/09/xmldsig#rsa-sha1",
                                                    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1"};

Fault weak(std::string_view what, std::string_view uri) {
    return fault(FaultCode::global_conf_signature_verification_failure,
                 fmt::format("Verifying the signed directory: its {} is weak and refused by policy ({}). Ask the "
                             "registry's operator for SHA-256 or better.",
                             what, uri));
}

/// The digest of `uri` when it is SHA-256 or better. Rule: global-configuration §2.7 (c), item 29.
Result<keys::Digest> strong_digest(std::string_view uri, std::string_view what) {
    if (uri == md5_uri) return weak(what, uri);
    const auto found = keys::digest_from_uri(uri);
    if (!found)
        return fault(
            FaultCode::internal_error,
            fmt::format("Verifying the signed directory: the algorithm of its {} is unknown: '{}'.", what, uri));
    if (keys::size_of(*found) < keys::size_of(keys::Digest::sha256)) return weak(what, uri);
    return *found;
}

/// Only the location's own certificates count, compared by a digest over the octets as they were listed.
Result<Octets> signing_certificate(const Directory& directory, const Source& source) {
    const auto algorithm = strong_digest(directory.certificate_digest_uri, "verification certificate hash");
    if (!algorithm) return algorithm.error();
    for (const auto& listed : source.certificates)
        if (keys::digest(*algorithm, listed) == directory.certificate_digest) return listed;
    return fault(
        FaultCode::global_conf_missing_verification_cert,
        fmt::format("Verifying the signed directory: none of the {} certificates listed for its location has "
                    "the {} {}. Ask the registry for its current anchor.",
                    source.certificates.size(), keys::name_of(*algorithm), to_base64(directory.certificate_digest)));
}

Result<void> verify_signature(const Directory& directory, const Source& source) {
    const auto listed = signing_certificate(directory, source);
    if (!listed) return listed.error();
    const auto algorithm = keys::SignatureAlgorithm::from_uri(directory.signature_algorithm);
    if (!algorithm) {
        if (std::ranges::count(sha1_signature_uris, directory.signature_algorithm) > 0)
            return weak("signature algorithm", directory.signature_algorithm);
        return fault(FaultCode::internal_error,
                     fmt::format("Verifying the signed directory: unknown signature algorithm "
                                 "'{}'.",
                                 directory.signature_algorithm));
    }
    if (keys::size_of(algorithm->digest) < keys::size_of(keys::Digest::sha256))
        return weak("signature algorithm", directory.signature_algorithm);

    const auto failure = [](const Fault& why) {
        return fault(FaultCode::global_conf_signature_verification_failure,
                     "Verifying the signed directory: its signature does not verify: " + why.detail);
    };
    const auto certificate = x509::Certificate::from_pem_or_der(*listed);
    if (!certificate) return failure(certificate.error());
    const auto key = certificate->public_key();
    if (!key) return failure(key.error());
    const auto verified = key->verify(*algorithm, directory.signed_octets, directory.signature, keys::EcdsaForm::der);
    if (!verified) return failure(verified.error());
    return {};
}

Result<void> check_time(const Directory& directory, Instant at, const std::optional<Previous>& previous) {
    if (directory.expires < at)
        return fault(
            FaultCode::global_conf_outdated,
            fmt::format("Verifying the signed directory: it expired at {}, and it is {}. Check the registry and "
                        "this machine's clock.",
                        rfc3339(directory.expires), rfc3339(at)));
    if (!previous) return {};
    if (directory.expires + rollback_tolerance < previous->expires)
        return fault(
            FaultCode::global_conf_rolled_back,
            fmt::format("Verifying the signed directory: it expires at {}, but one that expires at {} was seen "
                        "before.",
                        rfc3339(directory.expires), rfc3339(previous->expires)));
    if (directory.version < previous->version)
        return fault(FaultCode::global_conf_rolled_back,
                     fmt::format("Verifying the signed directory: it has version {}, but version {} was seen before.",
                                 directory.version, previous->version));
    return {};
}

Fault malformed(std::string detail) {
    return fault(FaultCode::malformed_global_conf, "Reading the global configuration: " + std::move(detail));
}

/// The instance is mandatory for the two parts that are read; others may leave it out.
Result<void> check_instance(const DirectoryPart& part, std::string_view instance) {
    const bool needed = part.identifier == private_parameters || part.identifier == shared_parameters;
    if (part.instance.empty() && needed)
        return fault(
            FaultCode::global_conf_header_field_missing,
            fmt::format("Verifying the signed directory: the part {} does not name its instance.", part.identifier));
    if (!part.instance.empty() && part.instance != instance)
        return fault(
            FaultCode::global_conf_foreign_instance,
            fmt::format("Verifying the signed directory: the part {} belongs to the instance '{}', but its source "
                        "is '{}'.",
                        part.identifier, part.instance, instance));
    return {};
}

Result<void> check_parts(const Directory& directory, std::string_view instance) {
    std::set<std::string_view> identifiers, locations;
    for (const auto& part : directory.parts) {
        if (const auto digest = strong_digest(part.digest_uri, "part digest"); !digest) return digest.error();
        if (const auto own = check_instance(part, instance); !own) return own.error();
        if (!part.identifier.empty() && !identifiers.insert(part.identifier).second)
            return malformed(fmt::format("the directory lists the part {} twice.", part.identifier));
        if (!locations.insert(part.location).second)
            return malformed(fmt::format("the directory lists the location {} twice.", part.location));
    }
    for (const auto needed : {shared_parameters, private_parameters})
        if (!identifiers.contains(needed)) return malformed(fmt::format("the directory does not list {}.", needed));
    return {};
}

/// Reads one part with the schema of its version; identifiers that nobody knows are kept unread.
Result<void> read_part(const DirectoryPart& listed, OctetsView octets, Configuration& into) {
    const auto take = [](auto read, auto& target) -> Result<void> {
        if (!read) return read.error();
        target = std::move(*read);
        return {};
    };
    if (listed.identifier == shared_parameters)
        return take(registry::read_shared_parameters(octets, into.version), into.shared);
    if (listed.identifier == private_parameters)
        return take(registry::read_private_parameters(octets, into.version), into.private_parameters);
    if (listed.identifier == "FETCHINTERVAL") return registry::read_fetch_interval(octets, into.optional);
    if (listed.identifier == "NEXTUPDATE") return registry::read_next_update(octets, into.optional);
    return {};
}

Result<void> check_documents(const Configuration& configuration) {
    for (const auto* named : {&configuration.shared.instance, &configuration.private_parameters.instance})
        if (*named != configuration.instance)
            return fault(
                FaultCode::global_conf_foreign_instance,
                fmt::format("Reading the global configuration: a document is of the instance '{}', but its source "
                            "is '{}'.",
                            *named, configuration.instance));
    return {};
}

}  // namespace

Source source_of(const registry::Anchor& anchor) {
    Source source{anchor.instance, {}};
    for (const auto& place : anchor.sources)
        source.certificates.insert(source.certificates.end(), place.verification_certificates.begin(),
                                   place.verification_certificates.end());
    return source;
}

Result<Directory> verify_directory(OctetsView body, const Source& source, Instant at,
                                   const std::optional<Previous>& previous) {
    if (body.size() > limits::configuration_directory_octets)
        return fault(FaultCode::too_large, "Reading the signed directory: it is larger than 1 MiB.");
    auto directory = registry::read_directory(body);
    if (!directory) return directory;
    if (auto genuine = verify_signature(*directory, source); !genuine) return genuine.error();
    if (auto current = check_time(*directory, at, previous); !current) return current.error();
    if (directory->version < 2 || directory->version > 6)
        return malformed(fmt::format("version {} is not one of 2 to 6.", directory->version));
    if (auto complete = check_parts(*directory, source.instance); !complete) return complete.error();
    return directory;
}

Result<void> verify_part(const DirectoryPart& listed, OctetsView octets) {
    const auto algorithm = strong_digest(listed.digest_uri, "part digest");
    if (!algorithm) return algorithm.error();
    if (keys::digest(*algorithm, octets) != listed.digest)
        return fault(FaultCode::global_conf_part_downloaded_file_integrity_failure,
                     fmt::format("Verifying the part at {}: its {} octets do not have the {} of the signed directory.",
                                 listed.location, octets.size(), keys::name_of(*algorithm)));
    return {};
}

Result<Configuration> verify_parts(const Directory& directory, std::string_view instance,
                                   std::map<std::string, Octets> parts) {
    Configuration whole{std::string(instance), directory.expires, directory.version, {}, {}, {}, {}};
    for (const auto& listed : directory.parts) {
        const auto found = parts.find(listed.location);
        if (found == parts.end())
            return fault(FaultCode::global_conf_part_download_failure,
                         fmt::format("Collecting the parts of the configuration: {} is not there.", listed.location));
        if (auto same = verify_part(listed, found->second); !same) return same.error();
        if (auto read = read_part(listed, found->second, whole); !read) return read.error();
        whole.parts.push_back({listed, std::move(found->second)});
    }
    if (auto own = check_documents(whole); !own) return own.error();
    return whole;
}

Result<Configuration> verify(OctetsView body, const Source& source, std::map<std::string, Octets> parts, Instant at,
                             const std::optional<Previous>& previous) {
    const auto directory = verify_directory(body, source, at, previous);
    if (!directory) return directory.error();
    return verify_parts(*directory, source.instance, std::move(parts));
}

}  // namespace onceway::registry_view
