// Says no to another security server, in the form that it reads.
#pragma once

#include "certs/channel/server.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/bytes.hpp"

namespace onceway::provider {

/// Before the answer's multipart was begun: the rest of the request is read away within the connection's deadlines,
/// then `document`, a SOAP fault, goes out as it is with status 200. Rule: message-transport §3.12.2; §8, traps 2
/// and 20.
Async<void> refuse_early(channel::Exchange& exchange, OctetsView document);

/// After the point where a genuine server has begun its multipart: the fault is its only part. `more`: further fields
/// of the answer's head.
Async<void> refuse_late(channel::Exchange& exchange, OctetsView document, const message::Fields& more);

}  // namespace onceway::provider
