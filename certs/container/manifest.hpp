// The two manifests of a container, byte for byte as message logs write them.
#pragma once

#include "schemas/base/bytes.hpp"

#include <string>
#include <vector>

namespace onceway::container {

inline constexpr std::string_view container_type = "application/vnd.etsi.asic-e+zip";

struct ManifestFacts {
    bool signature_chain = false, time_chain = false;
    std::vector<std::size_t> attachments;  // the numbers of those that are in the container, ascending
};
/// META-INF/manifest.xml. Rule: message-log §4.6.
Octets write_manifest(const ManifestFacts& facts);
/// META-INF/ASiCManifest.xml of a batch time-stamp. Rule: message-log §4.7.
Octets write_asic_manifest(OctetsView time_chain_result);

}  // namespace onceway::container
