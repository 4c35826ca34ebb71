// The state that would be in force after a change, and what a person should know before it is: nothing is changed yet.
// What is approved is this very state; no document is read a second time.
#pragma once

#include "security-server/admin/declaration.hpp"
#include "security-server/descriptions/content.hpp"

namespace onceway::admin {

/// What a change starts from.
struct Ground {
    const access::State& now;
    const identity::ServerId& server;
    descriptions::ReadContent read;  // fetches and reads a document
    std::string at;                  // now, RFC 3339
};

struct Proposal {
    access::State next;  // keeps to `check_state`; its revision is 0
    std::vector<descriptions::Warning> warnings;
};

/// What `declaration` makes of the state: exactly what it says; what it does not say of a description or its services
/// stays as it stands. A document is read when its description is new, when it names another digest than the one in
/// force, and with `refresh`. With a digest in the declaration only that document is taken.
/// Faults: `malformed_server_conf`, and those of reading a document.
Result<Proposal> propose(const Declaration& declaration, const Ground& ground, bool refresh);

/// The content of the document, if it is the one that `approved` (hex, or empty: any) names. Faults: `invalid_request`
/// for another document, and those of reading.
Result<descriptions::Content> approved_content(const descriptions::Wanted& wanted, const std::string& approved,
                                               const Ground& ground);

}  // namespace onceway::admin
