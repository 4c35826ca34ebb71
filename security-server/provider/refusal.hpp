// Says no to another security server, in the form that it reads.
#pragma once

#include "certs/channel/server.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/fault.hpp"

namespace onceway::provider {

/// Before the answer's multipart was begun: the rest of the request is read away within the connection's deadlines,
/// then the fault goes out as one XML document with status 200. Rule: message-transport §3.12.2; §8, traps 2 and 20.
Async<void> refuse_early(channel::Exchange& exchange, const WireFault& fault);

/// After the point where a genuine server has begun its multipart: the fault is its only part.
Async<void> refuse_late(channel::Exchange& exchange, const WireFault& fault);

}  // namespace onceway::provider
