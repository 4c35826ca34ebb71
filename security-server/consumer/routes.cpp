#include "security-server/consumer/routes.hpp"

#include <algorithm>

namespace onceway::consumer {
namespace {

bool contains(const std::vector<std::string>& all, const std::string& one) {
    return std::ranges::find(all, one) != all.end();
}

}  // namespace

Result<std::vector<std::string>> addresses_of(const identity::ClientId& provider,
                                              const std::optional<identity::ServerId>& wanted,
                                              const x509::Trust& trust) {
    auto servers = trust.servers_of(provider);
    std::erase_if(servers, [](const registry::SecurityServer* server) { return server->address.empty(); });
    if (servers.empty())
        return fault(FaultCode::unknown_member,
                     "Looking for " + provider.text() + ": no security server in the global configuration serves it.");
    if (wanted) {
        const auto* target = trust.server(*wanted);
        const auto serves = [&](const registry::SecurityServer* server) {
            return target && server->address == target->address;
        };
        if (std::ranges::none_of(servers, serves))
            return fault(FaultCode::invalid_security_server, wanted->text() + " does not serve " + provider.text() +
                                                                 "; leave X-Road-Security-Server out or name another.");
        std::erase_if(servers, [&](const registry::SecurityServer* server) { return !serves(server); });
    }

    std::vector<std::string> addresses;
    std::string notice;
    for (const auto* server : servers) {
        if (server->maintenance) notice = server->id.text() + " is in maintenance. " + *server->maintenance;
        if (!server->maintenance && !contains(addresses, server->address)) addresses.push_back(server->address);
    }
    if (addresses.empty()) return fault(FaultCode::maintenance_mode, notice);
    return addresses;
}

}  // namespace onceway::consumer
