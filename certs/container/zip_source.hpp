// The octets of an archive, in memory or in a file, read from any place.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>

namespace onceway::container {

class ZipSource {
public:
    /// Faults: `io_error`.
    static Result<ZipSource> open(const std::filesystem::path& path);
    static ZipSource of(Octets octets);
    ZipSource(ZipSource&&) noexcept;
    ~ZipSource();

    std::uint64_t size() const { return size_; }
    /// Up to `count` octets from `offset`; fewer only at the end. A read that the disk refuses throws.
    Octets at(std::uint64_t offset, std::size_t count) const;

private:
    ZipSource() = default;
    Octets memory_;
    int file_ = -1;
    std::uint64_t size_ = 0;
};

}  // namespace onceway::container
