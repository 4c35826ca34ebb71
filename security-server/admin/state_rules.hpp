// What a state must keep to before it is put in force, wherever it came from.
#pragma once

#include "schemas/base/result.hpp"
#include "security-server/access/state.hpp"

namespace onceway::admin {

/// Faults: `malformed_server_conf`, naming client, service and what is wrong:
/// a reserved code; two services that callers could not tell apart; two descriptions of one address; a right to nothing
/// or to a part of a SOAP service; a second member beside the owner.
/// Rule: server-services §2.2 to §2.4, kept in docs/conformance/server-services.md as 23, 24, 43.
Result<void> check_state(const access::State& state, const identity::ServerId& server);

}  // namespace onceway::admin
