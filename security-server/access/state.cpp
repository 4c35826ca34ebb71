#include "security-server/access/state.hpp"

#include <algorithm>

namespace onceway::access {

const Description* Client::description(std::string_view url) const {
    const auto found = std::ranges::find(descriptions, url, &Description::url);
    return found == descriptions.end() ? nullptr : &*found;
}

const Service* Client::service(std::string_view code) const {
    const auto found = std::ranges::find(services, code, &Service::code);
    return found == services.end() ? nullptr : &*found;
}

const Service* Client::service(std::string_view code, const std::optional<std::string>& version) const {
    const auto found = std::ranges::find_if(
        services, [&](const Service& service) { return service.code == code && service.version == version; });
    return found == services.end() ? nullptr : &*found;
}

const Client* State::client(const identity::ClientId& id) const {
    const auto found = std::ranges::find(clients, id, &Client::id);
    return found == clients.end() ? nullptr : &*found;
}

}  // namespace onceway::access
