// Shared parameters, read in versions 2 to 6. Rule: global-configuration §3.2, one function for each type of its
// schema.
#include "schemas/registry/reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace onceway::registry {
namespace {

/// Reads one document: its version decides which elements exist, and its ids are known once the members are read.
class SharedReader {
public:
    SharedReader(int version, Refusal& refusal) : version_(version), refusal_(refusal) {}
    SharedParameters read(const xml::Element& element);

private:
    bool since(int version) const { return version_ >= version; }
    ConfigurationSource source(const xml::Element& element);
    std::optional<std::string> cost_type(Sequence& children);
    CaCertificate ca_certificate(const xml::Element& element);
    ApprovedCa approved_ca(const xml::Element& element);
    void acme_server(const xml::Element& element);
    ApprovedTsa approved_tsa(const xml::Element& element);
    std::pair<std::string, std::string> member_class(const xml::Element& element);
    Member member(const xml::Element& element, const std::string& instance);
    SecurityServer server(const xml::Element& element);
    GlobalGroup group(const xml::Element& element);
    void central_service(const xml::Element& element);
    void remember(const xml::Element& element, identity::ClientId client);
    const identity::ClientId* referred(const xml::Element& element);

    int version_;
    Refusal& refusal_;
    std::unordered_map<std::string, identity::ClientId> ids_;
};

ConfigurationSource SharedReader::source(const xml::Element& element) {
    Sequence children(element, refusal_);
    ConfigurationSource source{children.text("address"), {}, {}};
    for (const auto& certificate : children.any_number("internalVerificationCert"))
        source.internal_certificates.push_back(read_octets(certificate, refusal_));
    for (const auto& certificate : children.any_number("externalVerificationCert"))
        source.external_certificates.push_back(read_octets(certificate, refusal_));
    children.end();
    return source;
}

std::optional<std::string> SharedReader::cost_type(Sequence& children) {
    if (!since(6)) return std::nullopt;
    const auto element = children.optional("costType");
    if (!element) return std::nullopt;
    return read_choice(*element, {"FREE", "PAID", "UNDEFINED"}, refusal_);
}

CaCertificate SharedReader::ca_certificate(const xml::Element& element) {
    Sequence children(element, refusal_);
    CaCertificate ca;
    if (const auto certificate = children.required("cert")) ca.certificate = read_certificate(*certificate, refusal_);
    for (const auto& responder : children.any_number("ocsp")) {
        Sequence inner(responder, refusal_);
        OcspResponder read{inner.text("url"), {}, {}};
        if (const auto certificate = inner.optional("cert"))
            read.certificate = read_certificate(*certificate, refusal_);
        read.cost_type = cost_type(inner);
        inner.end();
        ca.ocsp.push_back(std::move(read));
    }
    children.end();
    return ca;
}

/// Servers of ours have no use for it yet; it is checked because a schema would check it.
void SharedReader::acme_server(const xml::Element& element) {
    Sequence children(element, refusal_);
    children.text("directoryURL");
    children.optional_text("ipAddress");
    if (since(4)) {
        children.optional_text("authenticationCertificateProfileId");
        children.optional_text("signingCertificateProfileId");
    }
    children.end();
}

ApprovedCa SharedReader::approved_ca(const xml::Element& element) {
    Sequence children(element, refusal_);
    ApprovedCa ca;
    ca.name = children.text("name");
    if (const auto flag = children.optional("authenticationOnly"))
        ca.authentication_only = read_boolean(*flag, refusal_);
    if (const auto top = children.required("topCA")) ca.top = ca_certificate(*top);
    for (const auto& below : children.any_number("intermediateCA")) ca.intermediates.push_back(ca_certificate(below));
    ca.profile = children.text("certificateProfileInfo");
    if (since(6))
        if (const auto format = children.optional("defaultCsrFormat"))
            ca.default_csr_format = read_choice(*format, {"PEM", "DER"}, refusal_);
    if (since(3))
        if (const auto acme = children.optional("acmeServer")) acme_server(*acme);
    children.end();
    return ca;
}

ApprovedTsa SharedReader::approved_tsa(const xml::Element& element) {
    Sequence children(element, refusal_);
    ApprovedTsa tsa;
    tsa.name = children.text("name");
    tsa.url = children.text("url");
    if (const auto certificate = children.required("cert")) tsa.certificate = read_certificate(*certificate, refusal_);
    tsa.cost_type = cost_type(children);
    children.end();
    return tsa;
}

std::pair<std::string, std::string> SharedReader::member_class(const xml::Element& element) {
    Sequence children(element, refusal_);
    auto code = children.text("code");
    auto description = children.text("description");
    children.end();
    return {std::move(code), std::move(description)};
}

void SharedReader::remember(const xml::Element& element, identity::ClientId client) {
    const auto id = element.attribute("id");
    if (!id) return;
    if (!ids_.emplace(*id, std::move(client)).second)
        refusal_.say(element, fmt::format("has the id '{}' of another element", *id));
}

Member SharedReader::member(const xml::Element& element, const std::string& instance) {
    Sequence children(element, refusal_, {"id"});
    Member member;
    member.id.instance = instance;
    if (const auto found = children.required("memberClass"))
        std::tie(member.id.member_class, member.class_description) = member_class(*found);
    member.id.member_code = children.text("memberCode");
    member.name = children.text("name");
    remember(element, identity::ClientId::of(member.id));
    for (const auto& found : children.any_number("subsystem")) {
        Sequence inner(found, refusal_, {"id"});
        Subsystem subsystem{inner.text("subsystemCode"), {}};
        if (since(5)) subsystem.name = inner.optional_text("subsystemName");
        inner.end();
        auto client = identity::ClientId::of(member.id);
        client.subsystem = subsystem.code;
        remember(found, std::move(client));
        member.subsystems.push_back(std::move(subsystem));
    }
    children.end();
    return member;
}

const identity::ClientId* SharedReader::referred(const xml::Element& element) {
    const auto text = read_text(element, refusal_);
    const auto begin = text.find_first_not_of(" \t\r\n");
    const auto id =
        begin == std::string::npos ? std::string{} : text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
    const auto found = ids_.find(id);
    if (found != ids_.end()) return &found->second;
    refusal_.say(element, fmt::format("refers to '{}', which no member or subsystem has as its id", id));
    return nullptr;
}

SecurityServer SharedReader::server(const xml::Element& element) {
    Sequence children(element, refusal_);
    SecurityServer server;
    if (const auto owner = children.required("owner")) {
        const auto* member = referred(*owner);
        if (member != nullptr && member->subsystem)
            refusal_.say(*owner, "refers to a subsystem; only a member owns a server");
        if (member != nullptr) server.id.owner = member->member();
    }
    server.id.code = children.text("serverCode");
    server.address = children.optional_text("address").value_or("");
    for (const auto& hash : children.any_number("authCertHash"))
        server.auth_certificate_hashes.push_back(read_octets(hash, refusal_));
    for (const auto& client : children.any_number("client"))
        if (const auto* found = referred(client)) server.clients.push_back(*found);
    if (since(5))
        if (const auto maintenance = children.optional("inMaintenanceMode")) {
            Sequence inner(*maintenance, refusal_);
            server.maintenance = inner.optional_text("message").value_or("");
            inner.end();
        }
    children.end();
    return server;
}

GlobalGroup SharedReader::group(const xml::Element& element) {
    Sequence children(element, refusal_);
    GlobalGroup group;
    group.code = children.text("groupCode");
    group.description = children.text("description");
    // An entry of which it is not clear whom it means gives nobody a right; genuine files hold such entries.
    for (const auto& member : children.any_number("groupMember"))
        if (auto client = read_client(member, refusal_)) group.members.push_back(std::move(*client));
    children.end();
    return group;
}

/// Obsolete and ignored, but still legal.
void SharedReader::central_service(const xml::Element& element) {
    Sequence children(element, refusal_);
    children.text("serviceCode");
    children.optional("implementingService");
    children.end();
}

SharedParameters SharedReader::read(const xml::Element& element) {
    Sequence root(element, refusal_);
    SharedParameters shared;
    shared.version = version_;
    shared.instance = root.text("instanceIdentifier");
    if (since(3))
        for (const auto& found : root.one_or_more("source")) shared.sources.push_back(source(found));
    for (const auto& found : root.any_number("approvedCA")) shared.approved_cas.push_back(approved_ca(found));
    for (const auto& found : root.any_number("approvedTSA")) shared.approved_tsas.push_back(approved_tsa(found));
    for (const auto& found : root.any_number("member")) shared.members.push_back(member(found, shared.instance));
    for (const auto& found : root.any_number("securityServer")) shared.servers.push_back(server(found));
    for (const auto& found : root.any_number("globalGroup")) shared.groups.push_back(group(found));
    for (const auto& found : root.any_number("centralService")) central_service(found);
    if (const auto settings = root.required("globalSettings")) {
        Sequence inner(*settings, refusal_);
        for (const auto& found : inner.any_number("memberClass")) shared.member_classes.insert(member_class(found));
        if (const auto freshness = inner.required("ocspFreshnessSeconds"))
            shared.ocsp_freshness_seconds = read_integer(*freshness, refusal_);
        inner.end();
    }
    root.end(since(3));
    return shared;
}

}  // namespace

Result<SharedParameters> read_shared_parameters(OctetsView octets, int version) {
    Refusal refusal(FaultCode::malformed_global_conf, "the shared parameters");
    if (version < 2 || version > 6)
        refusal.say(fmt::format("configuration version {} is unknown (2 to 6 are)", version));
    if (refusal) return refusal.fault();
    auto document = open_part(octets, "conf", refusal, FaultCode::malformed_global_conf);
    if (!document) return std::move(document).error();
    auto shared = SharedReader(version, refusal).read(document->root());
    if (refusal) return refusal.fault();
    return shared;
}

}  // namespace onceway::registry
