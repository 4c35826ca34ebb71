// Sessions that are resumed on port 5500: tickets handed out as server, sessions kept as client. A resumed connection
// knows the certificates that were presented when its session began. Rule: rulings of architecture.md.
#include "certs/channel/tls_parts.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <cstring>
#include <stdexcept>

namespace onceway::channel {

namespace {

using namespace std::chrono_literals;

constexpr auto ticket_life = 600s, key_life = 3600s;
constexpr std::size_t certificates_remembered = 1'000, sessions_remembered = 1'000, digest_octets = 32;

TlsPeer& peer_of(SSL* connection) { return *static_cast<TlsPeer*>(SSL_get_app_data(connection)); }
TlsContext::Parts& parts_of(SSL* connection) {
    return *static_cast<TlsContext::Parts*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
}

/// Seals a ticket that goes out, or opens one that comes in: AES-256-CBC and HMAC-SHA-256 with one of our keys.
int use_ticket_key(SSL* connection, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                   int sealing) {
    auto& keys = parts_of(connection).tickets;
    TicketKeys::Key key;
    bool renew = false;
    if (sealing) {
        key = keys.current();
        std::memcpy(name, key.name, sizeof key.name);
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
    } else if (!keys.find(name, key, renew)) {
        return 0;  // not one of ours, or too old: a full handshake follows
    }
    char sha256[] = "SHA256";
    OSSL_PARAM digest[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
                           OSSL_PARAM_construct_end()};
    const bool ready = EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher, iv, sealing) == 1 &&
                       EVP_MAC_init(mac, key.mac, sizeof key.mac, digest) == 1;
    OPENSSL_cleanse(&key, sizeof key);
    if (!ready) return -1;
    return renew ? 2 : 1;
}

/// A ticket carries the digests of the chain that was presented; the certificates themselves stay with us.
int name_chain(SSL* connection, void*) noexcept {
    try {
        auto& peer = peer_of(connection);
        if (peer.presented.empty()) return 0;
        Octets digests;
        for (const auto& certificate : peer.presented) digests += certificate.sha256();
        return SSL_SESSION_set1_ticket_appdata(SSL_get_session(connection), digests.data(), digests.size());
    } catch (...) {
        return 0;
    }
}

/// A ticket is honoured while we still know its chain and its leaf is still registered; otherwise a full handshake
/// shows the certificates again.
int recover_chain(SSL* connection, SSL_SESSION* session, const unsigned char*, std::size_t, SSL_TICKET_STATUS status,
                  void*) noexcept {
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) return SSL_TICKET_RETURN_IGNORE_RENEW;
    try {
        void* digests = nullptr;
        std::size_t size = 0;
        if (SSL_SESSION_get0_ticket_appdata(session, &digests, &size) != 1) return SSL_TICKET_RETURN_IGNORE_RENEW;
        auto& parts = parts_of(connection);
        auto chain = parts.known.find({static_cast<const char*>(digests), size});
        if (chain.empty()) return SSL_TICKET_RETURN_IGNORE_RENEW;
        if (parts.registered && !parts.registered(chain.front())) return SSL_TICKET_RETURN_IGNORE_RENEW;
        peer_of(connection).presented = std::move(chain);
        // A ticket of TLS 1.3 is used once: without a new one the next connection would shake hands in full.
        const bool used_up = SSL_version(connection) >= TLS1_3_VERSION;
        return status == SSL_TICKET_SUCCESS_RENEW || used_up ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_USE;
    } catch (...) {
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    }
}

/// Keeps a session of our own, with the chain that its handshake showed. Returns 1: the session is ours now.
int keep_session(SSL* connection, SSL_SESSION* session) noexcept {
    try {
        auto& peer = peer_of(connection);
        if (peer.name.empty() || peer.presented.empty()) return 0;
        parts_of(connection).sessions.keep(peer.name, {OwnedTlsSession(session), peer.presented});
        return 1;
    } catch (...) {
        return 0;
    }
}

}  // namespace

void offer_tickets(TlsContext::Parts& parts) {
    auto* context = parts.context.get();
    parts.resumes = true;
    SSL_CTX_clear_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_timeout(context, ticket_life.count());
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("onceway"), 7);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, use_ticket_key);
    SSL_CTX_set_session_ticket_cb(context, name_chain, recover_chain, nullptr);
}

void remember_sessions(TlsContext::Parts& parts) {
    auto* context = parts.context.get();
    parts.resumes = true;
    SSL_CTX_clear_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
}

Result<x509::Certificate> CertificateMemory::read(X509* certificate) {
    unsigned char digest[digest_octets];
    unsigned size = 0;
    if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1)
        return fault(FaultCode::incorrect_certificate, "A certificate presented could not be digested.");
    const OctetsView name(reinterpret_cast<const char*>(digest), digest_octets);
    {
        std::lock_guard lock(mutex_);
        if (auto found = known_.find(name); found != known_.end()) return found->second;
    }

    unsigned char* der = nullptr;
    const int length = i2d_X509(certificate, &der);
    if (length <= 0) return fault(FaultCode::incorrect_certificate, "A certificate presented could not be encoded.");
    auto made = x509::Certificate::from_der({reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)});
    OPENSSL_free(der);
    if (!made) return made;

    std::lock_guard lock(mutex_);
    if (known_.size() >= certificates_remembered) known_.clear();  // who is forgotten shows it again
    known_.emplace(Octets(name), *made);
    return made;
}

std::vector<x509::Certificate> CertificateMemory::find(OctetsView digests) const {
    std::vector<x509::Certificate> chain;
    if (digests.size() % digest_octets != 0) return chain;
    std::lock_guard lock(mutex_);
    for (; !digests.empty(); digests.remove_prefix(digest_octets)) {
        auto found = known_.find(digests.substr(0, digest_octets));
        if (found == known_.end()) return {};
        chain.push_back(found->second);
    }
    return chain;
}

TicketKeys::Key TicketKeys::fresh() {
    Key key;
    if (RAND_bytes(key.name, sizeof key.name) != 1 || RAND_priv_bytes(key.cipher, sizeof key.cipher) != 1 ||
        RAND_priv_bytes(key.mac, sizeof key.mac) != 1)
        throw std::runtime_error("the random number generator refused to make a ticket key");
    key.made = std::chrono::steady_clock::now();
    return key;
}

TicketKeys::TicketKeys() : current_(fresh()) {}
TicketKeys::~TicketKeys() {
    OPENSSL_cleanse(&current_, sizeof current_);
    OPENSSL_cleanse(&previous_, sizeof previous_);
}

TicketKeys::Key TicketKeys::current() {
    std::lock_guard lock(mutex_);
    if (std::chrono::steady_clock::now() - current_.made > key_life) {
        previous_ = current_;
        has_previous_ = true;
        current_ = fresh();
    }
    return current_;
}

bool TicketKeys::find(const unsigned char* name, Key& key, bool& renew) {
    std::lock_guard lock(mutex_);
    const auto age = std::chrono::steady_clock::now() - current_.made;
    if (std::memcmp(name, current_.name, sizeof current_.name) == 0) {
        key = current_;
        renew = age > key_life;
        return age <= key_life + ticket_life;
    }
    if (!has_previous_ || age > ticket_life || std::memcmp(name, previous_.name, sizeof previous_.name) != 0)
        return false;
    key = previous_;
    renew = true;
    return true;
}

void TicketKeys::forget() {
    std::lock_guard lock(mutex_);
    current_ = fresh();
    OPENSSL_cleanse(&previous_, sizeof previous_);
    has_previous_ = false;
}

void SessionMemory::keep(const std::string& peer, Kept kept) {
    std::lock_guard lock(mutex_);
    if (sessions_.size() >= sessions_remembered && !sessions_.contains(peer)) sessions_.clear();
    sessions_.insert_or_assign(peer, std::move(kept));
}

SessionMemory::Kept SessionMemory::find(const std::string& peer) {
    std::lock_guard lock(mutex_);
    auto found = sessions_.find(peer);
    if (found == sessions_.end() || SSL_SESSION_is_resumable(found->second.session.get()) != 1) return {};
    SSL_SESSION_up_ref(found->second.session.get());
    return {OwnedTlsSession(found->second.session.get()), found->second.presented};
}

void SessionMemory::forget(const std::string& peer) {
    std::lock_guard lock(mutex_);
    sessions_.erase(peer);
}

void SessionMemory::forget_all() {
    std::lock_guard lock(mutex_);
    sessions_.clear();
}

}  // namespace onceway::channel
