#include "security-server/access/registration.hpp"

#include <algorithm>

namespace onceway::access {

bool registered(const identity::ClientId& client, const identity::ServerId& server, const x509::Trust& trust) {
    const auto* listed = trust.server(server);
    if (!listed) return false;
    const auto serving = trust.servers_of(client);
    return std::ranges::find(serving, listed) != serving.end();
}

Result<const Client*> registered_client(const State& state, const identity::ClientId& client,
                                        const identity::ServerId& server, const x509::Trust& trust) {
    const auto* declared = state.client(client);
    if (!declared)
        return fault(FaultCode::unknown_member, client.text() +
                                                    " is not registered at this security server: it is not "
                                                    "declared there.");
    if (!registered(client, server, trust))
        return fault(FaultCode::unknown_member,
                     client.text() + " is declared, but the global configuration does not list it as a client of " +
                         server.text() + ".");
    return declared;
}

}  // namespace onceway::access
