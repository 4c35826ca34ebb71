#include "security-server/admin/machine.hpp"

#include <fmt/format.h>

#include <sys/resource.h>
#include <sys/statvfs.h>

#include <array>
#include <fstream>

namespace onceway::admin {
namespace {

constexpr std::uint64_t kib = 1024;

std::uint64_t open_descriptors() {
    std::error_code error;
    std::uint64_t count = 0;
    for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end; at.increment(error))
        ++count;
    return count;
}

}  // namespace

ProcessUse process_use() {
    ProcessUse use;
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        const auto colon = line.find(':');
        if (colon == std::string::npos) continue;
        const auto number = [&] { return std::strtoull(line.c_str() + colon + 1, nullptr, 10); };
        const auto name = std::string_view(line).substr(0, colon);
        if (name == "VmRSS") use.memory_octets = number() * kib;
        if (name == "VmHWM") use.memory_peak_octets = number() * kib;
        if (name == "Threads") use.threads = number();
    }
    use.descriptors = open_descriptors();
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) use.descriptors_most = limit.rlim_cur;
    return use;
}

std::optional<DiskSpace> disk_space(std::filesystem::path path) {
    std::error_code error;
    while (!std::filesystem::exists(path, error) && path.has_parent_path() && path != path.parent_path())
        path = path.parent_path();
    struct statvfs about{};
    if (::statvfs(path.c_str(), &about) != 0) return std::nullopt;
    return DiskSpace{std::uint64_t{about.f_bavail} * about.f_frsize, std::uint64_t{about.f_blocks} * about.f_frsize};
}

std::string in_units(std::uint64_t octets) {
    constexpr std::array units{"octets", "KiB", "MiB", "GiB", "TiB"};
    auto shown = static_cast<double>(octets);
    std::size_t unit = 0;
    for (; shown >= 1024 && unit + 1 < units.size(); ++unit) shown /= 1024;
    return unit == 0 ? fmt::format("{} {}", octets, units[0]) : fmt::format("{:.1f} {}", shown, units[unit]);
}

}  // namespace onceway::admin
