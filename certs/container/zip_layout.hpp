// The records of a ZIP file as they lie in it: local headers, central directory, end record. Layout only, no judgement.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace onceway::container::layout {

inline constexpr std::uint32_t local_signature = 0x04034b50, central_signature = 0x02014b50, end_signature = 0x06054b50,
                               descriptor_signature = 0x08074b50, large_end_signature = 0x06064b50,
                               large_locator_signature = 0x07064b50;
inline constexpr std::size_t local_octets = 30, central_octets = 46, end_octets = 22, large_end_octets = 56,
                             large_locator_octets = 20;
inline constexpr std::uint16_t flag_encrypted = 1, flag_descriptor = 1 << 3, flag_utf8 = 1 << 11;
inline constexpr std::uint16_t stored = 0, deflated = 8;
inline constexpr std::uint16_t unix_time_id = 0x5455, large_id = 0x0001;
inline constexpr std::uint32_t large_marker = 0xffffffff;

/// Reads little-endian numbers one after another; past the end it gives zeros and says so.
class Cursor {
public:
    explicit Cursor(OctetsView octets) : octets_(octets) {}
    explicit Cursor(Octets&& octets) = delete;  // they must outlive the cursor
    std::uint64_t number(std::size_t octets);
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() { return number(8); }
    OctetsView take(std::size_t count);
    bool good() const { return good_; }
    std::size_t left() const { return octets_.size(); }

private:
    OctetsView octets_;
    bool good_ = true;
};

/// What a local header and an entry of the central directory have in common.
struct Header {
    std::uint16_t needed = 0, flags = 0, method = 0, time = 0, date = 0;
    std::uint32_t crc = 0;
    std::uint64_t packed = 0, size = 0;
    std::string name, extra;
    bool large = false;  // sizes came from a zip64 extra field
};
struct Local : Header {
    std::uint64_t octets = 0;  // of the header itself
};
struct Central : Header {
    std::uint16_t made_by = 0, disk = 0, internal_attributes = 0;
    std::uint32_t external_attributes = 0;
    std::uint64_t offset = 0;
    std::string comment;
};
struct End {
    std::uint64_t entries = 0, directory_octets = 0, directory_offset = 0;
    bool one_disk = false;
    std::string comment;
    std::uint64_t at = 0;  // where the records after the central directory begin
};

/// None when the octets are no such record.
std::optional<Local> read_local(OctetsView octets);
std::optional<Central> read_central(Cursor& cursor);

/// Writes: the same records for the writer.
void put(std::string& out, std::uint64_t number, std::size_t octets);

}  // namespace onceway::container::layout
