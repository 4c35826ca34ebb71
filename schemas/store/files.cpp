// Files written whole or not at all.
#include "schemas/base/failpoint.hpp"
#include "schemas/store/database.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace onceway::store {
namespace {

/// An open file; closed at the end of the scope.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int get() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_;
};

Fault failed(std::string_view doing, const std::filesystem::path& path) {
    return fault(FaultCode::io_error, fmt::format("{} {}: {}", doing, path.string(), std::strerror(errno)));
}

bool write_all(int file, OctetsView octets) {
    while (!octets.empty()) {
        const auto written = ::write(file, octets.data(), octets.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        octets.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

Result<void> write_whole(const std::filesystem::path& path, OctetsView octets) {
    const auto step = [&](failpoint::Name name) { return failpoint::reached(name, path.native()) == 0; };
    auto temporary = path;
    temporary += ".new-" + random_letters(8);
    {
        if (!step("file.create")) return failed("creating", temporary);
        const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!file) return failed("creating", temporary);
        const bool written = step("file.write") && write_all(file.get(), octets);
        if (!written || !step("file.sync") || ::fsync(file.get()) != 0) {
            auto refused = failed("writing", temporary);
            ::unlink(temporary.c_str());
            return refused;
        }
    }
    if (!step("file.rename") || ::rename(temporary.c_str(), path.c_str()) != 0) {
        auto refused = failed("putting in place", path);
        ::unlink(temporary.c_str());
        return refused;
    }
    const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || !step("file.sync_folder") || ::fsync(directory.get()) != 0)
        return failed("making durable", folder);
    return {};
}

Result<Octets> read_whole(const std::filesystem::path& path, std::size_t most) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return failed("opening", path);
    struct stat facts{};
    if (::fstat(file.get(), &facts) != 0) return failed("reading", path);
    if (!S_ISREG(facts.st_mode))
        return fault(FaultCode::io_error, fmt::format("reading {}: it is no regular file", path.string()));
    Octets octets;
    // The size is a hint; the limit holds for what is actually read.
    octets.reserve(std::min(static_cast<std::size_t>(facts.st_size), most) + 1);
    char room[64 * 1024];
    while (true) {
        const auto got = ::read(file.get(), room, sizeof room);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed("reading", path);
        if (got == 0) return octets;
        if (octets.size() + static_cast<std::size_t>(got) > most)
            return fault(FaultCode::too_large,
                         fmt::format("reading {}: it has more than {} octets", path.string(), most));
        octets.append(room, static_cast<std::size_t>(got));
    }
}

}  // namespace onceway::store
