// The receiving half of an HTTP connection: one flat buffer, whole heads, bodies as views into it.
#pragma once

#include "certs/channel/transport.hpp"
#include "schemas/message/http_head.hpp"

namespace onceway::channel {

class Receiver {
public:
    explicit Receiver(Transport& transport);

    /// Waits for a whole head of at most `most` octets: for its first octet until `first_by`, then `within` for the
    /// rest (zero: until `first_by` as well). The view lives until the next call; empty when the other side closed
    /// before the first octet. Faults: `io_error` (closed midway), `too_large`, `network_error`, `timed_out`.
    Async<OctetsView> head(Moment first_by, std::chrono::milliseconds within, std::size_t most);

    /// The body that follows the head just read.
    void expect(const message::Framing& framing);
    /// Its next octets, valid until the next call; empty at its end. `between` and `pace` bound the waiting.
    /// Faults: `io_error` (closed early, trailer, bad chunk), `network_error`, `timed_out`.
    Async<OctetsView> body(std::chrono::milliseconds between, Pace& pace);

    bool body_ended() const { return ended_; }
    /// True when no octet beyond the last head and body has been received.
    bool empty() const { return begin_ == end_; }
    /// True when the rest of the body has a known length and is here already.
    bool rest_is_here() const;

private:
    /// Waits for more octets; false when the other side has ended.
    Async<bool> fill(Moment until);
    Async<bool> fill_at_pace(std::chrono::milliseconds between, Pace& pace);
    OctetsView buffered() const { return {buffer_.get() + begin_, end_ - begin_}; }

    static constexpr std::size_t room = 16 * 1024;
    Transport& transport_;
    std::unique_ptr<char[]> buffer_;
    std::size_t begin_ = 0, end_ = 0;
    message::Framing framing_;
    std::uint64_t left_ = 0;
    message::ChunkedReader chunks_;
    bool ended_ = true;
};

}  // namespace onceway::channel
