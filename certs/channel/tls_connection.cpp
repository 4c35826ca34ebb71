// The library's connection objects: made for a peer, and asked afterwards whom they met.
#include "certs/channel/tls_parts.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace onceway::channel {

void FreesTlsContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void FreesTlsSession::operator()(ssl_session_st* session) const { SSL_SESSION_free(session); }
void FreesTlsConnection::operator()(ssl_st* connection) const { SSL_free(connection); }

TlsConnection new_connection(TlsPeer& peer, bool calling, const std::string& server_name) {
    auto& parts = peer.context->parts();
    ERR_clear_error();
    TlsConnection connection(SSL_new(parts.context.get()));
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
    std::unique_ptr<X509, decltype(&X509_free)> leaf(SSL_get1_peer_certificate(connection), X509_free);
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

std::string library_reason() {
    std::string reasons;
    while (const auto error = ERR_get_error()) {
        const char* reason = ERR_reason_error_string(error);
        if (!reasons.empty()) reasons += "; ";
        reasons += reason ? std::string(reason) : fmt::format("library error {:x}", error);
    }
    return reasons.empty() ? "no further reason" : reasons;
}

}  // namespace onceway::channel
