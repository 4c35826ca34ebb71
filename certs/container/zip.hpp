// ZIP files as containers need them: read under suspicion, written byte by byte. Rule: threats §5.6, message-log §4.3.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"
#include "schemas/base/time.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::container {

struct ZipEntry {
    std::string name;
    std::uint64_t size = 0;  // inflated
    std::uint64_t packed = 0;
    bool stored = false;
};

/// How an archive is read.
enum class ZipReading {
    strict,    // everything must agree: end record, central directory, local headers, descriptors, names, padding
    streamed,  // as a genuine verifier reads: local headers from the first octet on, the rest is not looked at
};

/// A ZIP file opened for reading. Nothing is ever extracted to a name from the archive.
class ZipReader {
public:
    /// Reads end record and central directory and compares every local header. Faults: `asic_malformed` with what was
    /// found and where: overlap, duplicate name, disagreement of local and central, leading or trailing bytes,
    /// encryption, name outside the allow-list, more than 1,016 entries, zip64 below 4 GiB. A directory entry
    /// `META-INF/` passes and is not listed. `streamed` refuses only what cannot be read at all.
    static Result<ZipReader> open(const std::filesystem::path& path, ZipReading how = ZipReading::strict);
    static Result<ZipReader> from_memory(Octets octets, ZipReading how = ZipReading::strict);
    ZipReader(ZipReader&&) noexcept;
    ZipReader& operator=(ZipReader&&) noexcept;
    ~ZipReader();

    const std::vector<ZipEntry>& entries() const;
    const ZipEntry* find(std::string_view name) const;  // case-sensitive; the last of several
    /// Inflates into memory, at most `most` octets and 200 times the packed size. Faults: `asic_malformed`,
    /// `too_large`.
    Result<Octets> read(const ZipEntry& entry, std::size_t most) const;
    /// Inflates in pieces; size and CRC are checked at the end.
    Result<void> stream(const ZipEntry& entry, const std::function<void(OctetsView)>& sink) const;
    std::string comment() const;
    ZipReading reading() const;

private:
    struct Parts;
    explicit ZipReader(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// Writes a ZIP into a sink as it goes: data descriptors, UTF-8 names, UT extra field, deflate. The same input gives
/// the same octets. Entries above 4 GiB take the zip64 form.
class ZipWriter {
public:
    ZipWriter(std::function<void(OctetsView)> sink, Instant entry_time, std::string comment = {});
    ~ZipWriter();
    void add_stored(std::string_view name, OctetsView octets);  // sizes in the local header, no extra field
    void add(std::string_view name, OctetsView octets, int level = 6);
    void begin(std::string_view name, int level = 6);  // then write, then end
    void write(OctetsView octets);
    void end();
    void finish();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::container
