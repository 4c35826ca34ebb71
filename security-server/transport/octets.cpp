#include "security-server/transport/octets.hpp"

#include "certs/channel/payload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace onceway::transport {
namespace {

constexpr std::size_t held_most = 16 * 1024;  // one TLS record
constexpr std::size_t chunk_framing = 32;     // octets around a chunk, and of the last one

}  // namespace

Async<OctetsView> AnswerSource::next() {
    auto octets = co_await connection_.read_body(within_);
    within_ = between_;
    co_return octets;
}

Async<OctetsView> GivenSource::next() {
    const OctetsView piece = left_.substr(0, piece_);
    left_.remove_prefix(piece.size());
    co_return piece;
}

Async<void> ChunkedRequest::write(OctetsView octets) {
    if (octets.empty()) co_return Result<void>{};
    held_->reserve(held_->size() + octets.size() + chunk_framing);
    fmt::format_to(std::back_inserter(*held_), "{:x}\r\n", octets.size());
    held_->append(octets).append("\r\n");
    if (held_->size() < held_most) co_return Result<void>{};
    auto written = co_await connection_.write(*held_);
    held_->clear();
    co_return written;
}

Async<void> ChunkedRequest::finish() {
    *held_ += "0\r\n\r\n";
    auto written = co_await connection_.write(*held_);
    held_->clear();
    co_return written;
}

Async<void> PlainRequest::write(OctetsView octets) {
    if (head_->empty()) {
        auto written = co_await connection_.write(octets);
        co_return written;
    }
    head_->append(octets);
    auto written = co_await connection_.write(*head_);
    head_->clear();
    co_return written;
}

Async<void> PlainRequest::finish() {
    if (head_->empty()) co_return Result<void>{};
    auto written = co_await write({});
    co_return written;
}

Async<void> KeptOctets::write(OctetsView more) {
    octets += more;
    co_return Result<void>{};
}

Async<void> KeptOctets::finish() {
    finished = true;
    co_return Result<void>{};
}

Async<void> write_payload(Sink& sink, const channel::Payload& payload, channel::Payload::Part part) {
    constexpr std::size_t piece = 64 * 1024;
    Octets room;
    const std::uint64_t end = part.offset + part.size;
    for (std::uint64_t at = part.offset; at < end;) {
        auto octets =
            co_await payload.read(at, static_cast<std::size_t>(std::min<std::uint64_t>(piece, end - at)), room);
        if (!octets) co_return octets.error();
        if (octets->empty())
            co_return fault(FaultCode::io_error, "Reading a spooled body: its file ends before the body does.");
        at += octets->size();
        auto written = co_await sink.write(*octets);
        if (!written) co_return written.error();
    }
    co_return Result<void>{};
}

Async<void> write_payload(Sink& sink, const channel::Payload& payload) {
    channel::Payload::Part whole{0, payload.size(), {}};
    auto written = co_await write_payload(sink, payload, std::move(whole));
    co_return written;
}

}  // namespace onceway::transport
