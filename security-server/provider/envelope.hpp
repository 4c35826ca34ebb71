// The HTTP head of a message between servers.
#pragma once

#include "schemas/base/result.hpp"
#include "schemas/message/http_head.hpp"

#include <string>

namespace onceway::provider {

/// What the head says about the message in the body.
struct Envelope {
    bool rest = false;         // x-road-message-type is REST; anything else is SOAP
    std::string request_id;    // x-road-request-id; empty when absent
    std::string peer_version;  // x-proxy-version, as the other server wrote it
    std::string boundary;
};

/// Faults: `internal_error` (x-hash-algorithm absent or not SHA-512), `service_failed.invalid_content_type`.
/// Rule: message-transport §3.4, §3.11.1 step 5.
Result<Envelope> read_envelope(const message::RequestHead& head);

}  // namespace onceway::provider
