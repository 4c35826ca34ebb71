#include "security-server/admin/peer_call.hpp"

#include "certs/channel/client.hpp"
#include "security-server/admin/waited.hpp"

namespace onceway::admin {
namespace {

constexpr std::chrono::seconds patience{2};  // for the connection, and again for the handshake

Async<std::vector<x509::Certificate>> call_and_hang_up(channel::ConnectTo to) {
    auto connection = co_await channel::Connection::open(std::move(to));
    if (!connection) co_return connection.error();
    auto shown = (*connection)->peer_certificates();
    (*connection)->close();
    co_return shown;
}

}  // namespace

Result<std::vector<x509::Certificate>> certificates_shown(const PeerCall& call) {
    auto tls = channel::TlsContext::peer_client(call.own);
    if (!tls) return tls.error();
    channel::ConnectTo to{.host = call.address, .port = call.port, .tls = std::move(*tls)};
    to.connect_timeout = to.handshake_timeout = patience;
    to.from = call.from;
    return waited(call_and_hang_up(std::move(to)));
}

}  // namespace onceway::admin
