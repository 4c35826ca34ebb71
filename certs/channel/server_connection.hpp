// One connection of a listener: its exchanges, one after the other. Between server.cpp and server_connection.cpp.
#pragma once

#include "certs/channel/receiver.hpp"
#include "certs/channel/server.hpp"
#include "certs/channel/transport.hpp"

#include <atomic>

namespace onceway::channel {

/// What a connection needs of its listener.
struct Door {
    ListenerSettings settings;
    Route route;
    std::atomic<bool> stopping = false;
    std::atomic<std::size_t> in_flight = 0;
};

class ServerConnection final : public Exchange {
public:
    ServerConnection(Door& door, boost::asio::ip::tcp::socket socket);

    /// Handshake, then exchanges until either side has enough.
    boost::asio::awaitable<void> serve(std::shared_ptr<TlsContext> tls);
    /// Closes it now when no exchange is in flight; on its own thread.
    void close_if_idle();
    void close() { transport_.close(); }

    const message::RequestHead& head() const override { return head_; }
    bool over_tls() const override { return transport_.over_tls(); }
    const std::vector<x509::Certificate>& peer_certificates() const override { return transport_.peer_certificates(); }
    const std::string& peer_address() const override { return transport_.peer_address(); }
    Async<OctetsView> read_body() override;
    Async<void> drain(std::uint64_t most) override;
    Async<void> respond(int status, std::string_view reason, const message::Fields& fields, OctetsView body) override;
    Async<void> begin(int status, std::string_view reason, const message::Fields& fields, Streaming how) override;
    Async<void> write(OctetsView octets) override;
    Async<void> flush() override;
    Async<void> finish() override;
    bool answered() const override { return answered_; }
    void close_after() override { keep_ = false; }

private:
    boost::asio::awaitable<void> answer_in_full();
    boost::asio::awaitable<void> refuse(Fault why);
    boost::asio::awaitable<void> leave();
    void begin_exchange(message::RequestHead head);
    void write_head(int status, std::string_view reason, const message::Fields& fields);
    void end_head();
    Async<void> send(OctetsView octets);
    Async<void> put(OctetsView octets);

    Door& door_;
    Transport transport_;
    Receiver receiver_;
    Pace sending_, receiving_;
    message::RequestHead head_;
    std::string out_;  // what waits to be sent; its capacity stays with the connection
    Streaming how_;
    std::uint64_t streamed_ = 0;
    bool idle_ = false;
    bool continued_ = false;  // 100 Continue was sent, or never asked for
    bool answered_ = false, finished_ = false;
    bool bodiless_ = false;  // an answer that has no body, whatever the route gives
    bool keep_ = true;       // another exchange may follow on this connection
    bool broken_ = false;    // nothing more can be sent
    bool unread_ = false;    // the other side may still be sending
    bool late_ = false;      // a deadline of the other side has passed
};

/// `Sun, 06 Nov 1994 08:49:37 GMT`, made once a second. Rule: RFC 9110 §5.6.7.
std::string_view http_date();
/// The words that usually stand beside a status.
std::string_view usual_reason(int status);

}  // namespace onceway::channel
