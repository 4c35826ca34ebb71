// The configuration anchors: files that are handed out by other ways, and the hash that people compare.
#pragma once

#include "central-registry/members/state.hpp"
#include "central-registry/publish/documents.hpp"
#include "schemas/base/time.hpp"
#include "schemas/store/database.hpp"

#include <filesystem>
#include <string>

namespace onceway::central {

/// SHA-224 over the exact octets of an anchor, upper-case hex, a colon between octets. Rule: global-configuration §2.1.
std::string anchor_hash(OctetsView octets);

struct AnchorFile {
    std::filesystem::path path;
    Octets octets;
    std::string hash;
};
struct Anchors {
    AnchorFile internal, external;
};

/// The anchors that fit addresses and keys, as files in `folder` ("anchor-internal.xml", "anchor-external.xml"). While
/// neither address nor keys change, they stay the same octets; a change makes new ones, with a new time.
/// Faults: `io_error`. Rule: global-configuration §2.1, checklist items 1 to 5 and 10.
Result<Anchors> current_anchors(store::Database& database, const State& state, const OwnCertificates& own,
                                const std::filesystem::path& folder, Instant at);

}  // namespace onceway::central
