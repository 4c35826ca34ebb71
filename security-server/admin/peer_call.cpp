#include "security-server/admin/peer_call.hpp"

#include "certs/channel/client.hpp"
#include "security-server/admin/waited.hpp"

namespace onceway::admin {
namespace {

constexpr std::chrono::seconds patience{2};  // for the connection, and again for the handshake

}  // namespace

Result<std::vector<x509::Certificate>> certificates_shown(const PeerCall& call) {
    auto tls = channel::TlsContext::peer_client(call.own);
    if (!tls) return tls.error();
    channel::ConnectTo to{.host = call.address, .port = call.port, .tls = std::move(*tls)};
    to.connect_timeout = to.handshake_timeout = patience;
    to.from = call.from;
    auto connection = waited(channel::Connection::open(std::move(to)));
    if (!connection) return connection.error();
    auto shown = (*connection)->peer_certificates();
    (*connection)->close();
    return shown;
}

}  // namespace onceway::admin
