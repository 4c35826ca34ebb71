// What stands behind a TlsContext, for transport.cpp: contexts, tickets, sessions and known certificates.
#pragma once

#include "certs/channel/tls.hpp"
#include "certs/keys/gloves.hpp"

#include <chrono>
#include <map>
#include <mutex>
#include <string>

extern "C" {
struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;
struct x509_st;
void SSL_CTX_free(ssl_ctx_st*);
void SSL_SESSION_free(ssl_session_st*);
void SSL_free(ssl_st*);
}

namespace onceway::channel {

using OwnedTlsContext = std::unique_ptr<ssl_ctx_st, keys::Releases<SSL_CTX_free>>;
using OwnedTlsSession = std::unique_ptr<ssl_session_st, keys::Releases<SSL_SESSION_free>>;
using OwnedTlsConnection = std::unique_ptr<ssl_st, keys::Releases<SSL_free>>;

/// Certificates seen lately, by their SHA-256: none is parsed twice, and a ticket names a chain by its digests.
class CertificateMemory {
public:
    Result<x509::Certificate> read(x509_st* certificate);
    /// The certificates with these raw digests, one after the other; none when any has been forgotten.
    std::vector<x509::Certificate> find(OctetsView digests) const;

private:
    mutable std::mutex mutex_;
    std::map<Octets, x509::Certificate, std::less<>> known_;
};

/// The keys of our session tickets: a new one each hour, the one before it still opens what it sealed.
class TicketKeys {
public:
    struct Key {
        unsigned char name[16], cipher[32], mac[32];
        std::chrono::steady_clock::time_point made;
    };
    TicketKeys();
    ~TicketKeys();
    /// The key to seal with.
    Key current();
    /// Finds the key that sealed a ticket. `renew` is set when the ticket should be replaced.
    bool find(const unsigned char* name, Key& key, bool& renew);
    void forget();

private:
    static Key fresh();
    std::mutex mutex_;
    Key current_, previous_;
    bool has_previous_ = false;
};

/// The last session with each peer we called.
class SessionMemory {
public:
    struct Kept {
        OwnedTlsSession session;
        std::vector<x509::Certificate> presented;
    };
    void keep(const std::string& peer, Kept kept);
    /// A session of our own to offer, and the chain the peer showed when it was made.
    Kept find(const std::string& peer);
    void forget(const std::string& peer);
    void forget_all();

private:
    std::mutex mutex_;
    std::map<std::string, Kept> sessions_;
};

struct TlsContext::Parts {
    OwnedTlsContext context;
    std::function<bool(const x509::Certificate&)> registered;  // the leaf, in the handshake; none: any leaf
    bool judges_keys = false;               // keys and signature algorithms of every certificate presented
    std::vector<x509::Certificate> pinned;  // when not empty, the leaf is one of these
    bool resumes = false;
    CertificateMemory known;
    TicketKeys tickets;
    SessionMemory sessions;
};

/// What one connection knows about its other side; hangs on the library's connection object.
struct TlsPeer {
    std::shared_ptr<TlsContext> context;
    std::string name;  // "host:port" when calling
    std::vector<x509::Certificate> presented;
    std::string refusal;  // why our judge refused the certificate
};

/// A connection object that reads and writes through `wire` (a Wire of transport.cpp). `peer` outlives it.
OwnedTlsConnection new_connection(TlsPeer& peer, bool calling, const std::string& server_name);
/// After the handshake: `peer.presented` is filled however the connection came about. Faults: the chain is unreadable.
Result<void> collect_presented(ssl_st* connection, TlsPeer& peer);

}  // namespace onceway::channel
