// What the state says to servers: shared and private parameters.
#pragma once

#include "central-registry/members/state.hpp"
#include "schemas/base/result.hpp"

#include <string>
#include <vector>

namespace onceway::central {

/// The certificates that go into documents, DER, in the order of their creation.
struct OwnCertificates {
    std::vector<Octets> internal, external;
    Octets tls;  // of the HTTPS door
};

registry::SharedParameters shared_parameters(const State& state, const OwnCertificates& own);

/// Faults: `invalid_argument` while no management provider is set. Rule: global-configuration §2.8, checklist item 49.
Result<registry::PrivateParameters> private_parameters(const State& state, const OwnCertificates& own);

/// The host of "host" or "host:port".
std::string host_of(const std::string& address);

}  // namespace onceway::central
