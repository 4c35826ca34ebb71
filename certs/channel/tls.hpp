// TLS as each of our doors speaks it. The library's checks stay where host names and roots decide; on port 5500 our own
// judge takes their place. Rule: threats §5.2; message-transport §3.1; rulings of architecture.md.
#pragma once

#include "certs/keys/private_key.hpp"
#include "certs/x509/certificate.hpp"
#include "schemas/base/result.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace onceway::channel {

/// Who we are on a connection: leaf first, then intermediates, never the top CA.
struct TlsIdentity {
    std::vector<x509::Certificate> chain;
    std::shared_ptr<const keys::PrivateKey> key;
};

/// A TLS configuration, built once and shared by connections; replaced whole when certificates change.
class TlsContext {
public:
    /// Port 5500, listening: TLS 1.2 with the genuine and the ECDHE AEAD suites, and 1.3; a client certificate is
    /// required; in the handshake its leaf must satisfy `registered`, and keys and algorithms must be within policy.
    /// `authorities` are named in the CertificateRequest. Tickets: 600 s, keys renewed hourly.
    static Result<std::shared_ptr<TlsContext>> peer_server(const TlsIdentity& own,
                                                           std::function<bool(const x509::Certificate&)> registered,
                                                           const std::vector<x509::Certificate>& authorities);
    /// Port 5500, calling: same versions and suites; our certificate is always sent; the peer's is judged by the
    /// caller.
    static Result<std::shared_ptr<TlsContext>> peer_client(const TlsIdentity& own);

    /// For information systems, registry and administration: our certificate; any client certificate is accepted at
    /// this level and handed to the route.
    static Result<std::shared_ptr<TlsContext>> server(const TlsIdentity& own, bool ask_for_client_certificate);
    /// To an information system: with `pinned` not empty the leaf must equal one of them; otherwise any passes.
    static Result<std::shared_ptr<TlsContext>> service_client(const std::vector<x509::Certificate>& pinned,
                                                              const TlsIdentity* own);
    /// To a host that its name and a chain to `roots` identify.
    static Result<std::shared_ptr<TlsContext>> verified_client(const std::vector<x509::Certificate>& roots,
                                                               std::string host);
    ~TlsContext();

    /// Forgets all session tickets handed out so far: a configuration withdrew a certificate.
    void renew_tickets();

    struct Parts;
    Parts& parts() { return *parts_; }

private:
    explicit TlsContext(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

/// Refuses to start on an OpenSSL older than 3.0.22 unless allowed. Faults: `internal_error`. Rule: threats §5.2.
Result<void> check_openssl(bool allow_outdated);
/// "OpenSSL 3.0.22 25 Aug 2026": the library that is in use.
std::string openssl_name();
/// True for 3.0.22 and later, as `OpenSSL_version_num` numbers them (0xMNN00PP0).
bool openssl_is_recent(unsigned long version_number);

}  // namespace onceway::channel
