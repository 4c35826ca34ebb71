// An answer that is made completely before its first octet is sent: in a temporary file without a name.
#pragma once

#include "certs/channel/server.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/bytes.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

namespace onceway::metadata {

class Spool {
public:
    /// Runs `fill` on the disk pool with a sink into a new file in `folder`. Faults: those of `fill`, `io_error`.
    static Async<std::shared_ptr<Spool>> filled(
        std::filesystem::path folder, std::function<Result<void>(const std::function<void(OctetsView)>&)> fill);
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;
    ~Spool();

    std::uint64_t size() const { return size_; }
    /// Answers 200 with these fields and the whole content. Faults: those of the exchange, `io_error`.
    Async<void> send(channel::Exchange& exchange, message::Fields fields) const;

private:
    explicit Spool(int descriptor) : descriptor_(descriptor) {}
    void write(OctetsView octets);
    Result<void> read(std::uint64_t at, Octets& room) const;

    int descriptor_;
    std::uint64_t size_ = 0;
};

}  // namespace onceway::metadata
