// The HTTP head of a message between servers.
#pragma once

#include "schemas/base/result.hpp"
#include "schemas/message/http_head.hpp"

#include <optional>
#include <string>

namespace onceway::provider {

/// What the head says about the message in the body.
struct Envelope {
    bool rest = false;                         // x-road-message-type is REST; anything else is SOAP
    std::string request_id;                    // x-road-request-id; empty when absent
    std::string peer_version;                  // x-proxy-version, as the other server wrote it
    std::string soap_action;                   // x-original-soapaction; SOAP only
    std::optional<std::string> original_type;  // x-original-content-type; SOAP only
    std::string boundary;
};

/// Reads the head; `least_version` is of the other server's software, and may be absent. Faults, in this order:
/// `client_proxy_version_not_supported` or `internal_error` (x-proxy-version); `invalid_soap_action` (SOAP);
/// `internal_error` (x-hash-algorithm absent or not SHA-512), `service_failed.invalid_content_type`.
/// Rule: message-transport §3.4, §3.11.1 steps 3 to 5.
Result<Envelope> read_envelope(const message::RequestHead& head, const std::optional<std::string>& least_version = {});

/// Faults when the head lacks what answering needs: `internal_error`, without x-road-request-id for REST, without
/// x-original-content-type for SOAP. Rule: message-transport §3.4; §8, traps 21 and 22.
Result<void> check_complete(const Envelope& envelope);

}  // namespace onceway::provider
