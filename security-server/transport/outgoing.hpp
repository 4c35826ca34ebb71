// Writes a message as the multipart that another server reads. Rule: message-transport §3.6, §3.7.1.
#pragma once

#include "schemas/base/async.hpp"
#include "schemas/base/fault.hpp"
#include "security-server/transport/message.hpp"
#include "security-server/transport/octets.hpp"

#include <string>
#include <string_view>

namespace onceway::transport {

/// `multipart/mixed; charset=UTF-8; boundary=…`
std::string multipart_type(std::string_view boundary);

/// Writes OCSP answers, message, body or attachments, hash chain and signature, and finishes the sink. A message whose
/// body is in memory is one write. Faults: those of the sink and of the payload.
Async<void> write_message(Sink& sink, std::string boundary, const Message& message);

/// The multipart of an answer that consists of a fault alone. Rule: message-transport §3.12.2, late faults.
Octets write_late_fault(std::string boundary, const WireFault& fault);

}  // namespace onceway::transport
