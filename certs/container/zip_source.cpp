#include "certs/container/zip_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace onceway::container {

Result<ZipSource> ZipSource::open(const std::filesystem::path& path) {
    ZipSource source;
    source.file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat about{};
    if (source.file_ < 0 || ::fstat(source.file_, &about) != 0)
        return fault(FaultCode::io_error, fmt::format("Opening {}: {}", path.string(), std::strerror(errno)));
    if (!S_ISREG(about.st_mode))
        return fault(FaultCode::io_error, fmt::format("Opening {}: it is no regular file", path.string()));
    source.size_ = static_cast<std::uint64_t>(about.st_size);
    return source;
}

ZipSource ZipSource::of(Octets octets) {
    ZipSource source;
    source.memory_ = std::move(octets);
    source.size_ = source.memory_.size();
    return source;
}

ZipSource::ZipSource(ZipSource&& other) noexcept
    : memory_(std::move(other.memory_)), file_(std::exchange(other.file_, -1)), size_(std::exchange(other.size_, 0)) {}

ZipSource::~ZipSource() {
    if (file_ >= 0) ::close(file_);
}

Octets ZipSource::at(std::uint64_t offset, std::size_t count) const {
    if (offset >= size_) return {};
    count = static_cast<std::size_t>(std::min<std::uint64_t>(count, size_ - offset));
    if (file_ < 0) return memory_.substr(static_cast<std::size_t>(offset), count);

    Octets octets(count, '\0');
    std::size_t have = 0;
    while (have < count) {
        const auto got = ::pread(file_, octets.data() + have, count - have, static_cast<off_t>(offset + have));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw std::system_error(errno, std::generic_category(), "reading an archive");
        if (got == 0) break;  // the file became shorter meanwhile
        have += static_cast<std::size_t>(got);
    }
    octets.resize(have);
    return octets;
}

}  // namespace onceway::container
