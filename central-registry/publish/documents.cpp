#include "central-registry/publish/documents.hpp"

#include "certs/channel/url.hpp"
#include "certs/keys/digest.hpp"

#include <fmt/format.h>

#include <set>

namespace onceway::central {
namespace {

constexpr int registration_port = 4001;

/// Every owner of a server, members only. Rule: global-configuration §1, "Global group".
registry::GlobalGroup owners(const State& state) {
    std::set<identity::ClientId> owners;
    for (const auto& server : state.servers) owners.insert(identity::ClientId::of(server.id.owner));
    return {std::string(owners_group), "Security server owners", {owners.begin(), owners.end()}};
}

registry::SecurityServer published(const Server& server) {
    registry::SecurityServer published{server.id, server.address, {}, server.clients, server.maintenance};
    for (const auto& certificate : server.certificates)
        published.auth_certificate_hashes.push_back(keys::sha256(certificate));
    return published;
}

}  // namespace

std::string host_of(const std::string& address) {
    const auto url = channel::Url::parse(fmt::format("http://{}/", address));
    return url ? url->host : address;
}

registry::SharedParameters shared_parameters(const State& state, const OwnCertificates& own) {
    registry::SharedParameters shared;
    shared.instance = state.instance;
    shared.sources = {{state.publication.address, own.internal, own.external}};
    shared.approved_cas = state.certification_services;
    shared.approved_tsas = state.time_stamping_services;
    shared.members = state.members;
    for (auto& member : shared.members) member.class_description = state.member_classes.at(member.id.member_class);
    for (const auto& server : state.servers) shared.servers.push_back(published(server));
    shared.groups = {owners(state)};
    shared.groups.insert(shared.groups.end(), state.groups.begin(), state.groups.end());
    shared.member_classes = state.member_classes;
    shared.ocsp_freshness_seconds = state.ocsp_freshness_seconds;
    return shared;
}

Result<registry::PrivateParameters> private_parameters(const State& state, const OwnCertificates& own) {
    const auto& management = state.management;
    if (!management.provider)
        return fault(
            FaultCode::invalid_argument,
            "Publishing the configuration: no management provider is set. Name the subsystem that will offer the "
            "management services in the state file, [management] provider = \"class/member/subsystem\", and apply it.");
    registry::PrivateParameters parameters;
    parameters.instance = state.instance;
    const auto host = host_of(state.publication.address);
    const auto shown = host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
    parameters.management_url = management.url.empty()
                                    ? fmt::format("https://{}:{}/managementservice/", shown, registration_port)
                                    : management.url;
    parameters.management_certificate = management.certificate ? *management.certificate : own.tls;
    parameters.management_provider = management.provider;
    parameters.time_stamping_interval_seconds = state.time_stamping_interval_seconds;
    return parameters;
}

}  // namespace onceway::central
