// Finds the entries of an archive: strictly, with everything compared, or streamed as a genuine verifier finds them.
#pragma once

#include "certs/container/zip.hpp"
#include "certs/container/zip_source.hpp"

#include <vector>

namespace onceway::container {

/// An entry and where its packed octets lie.
struct Located : ZipEntry {
    std::uint64_t offset = 0;
    std::uint32_t crc = 0;
};
/// A name as it may be shown: what is not printable ASCII becomes a question mark.
std::string to_printable(std::string_view name);
struct Listing {
    std::vector<Located> entries;
    std::string comment;
};

/// Faults: `asic_malformed`. Rule: threats §5.6.
Result<Listing> list_strictly(const ZipSource& source);
Result<Listing> list_streamed(const ZipSource& source);

}  // namespace onceway::container
