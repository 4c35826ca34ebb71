// How much a server takes on at once: exchanges in flight, and memory for bodies. What is beyond is refused at once and
// says so, so that what was taken on is finished in time.
#pragma once

#include "certs/channel/payload.hpp"
#include "schemas/base/async.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <utility>

namespace onceway::transport {

/// A server's limits of work. The defaults belong together: an exchange in flight costs about 100 KiB besides its
/// bodies, so 640 of them, and as much again for bodies, are 128 MiB. See "Overload" in docs/operators.
struct WorkLimits {
    std::size_t exchanges = 640;                      // in flight, on each of the two sides
    std::uint64_t body_octets = 64ull * 1024 * 1024;  // of memory for bodies, both sides together
};

/// Memory that bodies hold, counted. Safe from any thread.
class BodyMemory {
public:
    /// While others hold `most`, no envelope that is being read grows on.
    explicit BodyMemory(std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) : most_(most) {}
    std::uint64_t held() const { return held_.load(std::memory_order_relaxed); }

private:
    friend class CountedBody;
    friend class CountedEnvelope;
    const std::uint64_t most_;
    std::atomic<std::uint64_t> held_{0};
};

/// A body being received, whose memory is counted for as long as it lives. `memory` may be null: nothing is counted.
class CountedBody {
public:
    static std::shared_ptr<CountedBody> make(std::filesystem::path spool, std::shared_ptr<BodyMemory> memory);
    CountedBody(std::filesystem::path spool, std::shared_ptr<BodyMemory> memory);
    ~CountedBody();
    CountedBody(const CountedBody&) = delete;

    /// Takes the next octets. Faults: those of the payload.
    Async<void> append(OctetsView octets);
    /// After the last octet of one of several parts.
    void end_part() { payload_.end_part(); }
    /// After the last octet.
    void seal() { payload_.seal(); }
    bool empty() const { return payload_.empty(); }

    /// The payload of a counted body; keeps the whole alive.
    static std::shared_ptr<channel::Payload> payload(std::shared_ptr<CountedBody> body);

private:
    channel::Payload payload_;
    std::shared_ptr<BodyMemory> memory_;
    std::uint64_t counted_ = 0;
};

/// Counts what an envelope being received holds of memory: it stays there whole, up to 10 MiB, and callers may take
/// their time while others have their place. The first 64 KiB are not counted.
class CountedEnvelope {
public:
    /// `memory` may be null: nothing is counted.
    explicit CountedEnvelope(std::shared_ptr<BodyMemory> memory) : memory_(std::move(memory)) {}

    /// The envelope has `octets` now. Faults: `overloaded`, when it is large and others hold all the memory there is.
    Result<void> grows_to(std::size_t octets);
    /// What keeps the count for as long as the message lives; null when nothing was counted.
    std::shared_ptr<const void> held() const { return held_; }

private:
    struct Held;
    std::shared_ptr<BodyMemory> memory_;
    std::shared_ptr<Held> held_;
};

/// The places of one side. Safe from any thread.
class Places {
public:
    Places(WorkLimits limits, std::shared_ptr<const BodyMemory> memory) : limits_(limits), memory_(std::move(memory)) {}

    /// One exchange's place, for as long as this lives.
    class Place {
    public:
        explicit Place(Places* of) : of_(of) {}
        Place(Place&& other) noexcept : of_(std::exchange(other.of_, nullptr)), lent_(other.lent_) {}
        ~Place() {
            if (!lent_) lend();
        }

        /// Gives the place to others for as long as the caller has not sent everything: whoever takes its time holds a
        /// connection, and nothing that others need.
        void lend() {
            if (of_) of_->taken_.fetch_sub(1, std::memory_order_relaxed);
            lent_ = true;
        }
        /// Takes it back. Faults: `overloaded`, when all are taken by now.
        Result<void> take_back();

    private:
        Places* of_;
        bool lent_ = false;
    };
    /// Takes a place. Faults: `overloaded`, when every place is taken or bodies hold all the memory they may.
    Result<Place> take();

    std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }
    std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

private:
    Result<void> count_in();

    const WorkLimits limits_;
    std::shared_ptr<const BodyMemory> memory_;
    std::atomic<std::size_t> taken_{0};
    std::atomic<std::uint64_t> refused_{0};
};

}  // namespace onceway::transport
