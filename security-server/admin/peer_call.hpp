// A connection to another server's port 5500 as a message would make it, only to see who answers there.
#pragma once

#include "certs/channel/tls.hpp"
#include "schemas/base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace onceway::admin {

struct PeerCall {
    std::string address;
    std::uint16_t port = 5500;
    channel::TlsIdentity own;
    std::string from;  // a numeric address of ours
};

/// Connects, shows our certificate, and gives the certificates that were shown, leaf first; then hangs up. Waits for
/// the network, four seconds at most. Faults: those of channel::Connection::open.
Result<std::vector<x509::Certificate>> certificates_shown(const PeerCall& call);

}  // namespace onceway::admin
