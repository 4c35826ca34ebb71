// Why something was refused: a code that programs act on, and words that people read.
#pragma once

#include "schemas/base/fault_table.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace onceway {

/// A refusal. What the outside world can cause is a Fault; what only a bug or a broken disk can cause is an exception.
struct Fault {
    FaultCode code = FaultCode::internal_error;  // what programs act on; never changes meaning
    std::string detail;                          // what people read: what was being done, what was found, what to do
    std::string phase;  // phases outside the code, outermost first, each ending in '.': "service_failed."

    /// The same fault seen from inside `outer`, for example "signature_verification". A prefix that already stands
    /// in front is not repeated. Rule: message-transport §3.12.3.
    Fault within(std::string_view outer) const;

    /// The code as it travels, without the `server.…proxy.` prefix: phase and code, in the spelling of 7.8.
    std::string wire_code() const;
};

inline Fault fault(FaultCode code, std::string detail) { return Fault{code, std::move(detail), {}}; }

/// The spelling of 7.8 ("access_denied").
std::string_view spelling(FaultCode code);
/// The spelling of 7.7 and older ("AccessDenied").
std::string_view older_spelling(FaultCode code);
/// What an operator does about it; one sentence.
std::string_view advice(FaultCode code);

/// A fault as it crosses the wire between servers or to an information system: complete code, text and detail.
/// What came from a peer is relayed with these four strings untouched. Rule: message-transport §3.12.
struct WireFault {
    std::string code;    // "server.serverproxy.access_denied", or whatever a peer of another release wrote
    std::string text;    // free text for people
    std::string actor;   // empty for faults made here
    std::string detail;  // a random UUID for faults made here
};

}  // namespace onceway
