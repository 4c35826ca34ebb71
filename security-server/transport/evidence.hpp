// What the message log is told about a message.
#pragma once

#include "schemas/message/facts.hpp"
#include "schemas/message/http_head.hpp"
#include "security-server/records/message_log.hpp"
#include "security-server/transport/message.hpp"

#include <string>
#include <string_view>

namespace onceway::transport {

/// The record of `message`, which belongs to the exchange that a request with these facts began. `request_id` is what
/// names the exchange on both sides; `outcome` is "accepted" or the code of the refusal.
records::Record record_of(records::Side side, records::Direction direction, const message::Facts& facts,
                          std::string_view request_id, const Message& message, Instant at,
                          std::string_view outcome = "accepted");

/// Faults when a field could not be written into an HTTP head as it is: a name that is no token, a value with a control
/// character other than a tab. A member's server may put anything into a part. Faults: `internal_error`.
Result<void> check_fields(const message::Fields& fields);

}  // namespace onceway::transport
