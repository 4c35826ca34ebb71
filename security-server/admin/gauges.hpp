// What a running server can count: its doors and queues, as its parts say at the moment of asking.
#pragma once

#include "certs/x509/certificate.hpp"
#include "schemas/base/time.hpp"
#include "security-server/admin/clock_watch.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace onceway::admin {

/// A port that is open.
struct DoorGauge {
    std::string name, address;
    std::uint16_t port = 0;
    std::size_t connections = 0, exchanges = 0;
};

/// How much is taken on, against how much may be: see "Overload" in docs/operators.
struct WorkGauge {
    std::size_t asking = 0, answering = 0;  // exchanges of our clients; of others with us
    std::size_t most = 0;                   // of each
    std::uint64_t refused = 0;              // since the start, because of these limits
    std::uint64_t body_octets = 0, body_octets_most = 0;
};

/// Each function is safe from any thread and waits for nothing.
struct Gauges {
    Instant since{};  // the start
    std::function<std::vector<DoorGauge>()> doors;
    std::function<std::size_t()> signatures_waiting;
    std::function<WorkGauge()> work;
    std::function<std::optional<x509::Certificate>()> internal_certificate;  // shown to information systems
    std::function<std::vector<ClockOffset>()> clocks;
};

}  // namespace onceway::admin
