// Our HTTP/1.1 server: strict heads in front of every route, bodies that stream, deadlines on everything.
#pragma once

#include "certs/channel/threads.hpp"
#include "certs/channel/tls.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/message/http_head.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace onceway::channel {

/// One request and its answer, for a route. Lives inside the connection's coroutine.
class Exchange {
public:
    virtual ~Exchange() = default;

    /// The head, already checked (threats §5.3).
    virtual const message::RequestHead& head() const = 0;
    virtual bool over_tls() const = 0;
    /// Certificates the other side presented, leaf first; empty without TLS or without a client certificate.
    virtual const std::vector<x509::Certificate>& peer_certificates() const = 0;
    virtual const std::string& peer_address() const = 0;

    /// Waits for body octets and gives a view of them, valid until the next call; empty at the end of the body.
    /// `Expect: 100-continue` is answered at the first call. Faults: `io_error` (closed early, trailer, bad chunk),
    /// `timed_out` (threats §4: deadline between octets and least rate).
    virtual Async<OctetsView> read_body() = 0;
    /// Reads what is left of the body and throws it away, at most `most` octets.
    virtual Async<void> drain(std::uint64_t most) = 0;

    /// Answers with a whole body in one write. `Content-Length` is written by us; `fields` must not hold framing.
    virtual Async<void> respond(int status, std::string_view reason, const message::Fields& fields,
                                OctetsView body) = 0;

    /// Answers piece by piece: with `length` known a Content-Length, otherwise chunked, or, with `until_close`, ended
    /// by closing the connection. Then `write` any number of times, then `finish`.
    struct Streaming {
        std::optional<std::uint64_t> length;
        bool until_close = false;
    };
    virtual Async<void> begin(int status, std::string_view reason, const message::Fields& fields, Streaming how) = 0;
    /// Small pieces gather up to 16 KiB before they are sent; `flush` sends what has gathered, before a long pause.
    virtual Async<void> write(OctetsView octets) = 0;
    virtual Async<void> flush() = 0;
    /// Ends the answer. Faults: besides those of sending, `internal_error` when `length` was promised and not kept.
    virtual Async<void> finish() = 0;

    virtual bool answered() const = 0;  // true once begin or respond was called
    /// After this answer the connection is closed.
    virtual void close_after() = 0;
};

/// A route answers an exchange. When it returns without answering, 500 is sent; when it throws, the same, and it is
/// logged.
using Route = std::function<boost::asio::awaitable<void>(Exchange&)>;

/// How long a listener waits for the other side. Rule: threats §4. Tests shorten them.
struct Deadlines {
    std::chrono::milliseconds handshake = limits::tls_handshake;
    std::chrono::milliseconds head = limits::http_head;               // the first head, and a begun head to its end
    std::chrono::milliseconds idle = limits::keep_alive_idle;         // between two exchanges
    std::chrono::milliseconds between = limits::between_body_octets;  // body octets, and progress of an answer
    std::size_t octets_per_second = limits::least_octets_per_second;  // averaged over `between`, of the time waited
    std::chrono::milliseconds linger{5'000};  // for what a refused request still sends, so that the answer arrives
};

struct ListenerSettings {
    std::string name;                 // "consumer-http": for the log
    std::string address;              // a numeric address; never a wildcard unless the operator wrote one
    std::uint16_t port = 0;           // 0: any
    std::shared_ptr<TlsContext> tls;  // null: plain
    message::HeadRules rules;
    /// Writes the body of a 4xx answer to a head that was refused; default: plain text.
    std::function<std::string(const Fault&)> refusal_body;
    std::string refusal_type = "text/plain;charset=utf-8";
    bool date_header = true;  // a `Date` field in every answer that has none
    std::size_t connections = limits::connections_in_all, connections_per_address = limits::connections_per_address;
    Deadlines deadlines;
};

/// A door of ours. Destroyed before the Threads it was opened on; then no route of it runs any more, and its port is
/// free.
class Listener {
public:
    /// Binds and listens. Faults: `network_error` with address, port and reason.
    static Result<std::unique_ptr<Listener>> open(Threads& threads, ListenerSettings settings, Route route);
    ~Listener();

    std::uint16_t port() const;
    /// Replaces the TLS configuration for connections from now on.
    void set_tls(std::shared_ptr<TlsContext> tls);

    /// Accepts no more; idle connections are closed; exchanges in flight go on and close after their answer.
    void stop_accepting();
    /// Number of exchanges in flight.
    std::size_t in_flight() const;
    std::size_t connections() const;

private:
    struct Parts;
    explicit Listener(std::shared_ptr<Parts> parts);
    std::shared_ptr<Parts> parts_;
};

}  // namespace onceway::channel
