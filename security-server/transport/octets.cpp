#include "security-server/transport/octets.hpp"

#include "certs/channel/payload.hpp"

namespace onceway::transport {

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

// One flat write for head and first chunk: a small message is one record on the wire.
Async<void> ChunkedRequest::write(OctetsView octets) {
    if (octets.empty()) co_return Result<void>{};
    const std::string flat = std::exchange(head_, {}) + channel::write_chunk(octets);
    auto written = co_await connection_.write(flat);
    co_return written;
}

Async<void> ChunkedRequest::finish() {
    const std::string last = std::exchange(head_, {}) + channel::write_chunk({});
    auto written = co_await connection_.write(last);
    co_return written;
}

Async<void> PlainRequest::write(OctetsView octets) {
    if (head_.empty()) {
        auto written = co_await connection_.write(octets);
        co_return written;
    }
    const std::string flat = std::exchange(head_, {}) + std::string(octets);
    auto written = co_await connection_.write(flat);
    co_return written;
}

Async<void> PlainRequest::finish() {
    if (head_.empty()) co_return Result<void>{};
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

Async<void> write_payload(Sink& sink, const channel::Payload& payload) {
    constexpr std::size_t piece = 64 * 1024;
    Octets room;
    for (std::uint64_t at = 0; at < payload.size();) {
        auto octets = co_await payload.read(at, piece, room);
        if (!octets) co_return octets.error();
        if (octets->empty())
            co_return fault(FaultCode::io_error, "Reading a spooled body: its file ends before the body does.");
        at += octets->size();
        auto written = co_await sink.write(*octets);
        if (!written) co_return written.error();
    }
    co_return Result<void>{};
}

}  // namespace onceway::transport
