#include "certs/channel/receiver.hpp"

#include <fmt/format.h>
#include <cstring>

namespace onceway::channel {

using Kind = message::Framing::Kind;

Receiver::Receiver(Transport& transport)
    : transport_(transport), buffer_(std::make_unique_for_overwrite<char[]>(room)) {}

Async<bool> Receiver::fill(Moment until) {
    if (begin_ == end_) begin_ = end_ = 0;
    if (end_ == room && begin_ > 0) {
        std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == room)
        co_return fault(FaultCode::io_error, "A line of chunked coding is longer than any that is allowed.");
    auto got = co_await transport_.read_some(buffer_.get() + end_, room - end_, until);
    if (!got) co_return got.error();
    end_ += *got;
    co_return *got > 0;
}

/// The same within `between`, looked after each time the pace is to be judged: whoever drips is not waited for longer
/// than whoever says nothing. A pause that is allowed to last longer than a pace is judged over counts half of that.
Async<bool> Receiver::fill_at_pace(std::chrono::milliseconds between, Pace& pace) {
    const auto last = from_now(between);
    const bool may_pause = between > pace.window();
    for (;;) {
        const auto began = std::chrono::steady_clock::now();
        const auto before = end_ - begin_;
        auto more = co_await fill(may_pause ? last : std::min(last, began + pace.left()));
        const auto now = std::chrono::steady_clock::now();
        const bool waits_on = !more && more.error().code == FaultCode::timed_out && now < last;
        if (!more && !waits_on) co_return more.error();
        const auto waited = may_pause ? std::min(now - began, pace.window() / 2) : now - began;
        if (!pace.kept(waited, end_ - begin_ - before))
            co_return fault(FaultCode::timed_out, "The body comes more slowly than the least rate.");
        if (more) co_return more;
    }
}

Async<OctetsView> Receiver::head(Moment first_by, std::chrono::milliseconds within, std::size_t most) {
    if (begin_ > 0) {  // what came behind the last message
        std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    bool begun = !empty();
    auto until = begun && within.count() > 0 ? from_now(within) : first_by;
    for (;;) {
        const auto octets = buffered();
        const auto size = message::head_end(octets);
        if (size.value_or(octets.size()) > std::min(most, room) || (!size && octets.size() == room))
            co_return fault(FaultCode::too_large,
                            fmt::format("The head is longer than {} octets.", std::min(most, room)));
        if (size) {
            begin_ += *size;
            co_return octets.substr(0, *size);
        }
        auto more = co_await fill(until);
        if (!more) co_return more.error();
        if (!*more && empty()) co_return OctetsView();
        if (!*more)
            co_return fault(FaultCode::io_error,
                            fmt::format("The connection ended within a head, after {} octets of it.", end_ - begin_));
        if (!begun && within.count() > 0) until = from_now(within);
        begun = true;
    }
}

void Receiver::expect(const message::Framing& framing) {
    framing_ = framing;
    left_ = framing.kind == Kind::length ? framing.length : 0;
    ended_ = framing.kind == Kind::none || (framing.kind == Kind::length && left_ == 0);
    if (framing.kind == Kind::chunked) chunks_ = {};
}

bool Receiver::rest_is_here() const { return framing_.kind == Kind::length && left_ <= end_ - begin_; }

Async<OctetsView> Receiver::body(std::chrono::milliseconds between, Pace& pace) {
    while (!ended_) {
        // 1. What has come already.
        auto octets = buffered();
        if (framing_.kind == Kind::chunked && !octets.empty()) {
            auto step = chunks_.take(octets);
            if (!step) co_return fault(FaultCode::io_error, step.error().detail);
            begin_ += step->consumed;
            ended_ = step->ended;
            if (!step->data.empty()) co_return step->data;
            if (step->consumed > 0) continue;
        } else if (!octets.empty()) {
            if (framing_.kind == Kind::length) {
                octets = octets.substr(0, left_);
                left_ -= octets.size();
                ended_ = left_ == 0;
            }
            begin_ += octets.size();
            co_return octets;
        }

        // 2. More of it.
        auto more = co_await fill_at_pace(between, pace);
        if (!more) co_return more.error();
        if (!*more) {
            if (framing_.kind != Kind::until_close)
                co_return fault(FaultCode::io_error, "The connection ended before the body did.");
            ended_ = true;
            break;
        }
    }
    co_return OctetsView();
}

}  // namespace onceway::channel
