// The library's connection objects: made for a peer, and asked afterwards whom they met.
#include "certs/channel/tls_parts.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace onceway::channel {

OwnedTlsConnection new_connection(TlsPeer& peer, bool calling, const std::string& server_name) {
    auto& parts = peer.context->parts();
    keys::forget_errors();
    OwnedTlsConnection connection(SSL_new(parts.context.get()));
    if (!connection) throw std::bad_alloc();
    SSL_set_app_data(connection.get(), &peer);
    if (!calling) {
        SSL_set_accept_state(connection.get());
        return connection;
    }

    SSL_set_connect_state(connection.get());
    if (!server_name.empty()) SSL_set_tlsext_host_name(connection.get(), server_name.c_str());
    if (parts.resumes && !peer.name.empty()) {
        auto kept = parts.sessions.find(peer.name);
        if (kept.session && SSL_set_session(connection.get(), kept.session.get()) == 1)
            peer.presented = std::move(kept.presented);  // replaced by the judge when the peer does not resume
    }
    return connection;
}

Result<void> collect_presented(SSL* connection, TlsPeer& peer) {
    if (SSL_session_reused(connection) == 1) {
        if (!peer.presented.empty()) return {};
        return fault(FaultCode::ssl_authentication_failed, "A session was resumed whose certificates are not known.");
    }
    const keys::OwnedX509 leaf(SSL_get1_peer_certificate(connection));
    if (!leaf) {
        peer.presented.clear();
        return {};
    }
    if (!peer.presented.empty()) return {};  // our judge has read them

    auto& known = peer.context->parts().known;
    auto read = known.read(leaf.get());
    if (!read) return read.error();
    peer.presented.push_back(std::move(*read));
    auto* chain = SSL_get_peer_cert_chain(connection);
    for (int i = SSL_is_server(connection) ? 0 : 1; i < sk_X509_num(chain); ++i) {
        auto next = known.read(sk_X509_value(chain, i));
        if (!next) return next.error();
        peer.presented.push_back(std::move(*next));
    }
    return {};
}

}  // namespace onceway::channel
