#include "security-server/transport/places.hpp"

#include "schemas/base/limits.hpp"

#include <fmt/format.h>

namespace onceway::transport {
namespace {

constexpr std::uint64_t spooling_octets = 288 * 1024;  // what a body on disk gathers before it writes

Fault no_memory() {
    return fault(FaultCode::overloaded,
                 "This security server holds as many octets of messages as it may; try again in a moment.");
}

}  // namespace

CountedBody::CountedBody(std::filesystem::path spool, std::shared_ptr<BodyMemory> memory)
    : payload_(std::move(spool)), memory_(std::move(memory)) {}

CountedBody::~CountedBody() {
    if (memory_) memory_->held_.fetch_sub(counted_, std::memory_order_relaxed);
}

std::shared_ptr<CountedBody> CountedBody::make(std::filesystem::path spool, std::shared_ptr<BodyMemory> memory) {
    return std::make_shared<CountedBody>(std::move(spool), std::move(memory));
}

Async<void> CountedBody::append(OctetsView octets) {
    auto kept = co_await payload_.append(octets);
    if (!memory_) co_return kept;
    const std::uint64_t now = payload_.in_memory() ? payload_.size() : spooling_octets;
    memory_->held_.fetch_add(now - counted_, std::memory_order_relaxed);  // it never shrinks before its end
    counted_ = now;
    co_return kept;
}

std::shared_ptr<channel::Payload> CountedBody::payload(std::shared_ptr<CountedBody> body) {
    auto* inside = &body->payload_;
    return {std::move(body), inside};
}

struct CountedEnvelope::Held {
    explicit Held(std::shared_ptr<BodyMemory> memory) : memory(std::move(memory)) {}
    ~Held() { memory->held_.fetch_sub(counted, std::memory_order_relaxed); }

    const std::shared_ptr<BodyMemory> memory;
    std::uint64_t counted = 0;
};

Result<void> CountedEnvelope::grows_to(std::size_t octets) {
    if (!memory_ || octets <= limits::payload_in_memory_octets) return {};
    if (!held_) held_ = std::make_shared<Held>(memory_);
    const auto own = std::exchange(held_->counted, octets);
    const auto others = memory_->held_.fetch_add(octets - own, std::memory_order_relaxed) - own;
    return others < memory_->most_ ? Result<void>() : no_memory();
}

/// One more, who is counted even when it is one too many: its Place gives that back.
Result<void> Places::count_in() {
    if (taken_.fetch_add(1, std::memory_order_relaxed) < limits_.exchanges) return {};
    refused_.fetch_add(1, std::memory_order_relaxed);
    return fault(FaultCode::overloaded,
                 fmt::format("This security server has {} exchanges in flight, and no more is taken on; try again in "
                             "a moment.",
                             limits_.exchanges));
}

Result<Places::Place> Places::take() {
    if (memory_ && memory_->held() >= limits_.body_octets) {
        refused_.fetch_add(1, std::memory_order_relaxed);
        return no_memory();
    }
    auto counted = count_in();
    Place place(this);
    if (!counted) return counted.error();
    return place;
}

Result<void> Places::Place::take_back() {
    if (!std::exchange(lent_, false) || !of_) return {};
    return of_->count_in();
}

}  // namespace onceway::transport
