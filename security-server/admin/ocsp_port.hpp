// Port 5577: other servers ask here for the OCSP answers of our certificates.
#pragma once

#include "certs/channel/server.hpp"
#include "security-server/house.hpp"

#include <string_view>
#include <vector>

namespace onceway::admin {

/// The SHA-1 values that a request asks for, in order. Faults: `bad_request` for a target without `cert`, a value that
/// is not 40 lower-case digits, or more than 16 of them. Other parameters, `cert_hash` too, are not read.
Result<std::vector<Octets>> read_ocsp_target(std::string_view target);

/// GET with `cert` is answered with one part each, in request order; HEAD with 200; everything else, and whatever
/// cannot be answered whole, with 500 and a short text. Rule: message-transport §3.3, items 60 to 63.
boost::asio::awaitable<void> answer_ocsp_request(channel::Exchange& exchange, KeyRing& keys);

}  // namespace onceway::admin
