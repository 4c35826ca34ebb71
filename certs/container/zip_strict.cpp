#include "certs/container/zip_judge.hpp"
#include "certs/container/zip_layout.hpp"
#include "schemas/base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace onceway::container {
namespace {

using namespace layout;

constexpr std::uint16_t allowed_flags =
    flag_descriptor | flag_utf8 | 1 << 1 | 1 << 2;  // 1 and 2 say how well it was packed
constexpr unsigned made_on_fat = 0, made_on_unix = 3;

Fault malformed(std::string what) {
    return fault(FaultCode::asic_malformed, "Reading the archive: " + std::move(what));
}

// --- the end record

/// Values that do not fit stand in a zip64 record in front of the end record.
Result<void> widen_end(const ZipSource& source, End& end) {
    const Octets before =
        source.at(end.at - std::min<std::uint64_t>(end.at, large_locator_octets), large_locator_octets);
    Cursor locator(before);
    if (end.at < large_locator_octets || locator.u32() != large_locator_signature)
        return malformed("the zip64 locator is missing");
    const auto disk = locator.u32();
    const auto offset = locator.u64();
    const Octets raw = source.at(offset, large_end_octets);
    Cursor record(raw);
    const bool signature = record.u32() == large_end_signature;
    const bool size = record.u64() == large_end_octets - 12;
    record.take(4);
    const bool one_disk = record.u64() == 0 && disk == 0 && locator.u32() == 1;
    end.entries = record.u64();
    const bool same_count = record.u64() == end.entries;
    end.directory_octets = record.u64();
    end.directory_offset = record.u64();
    if (!signature || !size || !one_disk || !same_count || !record.good() ||
        offset + large_end_octets + large_locator_octets != end.at)
        return malformed("the zip64 end record is damaged");
    end.at = offset;
    return {};
}

/// The end record whose comment reaches exactly to the end of the file.
Result<End> find_end(const ZipSource& source) {
    constexpr std::uint64_t furthest = end_octets + 0xffff;
    const std::uint64_t from = source.size() > furthest ? source.size() - furthest : 0;
    const Octets tail = source.at(from, furthest);
    for (std::size_t at = tail.size() < end_octets ? 0 : tail.size() - end_octets + 1; at-- > 0;) {
        Cursor cursor(OctetsView(tail).substr(at));
        if (cursor.u32() != end_signature) continue;
        End end;
        end.one_disk = cursor.u32() == 0;  // two numbers of disks
        const auto entries_here = cursor.u16();
        end.entries = cursor.u16();
        end.directory_octets = cursor.u32();
        end.directory_offset = cursor.u32();
        const auto comment = cursor.u16();
        if (cursor.left() != comment) continue;
        end.comment = cursor.take(comment);
        end.at = from + at;
        if (!end.one_disk || entries_here != end.entries) return malformed("it claims to lie on several disks");
        const bool large = end.directory_offset == large_marker || end.directory_octets == large_marker;
        if (large)
            if (auto wide = widen_end(source, end); !wide) return wide.error();
        if (end.directory_offset + end.directory_octets != end.at)
            return malformed("the central directory does not reach to the end record");
        return end;
    }
    return malformed("there is no end record at its end, or something follows it");
}

// --- one entry

bool is_safe_name(std::string_view name) {
    if (name.empty() || name.size() > limits::container_name_octets || !is_utf8(name)) return false;
    if (name.front() == '/' || name.find('\\') != std::string_view::npos || name.find(':') != std::string_view::npos)
        return false;
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::any_of(name.begin(), name.end(), control)) return false;
    const std::string framed = fmt::format("/{}/", name);
    return framed.find("/../") == std::string::npos && framed.find("/./") == std::string::npos &&
           framed.find("//") == std::string::npos;
}

bool is_directory(const Central& entry) { return entry.name == "META-INF/" && entry.size == 0 && entry.packed == 0; }

/// The only extra fields that a message log writes: the time in UNIX form, and sizes that do not fit.
bool has_known_extra(const Header& header) {
    Cursor extra(header.extra);
    while (extra.left() > 0) {
        const auto id = extra.u16();
        const auto field = extra.take(extra.u16());
        const bool time = id == unix_time_id && field.size() == 5 && field.front() == 1;
        if (!time && id != large_id) return false;
    }
    return extra.good();
}

Result<void> check_central(const Central& entry) {
    const auto wrong = [&](std::string_view what) {
        return malformed(fmt::format("entry '{}' {}", to_printable(entry.name), what));
    };
    if (!is_safe_name(entry.name) && !is_directory(entry)) return wrong("has a name that is not accepted");
    if (entry.flags & flag_encrypted) return wrong("is encrypted");
    if (entry.flags & ~allowed_flags) return wrong("has flags that are not accepted");
    if (entry.method != stored && entry.method != deflated) return wrong("is packed by an unknown method");
    if (entry.method == stored && (entry.packed != entry.size || entry.flags & flag_descriptor))
        return wrong("is stored, with sizes that do not say so");
    if (entry.disk != 0 || !entry.comment.empty()) return wrong("has a comment, or lies on another disk");
    const unsigned made_on = entry.made_by >> 8, type = entry.external_attributes >> 28;
    if (made_on == made_on_unix) {
        const bool plain = type == 0 || type == 8 || (type == 4 && is_directory(entry));
        if (!plain || entry.internal_attributes > 1) return wrong("is no regular file");
        return {};
    }
    if (made_on != made_on_fat || entry.external_attributes != 0 || entry.internal_attributes != 0 ||
        (entry.made_by & 0xff) != entry.needed || !has_known_extra(entry))
        return wrong("has attributes that no message log writes");
    return {};
}

/// Compares the local header, and the descriptor behind the octets, with the central entry. Returns where both end.
class EntryCheck {
public:
    EntryCheck(const ZipSource& source, const Central& entry) : source_(source), entry_(entry) {}

    Result<std::uint64_t> run(std::uint64_t expected_offset, Located& located) const {
        if (entry_.offset != expected_offset) return wrong("does not begin where the one before it ends");
        const auto local = read_local(source_.at(entry_.offset, local_octets + 2 * 0xffff));
        if (!local) return wrong("has no local header");
        if (!agrees(*local)) return wrong("has a local header that differs from the central directory");
        located.offset = entry_.offset + local->octets;
        const std::uint64_t end = located.offset + entry_.packed;
        if (end > source_.size() || end < located.offset) return wrong("is larger than the archive");
        if (!(entry_.flags & flag_descriptor)) return end;
        return after_descriptor(end);
    }

private:
    Fault wrong(std::string_view what) const {
        return malformed(fmt::format("entry '{}' {}", to_printable(entry_.name), what));
    }

    bool agrees(const Local& local) const {
        const bool same = local.needed == entry_.needed && local.flags == entry_.flags &&
                          local.method == entry_.method && local.time == entry_.time && local.date == entry_.date &&
                          local.name == entry_.name;
        const bool extra = entry_.made_by >> 8 == made_on_unix || entry_.large || local.extra == entry_.extra;
        const bool sizes = local.crc == entry_.crc && local.packed == entry_.packed && local.size == entry_.size;
        const bool later = local.crc == 0 && local.packed == 0 && local.size == 0;
        return same && extra && (sizes || (later && (entry_.flags & flag_descriptor)));
    }

    Result<std::uint64_t> after_descriptor(std::uint64_t at) const {
        const bool wide = entry_.size >= large_marker || entry_.packed >= large_marker;
        const std::size_t width = wide ? 8 : 4;
        const Octets raw = source_.at(at, 4 + 4 + 2 * width);
        Cursor cursor(raw);
        const bool signature = cursor.u32() == descriptor_signature;
        const bool same =
            cursor.u32() == entry_.crc && cursor.number(width) == entry_.packed && cursor.number(width) == entry_.size;
        if (!signature || !same || !cursor.good())
            return wrong("has a data descriptor that differs from the central directory");
        return at + 4 + 4 + 2 * width;
    }

    const ZipSource& source_;
    const Central& entry_;
};

Result<std::vector<Central>> read_directory(const ZipSource& source, const End& end) {
    if (end.entries > limits::container_entries)
        return malformed(fmt::format("it has {} entries; {} are accepted", end.entries, limits::container_entries));
    constexpr std::uint64_t most = limits::container_entries * (central_octets + 1024);
    if (end.directory_octets > most) return malformed("its central directory is larger than is accepted");
    const Octets raw = source.at(end.directory_offset, static_cast<std::size_t>(end.directory_octets));
    Cursor cursor(raw);
    std::vector<Central> entries;
    std::set<std::string> names;
    for (std::uint64_t i = 0; i < end.entries; ++i) {
        auto entry = read_central(cursor);
        if (!entry) return malformed(fmt::format("entry {} of the central directory is damaged", i + 1));
        if (auto good = check_central(*entry); !good) return good.error();
        if (!names.insert(entry->name).second)
            return malformed(fmt::format("entry '{}' stands there twice", to_printable(entry->name)));
        entries.push_back(std::move(*entry));
    }
    if (cursor.left() != 0) return malformed("its central directory holds more than its entries");
    return entries;
}

}  // namespace

Result<Listing> list_strictly(const ZipSource& source) {
    auto end = find_end(source);
    if (!end) return end.error();
    auto directory = read_directory(source, *end);
    if (!directory) return directory.error();

    // Entries lie one behind the other, in the order of the directory: no gap, no overlap, nothing before or between.
    Listing listing;
    listing.comment = end->comment;
    std::uint64_t at = 0;
    for (const Central& entry : *directory) {
        Located located;
        auto next = EntryCheck(source, entry).run(at, located);
        if (!next) return next.error();
        at = *next;
        if (is_directory(entry)) continue;
        located.name = entry.name;
        located.size = entry.size;
        located.packed = entry.packed;
        located.stored = entry.method == stored;
        located.crc = entry.crc;
        listing.entries.push_back(std::move(located));
    }
    if (at != end->directory_offset) return malformed("something lies between the entries and the central directory");
    return listing;
}

}  // namespace onceway::container
