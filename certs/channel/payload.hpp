// A body: memory up to 64 KiB, an unlinked temporary file above; digested once, as it arrives.
#pragma once

#include "certs/keys/digest.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/bytes.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>

namespace onceway::channel {

/// A body being received, and then read any number of times. Decision 1 of architecture.md.
class Payload {
public:
    /// `spool` is the folder for temporary files; they have no name once they are open.
    explicit Payload(std::filesystem::path spool, std::size_t in_memory = limits_in_memory());
    Payload(Payload&&) noexcept;
    Payload& operator=(Payload&&) noexcept;
    ~Payload();

    /// Takes the next octets. Disk writes happen on the disk pool. Faults: `io_error` with the folder and the reason.
    Async<void> append(OctetsView octets);
    /// After the last octet; the digest is known from now on.
    void seal();

    std::uint64_t size() const;
    bool empty() const { return size() == 0; }
    const Octets& sha512() const;  // raw; after seal
    bool in_memory() const;
    OctetsView view() const;  // only when in_memory
    /// Reads up to `most` octets at `offset`. In memory a view of it; otherwise read into `room`, on the disk pool.
    Async<OctetsView> read(std::uint64_t offset, std::size_t most, Octets& room) const;
    /// The same without waiting on a pool, for threads that may block. Faults: `io_error`.
    Result<OctetsView> read_blocking(std::uint64_t offset, std::size_t most, Octets& room) const;

private:
    static std::size_t limits_in_memory();
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::channel
