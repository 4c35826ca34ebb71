// Tells an OCSP response from anything else by its outermost structure, before anybody judges it.
#pragma once

#include "schemas/base/bytes.hpp"

namespace onceway::transport {

/// True when `octets` begin with the DER of an OCSPResponse: a status and, perhaps, response octets with their type.
/// What is inside, and what follows, is for the judge. Rule: message-transport §4.7, "unreadable responses".
bool is_ocsp_response(OctetsView octets);

}  // namespace onceway::transport
