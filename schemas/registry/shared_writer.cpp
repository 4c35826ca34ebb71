// Shared parameters, written in version 6. Rule: global-configuration §3.2.
#include "schemas/registry/reading.hpp"
#include "schemas/registry/writing.hpp"

#include <fmt/format.h>

#include <map>
#include <stdexcept>

namespace onceway::registry {
namespace {

/// Ids of one document: id0, id1, … in the order written, a member first and then its subsystems.
using Ids = std::map<identity::ClientId, std::string>;

std::string id_attribute(const identity::ClientId& client, Ids& ids) {
    const auto [at, fresh] = ids.emplace(client, fmt::format("id{}", ids.size()));
    if (!fresh) throw std::logic_error("shared parameters hold " + client.text() + " twice");
    return fmt::format(" id=\"{}\"", at->second);
}

const std::string& id_of(const identity::ClientId& client, const Ids& ids) {
    const auto at = ids.find(client);
    if (at == ids.end())
        throw std::logic_error("shared parameters refer to " + client.text() + ", which they do not hold");
    return at->second;
}

void write_source(Writer& writer, const ConfigurationSource& source) {
    writer.open("source");
    writer.text("address", source.address);
    for (const auto& certificate : source.internal_certificates) writer.octets("internalVerificationCert", certificate);
    for (const auto& certificate : source.external_certificates) writer.octets("externalVerificationCert", certificate);
    writer.close("source");
}

void write_ca_certificate(Writer& writer, std::string_view name, const CaCertificate& ca) {
    writer.open(name);
    writer.octets("cert", ca.certificate);
    for (const auto& responder : ca.ocsp) {
        writer.open("ocsp");
        writer.text("url", responder.url);
        if (responder.certificate) writer.octets("cert", *responder.certificate);
        if (responder.cost_type) writer.text("costType", *responder.cost_type);
        writer.close("ocsp");
    }
    writer.close(name);
}

void write_approved_ca(Writer& writer, const ApprovedCa& ca) {
    writer.open("approvedCA");
    writer.text("name", ca.name);
    writer.text("authenticationOnly", ca.authentication_only ? "true" : "false");
    write_ca_certificate(writer, "topCA", ca.top);
    for (const auto& below : ca.intermediates) write_ca_certificate(writer, "intermediateCA", below);
    writer.text("certificateProfileInfo", ca.profile);
    if (ca.default_csr_format) writer.text("defaultCsrFormat", *ca.default_csr_format);
    writer.close("approvedCA");
}

void write_approved_tsa(Writer& writer, const ApprovedTsa& tsa) {
    writer.open("approvedTSA");
    writer.text("name", tsa.name);
    writer.text("url", tsa.url);
    writer.octets("cert", tsa.certificate);
    if (tsa.cost_type) writer.text("costType", *tsa.cost_type);
    writer.close("approvedTSA");
}

void write_member_class(Writer& writer, std::string_view code, std::string_view description) {
    writer.open("memberClass");
    writer.text("code", code);
    writer.text("description", description);
    writer.close("memberClass");
}

void write_member(Writer& writer, const Member& member, Ids& ids) {
    auto client = identity::ClientId::of(member.id);
    writer.open("member", id_attribute(client, ids));
    write_member_class(writer, member.id.member_class, member.class_description);
    writer.text("memberCode", member.id.member_code);
    writer.text("name", member.name);
    for (const auto& subsystem : member.subsystems) {
        client.subsystem = subsystem.code;
        writer.open("subsystem", id_attribute(client, ids));
        writer.text("subsystemCode", subsystem.code);
        if (subsystem.name) writer.text("subsystemName", *subsystem.name);
        writer.close("subsystem");
    }
    writer.close("member");
}

void write_server(Writer& writer, const SecurityServer& server, const Ids& ids) {
    const auto owner = identity::ClientId::of(server.id.owner);
    writer.open("securityServer");
    writer.text("owner", id_of(owner, ids));
    writer.text("serverCode", server.id.code);
    if (!server.address.empty()) writer.text("address", server.address);
    for (const auto& hash : server.auth_certificate_hashes) writer.octets("authCertHash", hash);
    for (const auto& client : server.clients)
        if (client != owner) writer.text("client", id_of(client, ids));
    if (server.maintenance) {
        writer.open("inMaintenanceMode");
        if (!server.maintenance->empty()) writer.text("message", *server.maintenance);
        writer.close("inMaintenanceMode");
    }
    writer.close("securityServer");
}

void write_group(Writer& writer, const GlobalGroup& group) {
    writer.open("globalGroup");
    writer.text("groupCode", group.code);
    writer.text("description", group.description);
    for (const auto& member : group.members) writer.client("groupMember", member);
    writer.close("globalGroup");
}

}  // namespace

Octets write_shared_parameters(const SharedParameters& shared) {
    Writer writer("xr:conf", {{"id", identifiers_space}, {"xr", configuration_space}});
    Ids ids;
    writer.text("instanceIdentifier", shared.instance);
    for (const auto& source : shared.sources) write_source(writer, source);
    for (const auto& ca : shared.approved_cas) write_approved_ca(writer, ca);
    for (const auto& tsa : shared.approved_tsas) write_approved_tsa(writer, tsa);
    for (const auto& member : shared.members) write_member(writer, member, ids);
    for (const auto& server : shared.servers) write_server(writer, server, ids);
    for (const auto& group : shared.groups) write_group(writer, group);
    writer.open("globalSettings");
    for (const auto& [code, description] : shared.member_classes) write_member_class(writer, code, description);
    writer.text("ocspFreshnessSeconds", std::to_string(shared.ocsp_freshness_seconds));
    writer.close("globalSettings");
    return writer.finish();
}

}  // namespace onceway::registry
