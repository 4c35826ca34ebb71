// What a new revision of the declared state changes, told in lines that a person can approve.
#include "security-server/admin/declared_state.hpp"

#include <fmt/format.h>

#include <map>

namespace onceway::admin {
namespace {

/// Everything a state says, one entry a thing; the order of the file plays no part.
using Facts = std::map<std::string, std::string>;

std::string connection_text(const access::Client& client) {
    switch (client.connection) {
        case access::ConnectionType::http:
            return "connects with http";
        case access::ConnectionType::https:
            return "connects with https and its own certificate";
        case access::ConnectionType::https_no_authentication:
            return "connects with https";
    }
    return {};
}

std::string disabled_text(const std::optional<std::string>& notice) {
    return notice ? fmt::format(", disabled: \"{}\"", *notice) : std::string();
}

std::string service_text(const access::Service& service, bool described) {
    auto text = fmt::format("{} {}, {} ms{}", type_word(service.type), service.url.empty() ? "nowhere" : service.url,
                            service.timeout.count(), service.verify_certificate ? "" : ", certificate not verified");
    if (!service.description.empty()) text += fmt::format(", described by {}", service.description);
    if (!service.title.empty()) text += fmt::format(", \"{}\"", service.title);
    return described ? text : text + disabled_text(service.disabled);
}

/// The digest is what an operator approves: the services below are those of exactly this document.
std::string description_text(const access::Description& description) {
    return fmt::format("{}, document {}{}", type_word(description.type), description.sha256,
                       disabled_text(description.disabled));
}

void add_service(const access::Client& client, const access::Service& service, const std::string& name, Facts& facts) {
    const auto its = fmt::format("{}, service {}", name, full_code(service.code, service.version));
    facts[its] = service_text(service, client.description(service.description) != nullptr);
    for (const auto& endpoint : service.endpoints)
        facts[fmt::format("{}, endpoint {} {}", its, endpoint.method, endpoint.path)] =
            endpoint.generated ? "generated" : "by hand";
}

void add_client(const access::Client& client, Facts& facts) {
    const auto name = "client " + client.id.url();
    facts[name] = connection_text(client);
    for (const auto& certificate : client.certificates)
        facts[fmt::format("{}, certificate {}", name, to_hex(certificate.sha256()).substr(0, 16))] =
            certificate.subject();
    for (const auto& description : client.descriptions)
        facts[fmt::format("{}, description {}", name, description.url)] = description_text(description);
    for (const auto& service : client.services) add_service(client, service, name, facts);
    for (const auto& group : client.groups) {
        facts[fmt::format("{}, group {}", name, group.code)] = group.description;
        for (const auto& member : group.members)
            facts[fmt::format("{}, group {}, member {}", name, group.code, member.url())] = "belongs";
    }
    for (const auto& right : client.rights)
        facts[fmt::format("{}, right of {} to {} {} {}", name, subject_text(right.subject), right.service_code,
                          right.method, right.path)] = "granted";
}

Facts facts_of(const access::State& state) {
    Facts facts;
    for (const auto& client : state.clients) add_client(client, facts);
    return facts;
}

}  // namespace

std::string Change::text() const {
    switch (kind) {
        case Kind::added:
            return fmt::format("+ {}: {}", what, after);
        case Kind::removed:
            return fmt::format("- {}: {}", what, before);
        case Kind::changed:
            return fmt::format("~ {}: {} -> {}", what, before, after);
    }
    return {};
}

std::vector<Change> difference(const access::State& now, const access::State& next) {
    const auto before = facts_of(now), after = facts_of(next);
    std::vector<Change> changes;
    for (const auto& [what, value] : before)
        if (!after.contains(what)) changes.push_back({Change::Kind::removed, what, value, {}});
    for (const auto& [what, value] : after) {
        const auto found = before.find(what);
        if (found == before.end())
            changes.push_back({Change::Kind::added, what, {}, value});
        else if (found->second != value)
            changes.push_back({Change::Kind::changed, what, found->second, value});
    }
    return changes;
}

}  // namespace onceway::admin
