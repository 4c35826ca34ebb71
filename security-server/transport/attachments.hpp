// Attachments while they are being received: their octets on the way into one payload, their heads within bounds.
#pragma once

#include "schemas/base/async.hpp"
#include "schemas/message/http_head.hpp"
#include "security-server/transport/places.hpp"

#include <cstddef>
#include <vector>

namespace onceway::transport {

/// Octets that the payload has not taken yet, with the places where parts of it end.
class WaitingOctets {
public:
    void add(OctetsView octets) { octets_ += octets; }
    void end_part() { ends_.push_back(octets_.size()); }
    bool empty() const { return octets_.empty() && ends_.empty(); }

    /// Faults: those of the payload.
    Async<void> move_to(CountedBody& body);

private:
    Octets octets_;
    std::vector<std::size_t> ends_;
};

/// Heads of attachments stay in memory, so all of one message together are bounded: 1 MiB.
class RoomForHeads {
public:
    /// Faults: `too_large`.
    Result<void> take(const message::Fields& headers);

private:
    std::size_t taken_ = 0;
};

}  // namespace onceway::transport
