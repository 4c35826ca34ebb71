// Our HTTP/1.1 client: one connection told step by step, and whole bounded fetches for small answers.
#pragma once

#include "certs/channel/address_policy.hpp"
#include "certs/channel/tls.hpp"
#include "certs/channel/url.hpp"
#include "schemas/base/async.hpp"
#include "schemas/message/http_head.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace onceway::channel {

struct ConnectTo {
    std::string host;
    std::uint16_t port = 0;
    std::shared_ptr<TlsContext> tls;  // null: plain
    std::chrono::milliseconds connect_timeout{30'000};
    std::chrono::milliseconds handshake_timeout{10'000};
    std::string server_name;                           // SNI; empty: none
    std::string from;                                  // a numeric address of ours to call from; empty: any
    std::shared_ptr<const AddressPolicy> permitted{};  // judges what the name was resolved to; null: any address
};

/// One connection. Every step has a deadline; a step that fails leaves the connection unusable.
class Connection {
public:
    /// Resolves once, connects (no-delay) to one of the permitted addresses that were found, and with TLS shakes hands.
    /// Faults: `unknown_host`, `network_error`, `ssl_authentication_failed`, `timed_out`. Rule: threats row 19.
    static Async<std::unique_ptr<Connection>> open(ConnectTo to);
    virtual ~Connection() = default;

    virtual const std::vector<x509::Certificate>& peer_certificates() const = 0;
    virtual std::string peer_address() const = 0;
    virtual bool resumed() const = 0;  // the TLS session began on an earlier connection

    /// Writes octets of a request as they are: the caller has built head and framing. Faults: `network_error`,
    /// `timed_out`. After a write that failed, `read_head` may still find an answer that was given early.
    virtual Async<void> write(OctetsView octets) = 0;
    /// True once any octet of the current request was handed to the socket.
    virtual bool anything_sent() const = 0;

    /// Waits for the response head, 1xx answers skipped. Faults: `http_error`, `network_error`, `timed_out`.
    virtual Async<message::ResponseHead> read_head(message::HeadRules rules, std::chrono::milliseconds within) = 0;
    /// The next octets of the body, empty at its end; the view lives until the next call. A connection that ends before
    /// the body does, or without TLS close alert where the end of the connection ends the body, is a fault.
    /// Faults: `io_error`, `network_error`, `timed_out`.
    virtual Async<OctetsView> read_body(std::chrono::milliseconds within) = 0;

    /// True when the answer was read to its end and the connection may carry another request.
    virtual bool reusable() const = 0;
    /// Forgets the finished exchange; call before the next request on a reusable connection.
    virtual void next() = 0;
    /// False when the other side has closed or sent something meanwhile; does not wait.
    virtual bool still_open() = 0;
    virtual void close() = 0;
};

struct FetchRequest {
    std::string method = "GET";
    Url url;
    message::Fields fields;  // besides Host and framing
    Octets body;
    std::shared_ptr<TlsContext> tls;  // needed for https
    std::size_t most = 64 * 1024;     // octets of the answer
    std::chrono::milliseconds connect{5'000}, total{30'000};
    std::shared_ptr<const AddressPolicy> permitted{};  // null: any address
};
struct FetchAnswer {
    int status = 0;
    message::Fields fields;
    Octets body;
};
/// One whole exchange on a connection of its own; redirects are not followed. Faults: those of Connection, `too_large`.
Async<FetchAnswer> fetch(FetchRequest request);

/// Writes a request head: request line, Host, fields, framing, and the empty line.
std::string write_request_head(std::string_view method, std::string_view target, std::string_view host,
                               const message::Fields& fields, const message::Framing& framing);
/// One chunk of chunked coding around `octets`, or the last chunk when empty.
std::string write_chunk(OctetsView octets);

}  // namespace onceway::channel
