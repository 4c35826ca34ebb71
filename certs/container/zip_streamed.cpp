#include "certs/container/zip_inflate.hpp"
#include "certs/container/zip_judge.hpp"
#include "certs/container/zip_layout.hpp"
#include "schemas/base/limits.hpp"

#include <fmt/format.h>

namespace onceway::container {
namespace {

using namespace layout;

Fault malformed(std::string what) {
    return fault(FaultCode::asic_malformed, "Reading the archive as a stream: " + std::move(what));
}

/// Octets of the data descriptor at `at`: with or without its signature, with sizes of four or eight octets.
std::size_t descriptor_octets(const ZipSource& source, std::uint64_t at, const Inflated& found) {
    const bool wide = found.size > large_marker || found.packed > large_marker;
    const Octets raw = source.at(at, 4);
    Cursor cursor(raw);
    return (cursor.u32() == descriptor_signature ? 4 : 0) + 4 + (wide ? 16 : 8);
}

}  // namespace

std::string to_printable(std::string_view name) {
    std::string shown;
    for (const char c : name.substr(0, 100)) shown += c >= 0x20 && c < 0x7f ? c : '?';
    return shown;
}

Result<Listing> list_streamed(const ZipSource& source) {
    Listing listing;
    std::uint64_t at = 0;
    const auto ignore = [](OctetsView) { return true; };
    while (const auto local = read_local(source.at(at, local_octets + 2 * 0xffff))) {
        if (listing.entries.size() >= limits::container_entries) return malformed("it has too many entries");
        if (local->flags & flag_encrypted) return malformed("an entry is encrypted");
        const bool is_stored = local->method == stored, later = (local->flags & flag_descriptor) != 0;
        if (!is_stored && local->method != deflated) return malformed("an entry is packed by an unknown method");
        if (is_stored && later) return malformed("only deflated entries can have a data descriptor");

        Located entry;
        entry.name = local->name;
        entry.offset = at + local->octets;
        entry.stored = is_stored;
        const PackedRun run{entry.offset, is_stored ? local->size : source.size() - entry.offset, is_stored, false};
        auto found = inflate_run(source, run, ignore);
        if (!found) return found.error();
        if (!later && found->crc != local->crc) return malformed("an entry has another checksum than it says");
        entry.size = found->size;
        entry.packed = found->packed;
        entry.crc = found->crc;
        at = entry.offset + found->packed +
             (later ? descriptor_octets(source, entry.offset + found->packed, *found) : 0);
        if (!entry.name.ends_with('/')) listing.entries.push_back(std::move(entry));
    }
    return listing;
}

}  // namespace onceway::container
