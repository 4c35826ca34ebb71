// A member in good standing with software of its own: whatever it writes is signed with its own key, proved with its
// own OCSP answers, and comes over mutual TLS.
#pragma once

#include "tests/security-server/hostile_doors.hpp"

namespace onceway::tests {

/// The request of a hostile member on port 5500, whole: what it asks for is signed as it stands.
std::string signed_request(World& world, Octets part, std::string_view body = {});

/// The message part that asks for `target`, in the form of an honest consumer's server.
Octets part_for(std::string_view verb, std::string_view target, std::string_view id = "id-1");

/// How that member reaches the provider's door.
Aim as_member(World& world);

}  // namespace onceway::tests
