#include "certs/container/zip_layout.hpp"

namespace onceway::container::layout {
namespace {

/// The zip64 extra field gives, in this order, the values whose place holds the marker.
bool widen(Header& header, std::uint64_t* offset) {
    const bool wanted =
        header.size == large_marker || header.packed == large_marker || (offset && *offset == large_marker);
    Cursor extra(header.extra);
    while (extra.left() >= 4) {
        const auto id = extra.u16();
        Cursor field(extra.take(extra.u16()));
        if (id != large_id) continue;
        if (!wanted) return false;  // zip64 where it is not needed
        if (header.size == large_marker) header.size = field.u64();
        if (header.packed == large_marker) header.packed = field.u64();
        if (offset && *offset == large_marker) *offset = field.u64();
        header.large = true;
        return field.good() && field.left() == 0;
    }
    return !wanted && extra.good() && extra.left() == 0;
}

}  // namespace

std::uint64_t Cursor::number(std::size_t octets) {
    const OctetsView raw = take(octets);
    std::uint64_t value = 0;
    for (std::size_t i = raw.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(raw[i]);
    return value;
}

OctetsView Cursor::take(std::size_t count) {
    if (count > octets_.size()) {
        good_ = false;
        octets_ = {};
        return {};
    }
    const OctetsView taken = octets_.substr(0, count);
    octets_.remove_prefix(count);
    return taken;
}

std::optional<Local> read_local(OctetsView octets) {
    Cursor cursor(octets);
    if (cursor.u32() != local_signature) return std::nullopt;
    Local local;
    local.needed = cursor.u16();
    local.flags = cursor.u16();
    local.method = cursor.u16();
    local.time = cursor.u16();
    local.date = cursor.u16();
    local.crc = cursor.u32();
    local.packed = cursor.u32();
    local.size = cursor.u32();
    const auto name = cursor.u16(), extra = cursor.u16();
    local.name = cursor.take(name);
    local.extra = cursor.take(extra);
    local.octets = local_octets + name + extra;
    if (!cursor.good() || !widen(local, nullptr)) return std::nullopt;
    return local;
}

std::optional<Central> read_central(Cursor& cursor) {
    if (cursor.u32() != central_signature) return std::nullopt;
    Central central;
    central.made_by = cursor.u16();
    central.needed = cursor.u16();
    central.flags = cursor.u16();
    central.method = cursor.u16();
    central.time = cursor.u16();
    central.date = cursor.u16();
    central.crc = cursor.u32();
    central.packed = cursor.u32();
    central.size = cursor.u32();
    const auto name = cursor.u16(), extra = cursor.u16(), comment = cursor.u16();
    central.disk = cursor.u16();
    central.internal_attributes = cursor.u16();
    central.external_attributes = cursor.u32();
    central.offset = cursor.u32();
    central.name = cursor.take(name);
    central.extra = cursor.take(extra);
    central.comment = cursor.take(comment);
    if (!cursor.good() || !widen(central, &central.offset)) return std::nullopt;
    return central;
}

void put(std::string& out, std::uint64_t number, std::size_t octets) {
    for (std::size_t i = 0; i < octets; ++i) out += static_cast<char>(i < 8 ? number >> (8 * i) & 0xff : 0);
}

}  // namespace onceway::container::layout
