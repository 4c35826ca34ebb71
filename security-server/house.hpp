// The parts of a security server that its two sides need, as the server hands them out. `main` owns what stands behind.
#pragma once

#include "certs/channel/address_policy.hpp"
#include "certs/channel/threads.hpp"
#include "certs/channel/tls.hpp"
#include "certs/signature/sealer.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/time.hpp"
#include "security-server/access/state.hpp"
#include "security-server/records/message_log.hpp"
#include "security-server/registry-view/view.hpp"
#include "security-server/transport/places.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace onceway {

/// The server's own keys and what proves them, as they stand now.
class KeyRing {
public:
    virtual ~KeyRing() = default;
    /// The signing key of a member with its certificates and fresh OCSP answers; the same object as long as nothing
    /// about it changed. Faults: `cannot_create_signature`.
    virtual Result<std::shared_ptr<const signature::SigningKey>> signing_key(
        const identity::MemberId& member) const = 0;
    /// The authentication certificate and its intermediates, without the top CA. Faults: `ssl_authentication_failed`.
    virtual Result<channel::TlsIdentity> authentication() const = 0;
    /// One fresh OCSP answer for each certificate of that chain, in order; the same object as long as nothing about it
    /// changed. Faults: `cannot_create_signature`.
    virtual Result<std::shared_ptr<const std::vector<Octets>>> authentication_ocsp() const = 0;
    /// The answer for one of our certificates, or for an approved CA certificate, by SHA-1; for port 5577.
    virtual Async<Octets> ocsp_by_sha1(Octets sha1) = 0;
};

/// Answers for a peer's TLS chain: remembered until they are no longer fresh, otherwise asked at its port 5577.
class PeerOcsp {
public:
    virtual ~PeerOcsp() = default;
    /// One answer for each certificate of `chain`, in order. Faults: `ssl_authentication_failed…`.
    /// Rule: message-transport §3.3.
    virtual Async<std::vector<Octets>> answers(std::string host, std::vector<x509::Certificate> chain,
                                               std::shared_ptr<const registry_view::Snapshot> snapshot) = 0;
    /// Another number whenever an answer that is remembered has changed.
    virtual std::uint64_t revision() const = 0;
};

struct PeerPorts {
    std::uint16_t messages = 5500, ocsp = 5577;
};

/// What consumer and provider are built from. References outlive both.
struct House {
    identity::ServerId server;
    const Clock& clock;
    channel::Threads& threads;
    registry_view::View& view;
    KeyRing& keys;
    PeerOcsp& peer_ocsp;
    signature::Sealer& sealer;
    records::MessageLog& log;
    std::function<std::shared_ptr<const access::State>()> state;  // the revision in force
    std::filesystem::path spool;                                  // for payloads on disk
    PeerPorts ports;
    std::string local_address;       // source address of calls to peers; empty: any
    bool pooled_connections = true;  // keep connections to and from peers open
    /// The server's certificate towards information systems, as it stands now: shown to services that ask for one, and
    /// accepted from callers. May be empty, and may give null.
    std::function<std::shared_ptr<const channel::TlsIdentity>()> internal_tls{};
    bool enforce_certificate_dates = false;  // of callers' certificates; otherwise what has expired is only told
    transport::WorkLimits limits{};
    std::shared_ptr<transport::BodyMemory> body_memory{};  // of both sides; null: not counted
    bool refuse_repetitions = false;                       // of a signed request; otherwise a second one is only told
    std::shared_ptr<const channel::AddressPolicy> service_addresses = channel::AddressPolicy::usual();  // of services
    std::optional<std::string> min_client_version{};  // of other servers' software; absent: any
};

}  // namespace onceway
