#include "security-server/admin/state_rules.hpp"

#include "schemas/base/bytes.hpp"
#include "security-server/admin/declared_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace onceway::admin {
namespace {

using access::Client, access::Service, access::ServiceType;

/// What every server answers itself. Rule: server-services §1.1.
constexpr std::array<std::string_view, 8> reserved_codes{"listClients",
                                                         "listMethods",
                                                         "allowedMethods",
                                                         "getWsdl",
                                                         "getOpenAPI",
                                                         "getSecurityServerMetrics",
                                                         "getSecurityServerOperationalData",
                                                         "getSecurityServerHealthData"};

Fault wrong(const Client& client, std::string why) {
    return fault(FaultCode::malformed_server_conf, fmt::format("client {}: {}", client.id.url(), why));
}

std::string small(std::string_view text) {
    std::string letters(text);
    for (auto& c : letters)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return letters;
}

std::string where(const Service& service) {
    return service.description.empty() ? "declared by hand" : "of " + service.description;
}

/// Callers name a SOAP service by code and version, a REST service by its code alone, and rights by the code.
Result<void> check_names(const Client& client) {
    std::map<std::string, const Service*> full, codes;
    for (const auto& service : client.services) {
        if (std::ranges::find(reserved_codes, service.code) != reserved_codes.end())
            return wrong(
                client, fmt::format("the service code '{}' is reserved: every server answers it itself", service.code));
        const auto name = full_code(service.code, service.version);
        const auto [same, is_new] = full.emplace(small(name), &service);
        if (!is_new)
            return wrong(client, fmt::format("the service {} ({}) has the name of another ({})", name, where(service),
                                             where(*same->second)));
        const auto [other, is_first] = codes.emplace(small(service.code), &service);
        const bool soap = service.type == ServiceType::wsdl && other->second->type == ServiceType::wsdl;
        if (!is_first && !soap)
            return wrong(client, fmt::format("the service code {} ({}) is that of another ({}): only SOAP services "
                                             "have versions",
                                             service.code, where(service), where(*other->second)));
    }
    return {};
}

Result<void> check_descriptions(const Client& client) {
    std::set<std::string> known;
    for (const auto& description : client.descriptions)
        if (!known.insert(small(description.url)).second)
            return wrong(client, fmt::format("the description {} is there already", description.url));
    return {};
}

Result<void> check_rights(const Client& client) {
    std::map<std::string_view, const Service*> codes;
    for (const auto& service : client.services) codes.emplace(service.code, &service);
    for (const auto& right : client.rights) {
        const auto found = codes.find(right.service_code);
        if (found == codes.end())
            return wrong(client, fmt::format("the right of {} names '{}', which is no service of this client",
                                             subject_text(right.subject), right.service_code));
        const bool whole = right.method == "*" && right.path == "**";
        if (found->second->type == ServiceType::wsdl && !whole)
            return wrong(client, fmt::format("the right of {} names a method or path of '{}', which is a SOAP service: "
                                             "a right opens the whole of it",
                                             subject_text(right.subject), right.service_code));
        const auto& subject = right.subject;
        if (subject.kind == access::Subject::Kind::local_group &&
            std::ranges::count(client.groups, subject.group, &access::LocalGroup::code) == 0)
            return wrong(client, fmt::format("a right names the group '{}', which there is not", subject.group));
    }
    return {};
}

}  // namespace

Result<void> check_state(const access::State& state, const identity::ServerId& server) {
    const Client* guest = nullptr;  // the one member beside the owner
    for (const auto& client : state.clients) {
        if (!client.id.subsystem && client.id.member() != server.owner) {
            if (guest)
                return wrong(client, fmt::format("beside the owner only one member can be a client itself, and {} is "
                                                 "one; declare a subsystem",
                                                 guest->id.url()));
            guest = &client;
        }
        if (auto names = check_names(client); !names) return names.error();
        if (auto descriptions = check_descriptions(client); !descriptions) return descriptions.error();
        if (auto rights = check_rights(client); !rights) return rights.error();
    }
    return {};
}

}  // namespace onceway::admin
