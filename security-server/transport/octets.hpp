// Where the octets of a message come from and where they go: a connection, a request being answered, a recording.
#pragma once

#include "certs/channel/client.hpp"
#include "certs/channel/payload.hpp"
#include "certs/channel/server.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/bytes.hpp"
#include "security-server/transport/spare_octets.hpp"

#include <chrono>
#include <string>

namespace onceway::transport {

/// Gives octets until there are no more.
class Source {
public:
    virtual ~Source() = default;
    /// The next octets, empty at the end; the view lives until the next call.
    virtual Async<OctetsView> next() = 0;
};

/// Takes octets in order.
class Sink {
public:
    virtual ~Sink() = default;
    virtual Async<void> write(OctetsView octets) = 0;
    /// After the last octet.
    virtual Async<void> finish() = 0;
};

/// The body of a request that we answer.
class RequestSource : public Source {
public:
    explicit RequestSource(channel::Exchange& exchange) : exchange_(exchange) {}
    Async<OctetsView> next() override { return exchange_.read_body(); }

private:
    channel::Exchange& exchange_;
};

/// The body of an answer on a connection of ours: the first octets within `first`, later ones within `between`.
class AnswerSource : public Source {
public:
    AnswerSource(channel::Connection& connection, std::chrono::milliseconds first, std::chrono::milliseconds between)
        : connection_(connection), within_(first), between_(between) {}
    Async<OctetsView> next() override;

private:
    channel::Connection& connection_;
    std::chrono::milliseconds within_, between_;
};

/// Octets that are all there, handed out in pieces; for recordings and tests.
class GivenSource : public Source {
public:
    explicit GivenSource(OctetsView octets, std::size_t piece = 16 * 1024) : left_(octets), piece_(piece) {}
    Async<OctetsView> next() override;

private:
    OctetsView left_;
    std::size_t piece_;
};

/// A request on a connection of ours, its body in chunked coding. A small message is one write, head to last chunk.
class ChunkedRequest : public Sink {
public:
    ChunkedRequest(channel::Connection& connection, OctetsView head) : connection_(connection) { *held_ = head; }
    Async<void> write(OctetsView octets) override;
    Async<void> finish() override;

private:
    channel::Connection& connection_;
    SpareOctets held_;  // what has not been sent yet
};

/// The same with the body as it is; the head has said its length.
class PlainRequest : public Sink {
public:
    PlainRequest(channel::Connection& connection, OctetsView head) : connection_(connection) { *head_ = head; }
    Async<void> write(OctetsView octets) override;
    Async<void> finish() override;

private:
    channel::Connection& connection_;
    SpareOctets head_;  // until it was sent
};

/// The body of an answer that we have begun.
class AnswerSink : public Sink {
public:
    explicit AnswerSink(channel::Exchange& exchange) : exchange_(exchange) {}
    Async<void> write(OctetsView octets) override { return exchange_.write(octets); }
    Async<void> finish() override { return exchange_.finish(); }

private:
    channel::Exchange& exchange_;
};

/// Keeps what it is given; for tests.
class KeptOctets : public Sink {
public:
    Async<void> write(OctetsView octets) override;
    Async<void> finish() override;
    Octets octets;
    bool finished = false;
};

/// Writes a payload from first to last octet. Faults: those of the payload and the sink.
Async<void> write_payload(Sink& sink, const channel::Payload& payload);
/// The same for one of its parts.
Async<void> write_payload(Sink& sink, const channel::Payload& payload, channel::Payload::Part part);

}  // namespace onceway::transport
