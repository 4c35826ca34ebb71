// What stands behind a TlsContext, for transport.cpp: contexts, tickets, sessions and known certificates.
#pragma once

#include "certs/channel/tls.hpp"

#include <chrono>
#include <map>
#include <mutex>
#include <string>

struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;
struct x509_st;

namespace onceway::channel {

struct FreesTlsContext {
    void operator()(ssl_ctx_st*) const;
};
struct FreesTlsSession {
    void operator()(ssl_session_st*) const;
};
struct FreesTlsConnection {
    void operator()(ssl_st*) const;
};
using TlsSession = std::unique_ptr<ssl_session_st, FreesTlsSession>;
using TlsConnection = std::unique_ptr<ssl_st, FreesTlsConnection>;

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
        TlsSession session;
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
    std::unique_ptr<ssl_ctx_st, FreesTlsContext> context;
    std::function<bool(const x509::Certificate&)> registered;  // the leaf, in the handshake; none: any leaf
    bool judges_keys = false;  // keys and signature algorithms of every certificate presented
    bool asks_for_registration = false;
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
TlsConnection new_connection(TlsPeer& peer, bool calling, const std::string& server_name);
/// After the handshake: `peer.presented` is filled however the connection came about. Faults: the chain is unreadable.
Result<void> collect_presented(ssl_st* connection, TlsPeer& peer);
/// All that the library has to say about the step that failed, emptying its queue.
std::string library_reason();

}  // namespace onceway::channel
