// One exchange as operational monitoring will ask about it: who asked whom for what, when, how much, and how it ended.
#pragma once

#include "schemas/base/fault.hpp"
#include "schemas/base/time.hpp"
#include "schemas/identity/identifiers.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace onceway::transport {

/// Filled in as the exchange goes on; the log line at its end says what is known by then. Decision 10 of
/// architecture.md.
struct Errand {
    enum class Side { client, provider };

    Errand(Side side, const Clock& clock) : side(side), clock(clock), request_in(clock.now()) {}

    Side side;
    const Clock& clock;
    Instant request_in;                               // the first octet of the request was here
    std::optional<Instant> request_out, response_in;  // towards and from the other server, or the information system
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();

    std::string message_id, request_id;  // x-road-id, x-road-request-id
    std::optional<identity::ClientId> client;
    std::optional<identity::ServiceId> service;
    std::string peer;          // address of the other server
    std::string peer_version;  // provider side: what the other server says its release is
    std::string endpoint;      // provider side: method and path of the right that opened the service
    std::uint64_t request_octets = 0, response_octets = 0;  // message part and body
    int status = 0;                                         // what the provider's information system answered
};

/// Writes `message.accepted`: the exchange reached its end.
void log_accepted(const Errand& errand);
/// Writes `message.refused`, with the code and the reason as they were answered, and notes it among the last refusals.
void log_refused(const Errand& errand, const WireFault& fault);

}  // namespace onceway::transport
