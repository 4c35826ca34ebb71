#include "central-registry/members/facts.hpp"

#include "certs/keys/digest.hpp"

#include <fmt/format.h>

namespace onceway::central {
namespace {

using Facts = std::map<std::string, std::string>;

/// Enough of a digest to tell certificates apart.
std::string shown(OctetsView der) { return to_hex(keys::sha256(der)).substr(0, 32); }

std::string shown(const std::optional<std::string>& text, std::string_view otherwise) {
    return text ? *text : std::string(otherwise);
}

void add_settings(const State& state, Facts& facts) {
    const auto& [address, https_address, every, valid] = state.publication;
    facts["publication.address"] = address;
    facts["publication.https_address"] = https_address;
    facts["publication.every_seconds"] = std::to_string(every.count());
    facts["publication.valid_seconds"] = std::to_string(valid.count());
    facts["ocsp_freshness_seconds"] = std::to_string(state.ocsp_freshness_seconds);
    facts["time_stamping_interval_seconds"] = std::to_string(state.time_stamping_interval_seconds);
    const auto& management = state.management;
    if (management.provider) facts["management.provider"] = short_name(*management.provider);
    if (!management.url.empty()) facts["management.url"] = management.url;
    if (management.certificate) facts["management.certificate"] = shown(*management.certificate);
}

void add_members(const State& state, Facts& facts) {
    for (const auto& [code, description] : state.member_classes) facts["class " + code] = description;
    for (const auto& member : state.members) {
        const auto name = short_name(member.id);
        facts["member " + name] = member.name;
        for (const auto& subsystem : member.subsystems)
            facts[fmt::format("subsystem {}/{}", name, subsystem.code)] = shown(subsystem.name, "no name of its own");
    }
    for (const auto& group : state.groups) {
        facts["group " + group.code] = group.description;
        for (const auto& member : group.members)
            facts[fmt::format("group {} member {}", group.code, short_name(member))] =
                member.subsystem ? "subsystem" : "member";
    }
}

void add_servers(const State& state, Facts& facts) {
    for (const auto& server : state.servers) {
        const auto name = "server " + short_name(server.id);
        facts[name] = server.address;
        if (server.maintenance) facts[name + " maintenance"] = *server.maintenance;
        for (const auto& certificate : server.certificates)
            facts[fmt::format("{} certificate {}", name, shown(certificate))] = "registered";
        for (const auto& client : server.clients)
            facts[fmt::format("{} client {}", name, short_name(client))] = "registered";
    }
}

void add_ca_certificate(const std::string& name, const registry::CaCertificate& ca, Facts& facts) {
    facts[name + " certificate"] = shown(ca.certificate);
    for (std::size_t i = 0; i < ca.ocsp.size(); ++i) {
        const auto& responder = ca.ocsp[i];
        facts[fmt::format("{} responder {}", name, i + 1)] = fmt::format(
            "{}, certificate {}, cost {}", responder.url,
            responder.certificate ? shown(*responder.certificate) : "none", shown(responder.cost_type, "not said"));
    }
}

void add_services(const State& state, Facts& facts) {
    for (const auto& ca : state.certification_services) {
        const auto name = "certification service " + ca.name;
        facts[name] = fmt::format("{}, {}, requests as {}", ca.profile,
                                  ca.authentication_only ? "authentication only" : "signing and authentication",
                                  shown(ca.default_csr_format, "PEM or DER"));
        add_ca_certificate(name, ca.top, facts);
        for (std::size_t i = 0; i < ca.intermediates.size(); ++i)
            add_ca_certificate(fmt::format("{} intermediate {}", name, i + 1), ca.intermediates[i], facts);
    }
    for (const auto& tsa : state.time_stamping_services)
        facts[fmt::format("time-stamping service {} at {}", tsa.name, tsa.url)] =
            fmt::format("certificate {}, cost {}", shown(tsa.certificate), shown(tsa.cost_type, "not said"));
}

}  // namespace

Facts facts_of(const State& state) {
    Facts facts;
    if (state.instance.empty()) return facts;  // before the first decision
    facts["instance"] = state.instance;
    add_settings(state, facts);
    add_members(state, facts);
    add_servers(state, facts);
    add_services(state, facts);
    return facts;
}

std::vector<Change> difference(const State& before, const State& after) {
    const auto was = facts_of(before), will_be = facts_of(after);
    std::vector<Change> changes;
    for (const auto& [what, said] : was)
        if (!will_be.contains(what)) changes.push_back({Change::Kind::removed, what, said, {}});
    for (const auto& [what, said] : will_be) {
        const auto at = was.find(what);
        if (at == was.end()) {
            changes.push_back({Change::Kind::added, what, {}, said});
        } else if (at->second != said) {
            changes.push_back({Change::Kind::changed, what, at->second, said});
        }
    }
    return changes;
}

std::string line_of(const Change& change) {
    switch (change.kind) {
        case Change::Kind::added:
            return fmt::format("+ {}: {}", change.what, change.after);
        case Change::Kind::removed:
            return fmt::format("- {}: {}", change.what, change.before);
        case Change::Kind::changed:
            break;
    }
    return fmt::format("~ {}: {} -> {}", change.what, change.before, change.after);
}

std::string_view name_of(Change::Kind kind) {
    switch (kind) {
        case Change::Kind::added:
            return "added";
        case Change::Kind::removed:
            return "removed";
        case Change::Kind::changed:
            break;
    }
    return "changed";
}

std::string summary_of(const std::vector<Change>& changes) {
    std::map<std::string_view, int> counts;
    for (const auto& change : changes) ++counts[name_of(change.kind)];
    std::string summary;
    for (const auto& [name, count] : counts)
        summary += fmt::format("{}{} {}", summary.empty() ? "" : ", ", count, name);
    return summary.empty() ? "nothing" : summary;
}

}  // namespace onceway::central
