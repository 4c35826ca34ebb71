// The doors of a running server: which request of an information system goes where, port 5500, and the health endpoint.
#pragma once

#include "certs/channel/server.hpp"
#include "security-server/admin/administration.hpp"

#include <functional>
#include <memory>
#include <mutex>

namespace onceway::admin {

/// What information systems can reach.
struct InsideRoutes {
    channel::Route messages;            // /r1/…, and all else, which is SOAP or refused in SOAP's words
    channel::Route signed_documents;    // GET /asic
    channel::Route configuration_copy;  // GET /verificationconf
    channel::Route clients;             // GET /listClients
};
/// Rule: message-transport §2.1, routing by path.
boost::asio::awaitable<void> route_inside(channel::Exchange& exchange, const InsideRoutes& routes);

/// `health_of` as JSON: 200 when messages can flow, otherwise 503. Only GET and HEAD. Looks on the disk pool.
boost::asio::awaitable<void> answer_health(channel::Exchange& exchange, const Administered& server);

/// Port 5500: opens as soon as there is a certificate to show, and shows another one when it changes. Safe from any
/// thread.
class PeerDoor {
public:
    using Tls = std::function<Result<std::shared_ptr<channel::TlsContext>>()>;
    PeerDoor(channel::Threads& threads, channel::ListenerSettings settings, channel::Route route, Tls tls);

    /// Builds the TLS configuration anew and shows it from now on; opens the port the first time that works.
    /// Faults: `ssl_authentication_failed` while there is no usable certificate, `network_error` when it cannot be
    /// bound.
    Result<void> renew();
    std::uint16_t port() const;  // 0 while closed
    void stop_accepting();
    std::size_t in_flight() const;
    std::size_t connections() const;

private:
    channel::Threads& threads_;
    channel::ListenerSettings settings_;
    channel::Route route_;
    Tls tls_;
    mutable std::mutex lock_;
    std::unique_ptr<channel::Listener> listener_;
    bool stopping_ = false;
};

}  // namespace onceway::admin
