// What the machine gives a server: memory, descriptors, disk; read from the system at the moment of asking.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace onceway::admin {

/// This process. What the system does not tell is 0.
struct ProcessUse {
    std::uint64_t memory_octets = 0, memory_peak_octets = 0;  // resident
    std::uint64_t descriptors = 0, descriptors_most = 0;
    std::uint64_t threads = 0;
};
ProcessUse process_use();

struct DiskSpace {
    std::uint64_t free_octets = 0, size_octets = 0;  // free for this user
    int free_percent() const {
        return size_octets == 0
                   ? 0
                   : static_cast<int>(100.0 * static_cast<double>(free_octets) / static_cast<double>(size_octets));
    }
};
/// Of the file system on which `path`, or the nearest folder above it that exists, lies.
std::optional<DiskSpace> disk_space(std::filesystem::path path);

/// Less than this on the message log's disk is worth a warning; less than the second, and the log will fill it soon.
inline constexpr std::uint64_t low_disk_octets = 1024ULL * 1024 * 1024, least_disk_octets = 128ULL * 1024 * 1024;

/// "1.4 GiB"; for people.
std::string in_units(std::uint64_t octets);

}  // namespace onceway::admin
