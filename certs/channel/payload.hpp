// A body: memory up to 64 KiB, an unlinked temporary file above; digested once, as it arrives.
#pragma once

#include "certs/keys/digest.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/bytes.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace onceway::channel {

/// A body being received, and then read any number of times: one part, or, for the attachments of a SOAP message, many
/// in one store, each with its own digest. Decision 1 of architecture.md.
class Payload {
public:
    /// `spool` is the folder for temporary files; they have no name once they are open.
    explicit Payload(std::filesystem::path spool, std::size_t in_memory = limits_in_memory());
    Payload(Payload&&) noexcept;
    Payload& operator=(Payload&&) noexcept;
    ~Payload();

    /// Takes the next octets. Disk writes happen on the disk pool. Faults: `io_error` with the folder and the reason.
    Async<void> append(OctetsView octets);
    /// Ends a part: what has come since the last one is one, even when that is nothing.
    void end_part();
    /// After the last octet; the digests are known from now on. A payload whose parts were never ended is one part.
    void seal();

    struct Part {
        std::uint64_t offset = 0, size = 0;
        Octets sha512;  // raw
    };
    /// In order; after seal. Of a payload that is one part, that part.
    const std::vector<Part>& parts() const;

    std::uint64_t size() const;
    bool empty() const { return size() == 0; }
    /// What names the whole, raw; after seal: the digest of its one part, or of all digests one behind another.
    const Octets& sha512() const;
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
