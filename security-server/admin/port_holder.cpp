#include "security-server/admin/port_holder.hpp"

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace onceway::admin {
namespace {

constexpr std::string_view listening = "0A";

/// An address as /proc/net/tcp writes it: words of four octets, each in the machine's order, in hexadecimal.
template <class Bytes>
std::string as_words(const Bytes& bytes) {
    std::string text;
    for (std::size_t word = 0; word < bytes.size(); word += 4)
        for (std::size_t i = 4; i-- > 0;) text += fmt::format("{:02X}", bytes[word + i]);
    return text;
}

/// The inodes of the sockets that listen where a connection to `address` arrives.
std::set<std::string> listening_inodes(const boost::asio::ip::address& address, std::uint16_t port) {
    const bool v4 = address.is_v4();
    const auto wanted = v4 ? as_words(address.to_v4().to_bytes()) : as_words(address.to_v6().to_bytes());
    std::set<std::string> inodes;
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream lines(table);
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::array<std::string, 10> column;
            for (auto& word : column) words >> word;
            const auto colon = column[1].find(':');
            if (colon == std::string::npos || column[3] != listening) continue;
            if (column[1].substr(colon + 1) != fmt::format("{:04X}", port)) continue;
            const auto host = column[1].substr(0, colon);
            const bool all = std::ranges::all_of(host, [](char c) { return c == '0'; });
            if (host == wanted || all) inodes.insert(column[9]);
        }
    }
    return inodes;
}

bool holds_one_of(const std::filesystem::path& process, const std::set<std::string>& inodes) {
    std::error_code error;
    for (std::filesystem::directory_iterator at(process / "fd", error), end; !error && at != end; at.increment(error)) {
        std::error_code unread;
        const auto target = std::filesystem::read_symlink(at->path(), unread).string();
        if (target.starts_with("socket:[") && inodes.contains(target.substr(8, target.size() - 9))) return true;
    }
    return false;
}

}  // namespace

std::string PortHolder::text() const {
    return pid == 0 ? "a process of another user" : fmt::format("{} (process {})", name, pid);
}

std::optional<PortHolder> port_holder(const std::string& address, std::uint16_t port) {
    boost::system::error_code refused;
    const auto numeric = boost::asio::ip::make_address(address, refused);
    if (refused) return std::nullopt;
    const auto inodes = listening_inodes(numeric, port);
    if (inodes.empty()) return std::nullopt;
    std::error_code error;
    for (std::filesystem::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
        const auto name = at->path().filename().string();
        int pid = 0;
        if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc() || pid <= 0) continue;
        if (!holds_one_of(at->path(), inodes)) continue;
        std::string program;
        std::getline(std::ifstream(at->path() / "comm"), program);
        return PortHolder{pid, program};
    }
    return PortHolder{};
}

}  // namespace onceway::admin
