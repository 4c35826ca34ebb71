// One socket, plain or TLS, whose every wait has a deadline. For server.cpp and client.cpp; routes never see it.
#pragma once

#include "certs/channel/tls.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/bytes.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace onceway::channel {

using Moment = std::chrono::steady_clock::time_point;
inline Moment from_now(std::chrono::milliseconds after) { return std::chrono::steady_clock::now() + after; }

/// The least rate of one direction: judged each time the other side has been waited for `window` long.
class Pace {
public:
    Pace(std::chrono::milliseconds window, std::size_t octets_per_second);
    /// Adds a wait and what came of it. False when a whole window went by with too little.
    bool kept(std::chrono::steady_clock::duration waited, std::size_t octets);
    /// How long the other side may still be waited for until it is judged.
    std::chrono::steady_clock::duration left() const { return window_ - waited_; }
    std::chrono::steady_clock::duration window() const { return window_; }

private:
    std::chrono::steady_clock::duration window_, waited_{};
    std::size_t least_, octets_ = 0;
};

/// A connected socket. Octets are tried at once and waited for only when there are none; one timer for each
/// connection looks after all deadlines. Everything happens on the thread of the socket's executor.
class Transport {
public:
    explicit Transport(boost::asio::ip::tcp::socket socket);
    ~Transport();

    /// The handshake as server. Faults: `ssl_authentication_failed` with the library's reason, `timed_out`.
    Async<void> shake_hands(std::shared_ptr<TlsContext> tls, std::chrono::milliseconds within);
    /// The handshake as client; `peer` ("host:port") names sessions to resume.
    Async<void> shake_hands(std::shared_ptr<TlsContext> tls, std::string peer, std::string server_name,
                            std::chrono::milliseconds within);

    /// Octets that came, at most `room`; 0 at an orderly end. A TLS connection that ends without its close alert is
    /// a fault. Faults: `network_error`, `timed_out`.
    Async<std::size_t> read_some(char* into, std::size_t room, Moment until);
    /// All of `octets`, waiting at most `between` for each progress and keeping to `pace`.
    /// Faults: `network_error`, `timed_out`.
    Async<void> write(OctetsView octets, std::chrono::milliseconds between, Pace& pace);

    /// Says that we send no more, with TLS by its close alert.
    Async<void> end_sending(std::chrono::milliseconds within);
    /// Throws away whatever still comes, undeciphered, until the other side ends or `until`: closing while octets are
    /// on their way would reset the connection, and what we said last could be lost.
    boost::asio::awaitable<void> discard(Moment until);
    /// False when the other side closed or sent something; does not wait.
    bool quiet();
    void close();
    /// Ends it such that the other side cannot take it for an orderly end: without close alert, by a reset.
    void abort();
    bool over_tls() const;
    bool resumed() const;

    const std::vector<x509::Certificate>& peer_certificates() const;
    const std::string& peer_address() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::channel
