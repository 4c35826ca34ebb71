// What other servers prove with: OCSP answers for a peer's TLS chain, remembered while fresh, else asked at its port
// 5577.
#pragma once

#include "security-server/admin/own_ocsp.hpp"
#include "security-server/house.hpp"

#include <memory>

namespace onceway::admin {

/// Safe from any thread.
class AskedPeerOcsp : public PeerOcsp {
public:
    AskedPeerOcsp(std::uint16_t port, const Clock& clock, Fetch fetch = channel::fetch);
    ~AskedPeerOcsp() override;

    /// Asks once for exactly those that are not remembered, with `cert` and `cert_hash` each in the order of the chain.
    /// An answer that is not authentic is handed on all the same, for the judge to refuse, but never remembered.
    /// Faults: `ssl_authentication_failed` with the phase that the wire gives it. Rule: message-transport §3.3.
    Async<std::vector<Octets>> answers(std::string host, std::vector<x509::Certificate> chain,
                                       std::shared_ptr<const registry_view::Snapshot> snapshot) override;
    std::uint64_t revision() const override;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// The request target for `certificates`: all `cert` first, then all `cert_hash`.
std::string ocsp_target(const std::vector<x509::Certificate>& certificates);
/// The OCSP responses of a multipart answer, in order; parts of other types are left out.
/// Faults: `mime_parsing_failed`, `invalid_content_type`, `too_large`.
Result<std::vector<Octets>> read_ocsp_parts(std::string_view content_type, OctetsView body);

}  // namespace onceway::admin
