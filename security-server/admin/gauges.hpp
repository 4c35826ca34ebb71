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

/// Each function is safe from any thread and waits for nothing.
struct Gauges {
    Instant since{};  // the start
    std::function<std::vector<DoorGauge>()> doors;
    std::function<std::size_t()> signatures_waiting;
    std::function<std::optional<x509::Certificate>()> internal_certificate;  // shown to information systems
    std::function<std::vector<ClockOffset>()> clocks;
};

}  // namespace onceway::admin
