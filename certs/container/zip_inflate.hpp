// Inflates one entry, piece by piece, and finds where its packed octets end.
#pragma once

#include "certs/container/zip_source.hpp"

#include <functional>

namespace onceway::container {

struct Inflated {
    std::uint64_t packed = 0, size = 0;
    std::uint32_t crc = 0;
};

/// Packed octets as they lie in the source from `offset` on.
struct PackedRun {
    std::uint64_t offset = 0;
    std::uint64_t most = 0;      // octets that may be read
    bool stored = false;         // as they are; then exactly `most` octets
    bool check_padding = false;  // bits that mean nothing must be zero
};

/// Gives the content to `sink`, which returns false to stop. Faults: `asic_malformed`.
Result<Inflated> inflate_run(const ZipSource& source, const PackedRun& run,
                             const std::function<bool(OctetsView)>& sink);

}  // namespace onceway::container
