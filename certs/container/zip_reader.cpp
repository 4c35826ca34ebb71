#include "certs/container/zip.hpp"
#include "certs/container/zip_inflate.hpp"
#include "certs/container/zip_judge.hpp"
#include "certs/container/zip_source.hpp"
#include "schemas/base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::container {

struct ZipReader::Parts {
    ZipSource source;
    ZipReading how;
    std::string comment;
    std::vector<ZipEntry> entries;
    std::vector<Located> located;  // beside `entries`

    static Result<std::unique_ptr<Parts>> make(ZipSource source, ZipReading how) {
        auto listing = how == ZipReading::strict ? list_strictly(source) : list_streamed(source);
        if (!listing) return listing.error();
        auto parts = std::make_unique<Parts>(Parts{std::move(source), how, std::move(listing->comment), {}, {}});
        parts->located = std::move(listing->entries);
        for (const Located& entry : parts->located) parts->entries.push_back(entry);
        return parts;
    }

    const Located& locate(const ZipEntry& entry) const {
        const auto index = static_cast<std::size_t>(&entry - entries.data());
        return located.at(index);
    }

    Result<void> unpack(const Located& entry, const std::function<bool(OctetsView)>& sink) const {
        const PackedRun run{entry.offset, entry.packed, entry.stored, how == ZipReading::strict};
        auto found = inflate_run(source, run, sink);
        if (!found) {
            found.error().detail = fmt::format("entry '{}': {}", to_printable(entry.name), found.error().detail);
            return found.error();
        }
        if (found->packed != entry.packed || found->size != entry.size || found->crc != entry.crc)
            return fault(FaultCode::asic_malformed,
                         fmt::format("entry '{}' does not have the size and checksum that the archive states",
                                     to_printable(entry.name)));
        return {};
    }
};

ZipReader::ZipReader(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ZipReader::ZipReader(ZipReader&&) noexcept = default;
ZipReader& ZipReader::operator=(ZipReader&&) noexcept = default;
ZipReader::~ZipReader() = default;

Result<ZipReader> ZipReader::open(const std::filesystem::path& path, ZipReading how) {
    auto source = ZipSource::open(path);
    if (!source) return source.error();
    auto parts = Parts::make(std::move(*source), how);
    if (!parts) return parts.error();
    return ZipReader(std::move(*parts));
}

Result<ZipReader> ZipReader::from_memory(Octets octets, ZipReading how) {
    auto parts = Parts::make(ZipSource::of(std::move(octets)), how);
    if (!parts) return parts.error();
    return ZipReader(std::move(*parts));
}

const std::vector<ZipEntry>& ZipReader::entries() const { return parts_->entries; }
std::string ZipReader::comment() const { return parts_->comment; }
ZipReading ZipReader::reading() const { return parts_->how; }

const ZipEntry* ZipReader::find(std::string_view name) const {
    const auto named = [&](const ZipEntry& entry) { return entry.name == name; };
    const auto found = std::find_if(parts_->entries.rbegin(), parts_->entries.rend(), named);
    return found == parts_->entries.rend() ? nullptr : &*found;
}

Result<Octets> ZipReader::read(const ZipEntry& entry, std::size_t most) const {
    const Located& located = parts_->locate(entry);
    const auto by_ratio = std::max<std::uint64_t>(located.packed, 64) * limits::container_ratio;
    if (located.size > most || located.size > by_ratio)
        return fault(FaultCode::too_large,
                     fmt::format("entry '{}' inflates from {} to {} octets, which is more than is accepted",
                                 to_printable(entry.name), located.packed, located.size));
    Octets octets;
    octets.reserve(static_cast<std::size_t>(located.size));
    const auto gather = [&](OctetsView piece) {
        octets += piece;
        return octets.size() <= located.size;
    };
    if (auto unpacked = parts_->unpack(located, gather); !unpacked) return unpacked.error();
    return octets;
}

Result<void> ZipReader::stream(const ZipEntry& entry, const std::function<void(OctetsView)>& sink) const {
    const Located& located = parts_->locate(entry);
    std::uint64_t size = 0;
    const auto pass = [&](OctetsView piece) {
        size += piece.size();
        if (size > located.size) return false;
        sink(piece);
        return true;
    };
    return parts_->unpack(located, pass);
}

}  // namespace onceway::container
