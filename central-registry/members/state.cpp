#include "central-registry/members/state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace onceway::central {

void put_in_order(State& state) {
    const auto by = [](auto key) { return [key](const auto& a, const auto& b) { return key(a) < key(b); }; };
    std::ranges::sort(state.members, by([](const registry::Member& member) { return member.id; }));
    for (auto& member : state.members)
        std::ranges::sort(member.subsystems, by([](const registry::Subsystem& subsystem) { return subsystem.code; }));
    std::ranges::sort(state.servers, by([](const Server& server) { return server.id; }));
    for (auto& server : state.servers) {
        std::ranges::sort(server.certificates);
        std::ranges::sort(server.clients);
    }
    std::ranges::sort(state.certification_services, by([](const registry::ApprovedCa& ca) { return ca.name; }));
    std::ranges::sort(state.time_stamping_services,
                      by([](const registry::ApprovedTsa& tsa) { return std::tie(tsa.name, tsa.url); }));
    std::ranges::sort(state.groups, by([](const registry::GlobalGroup& group) { return group.code; }));
    for (auto& group : state.groups) std::ranges::sort(group.members);
}

std::string short_name(const identity::MemberId& member) {
    return fmt::format("{}/{}", member.member_class, member.member_code);
}
std::string short_name(const identity::ClientId& client) {
    const auto member = short_name(client.member());
    return client.subsystem ? fmt::format("{}/{}", member, *client.subsystem) : member;
}
std::string short_name(const identity::ServerId& server) {
    return fmt::format("{}/{}", short_name(server.owner), server.code);
}

}  // namespace onceway::central
