#include "security-server/provider/peer.hpp"

namespace onceway::provider {
namespace {

Octets judgement_key(const identity::ClientId& client, const std::vector<x509::Certificate>& presented,
                     const std::vector<Octets>& ocsp) {
    Octets key = client.url();
    for (const auto& certificate : presented) key += '\n' + certificate.sha256();
    for (const auto& answer : ocsp) key += '\n' + answer;
    return key;
}

// The wire knows one code for all of it; the exact one goes into the text.
Fault as_reported(const Fault& cause) {
    const std::string code = cause.wire_code();
    if (!code.starts_with("ssl_authentication_failed.")) return cause;
    return fault(FaultCode::ssl_authentication_failed, cause.detail + " (" + code + ')');
}

}  // namespace

Result<void> judge_peer(const std::vector<x509::Certificate>& presented, const std::vector<Octets>& ocsp,
                        const identity::ClientId& client, std::shared_ptr<const x509::Trust> trust, Instant at,
                        x509::JudgementMemory* memory) {
    if (presented.empty())
        return fault(FaultCode::ssl_authentication_failed, "The other security server showed no certificate.");
    const Octets key = judgement_key(client, presented, ocsp);
    if (memory && memory->find(key, *trust, at)) return {};
    auto judged = x509::judge_consumer_server(presented, ocsp, client, *trust, at);
    if (!judged) return as_reported(judged.error());
    if (memory) memory->keep(key, std::move(trust), std::move(*judged));
    return {};
}

}  // namespace onceway::provider
