#include "certs/x509/trust.hpp"

#include <set>
#include <unordered_map>
#include <utility>

namespace onceway::x509 {
namespace {

using Servers = std::vector<const registry::SecurityServer*>;

// A certificate of the configuration, or none and a complaint.
std::optional<Certificate> read(OctetsView der, const std::string& what, std::vector<std::string>& complaints) {
    auto certificate = Certificate::from_pem_or_der(der);
    if (certificate) return std::move(*certificate);
    complaints.push_back(what + ": " + certificate.error().detail);
    return {};
}

}  // namespace

struct Trust::Parts {
    std::string own;
    std::vector<registry::SharedParameters> instances;
    registry::OptionalParameters optional;
    std::vector<std::string> complaints;

    std::vector<Authority> authorities;
    std::map<std::pair<std::string, Octets>, std::size_t> by_subject;  // instance and canonical subject
    std::vector<Certificate> responder_candidates, time_stampers;

    std::unordered_map<Octets, Servers> by_sha256, by_sha1;  // hash of an authentication certificate
    std::unordered_map<identity::ClientId, Servers> by_client;
    std::map<identity::ServerId, const registry::SecurityServer*> by_id;
    std::map<std::pair<std::string, std::string>, std::set<identity::ClientId>> groups;  // instance and code

    void add_authorities(const registry::SharedParameters& instance);
    void add_authority(const registry::SharedParameters& instance, const registry::ApprovedCa& service,
                       const registry::CaCertificate& ca, bool top);
    void share_responders();
    void add_time_stampers(const registry::SharedParameters& instance);
    void add_servers(const registry::SharedParameters& instance);
    void add_groups(const registry::SharedParameters& instance);
    const Servers* servers_with(const Certificate& authentication) const;
};

void Trust::Parts::add_authority(const registry::SharedParameters& instance, const registry::ApprovedCa& service,
                                 const registry::CaCertificate& ca, bool top) {
    const std::string what = "Certification service '" + service.name + "' of " + instance.instance;
    auto certificate = read(ca.certificate, what, complaints);
    if (!certificate) return;
    Authority authority{std::move(*certificate),
                        instance.instance,
                        service.name,
                        service.profile,
                        service.authentication_only,
                        top,
                        {},
                        {}};
    for (const registry::OcspResponder& responder : ca.ocsp) {
        authority.ocsp_urls.push_back(responder.url);
        if (!responder.certificate) continue;
        if (auto read_responder = read(*responder.certificate, what + ", OCSP responder", complaints))
            authority.responders.push_back(std::move(*read_responder));
    }
    // Rule: global-configuration §3.2: of two certificates with one subject the later counts.
    by_subject[{instance.instance, authority.certificate.subject_der()}] = authorities.size();
    authorities.push_back(std::move(authority));
}

void Trust::Parts::add_authorities(const registry::SharedParameters& instance) {
    for (const registry::ApprovedCa& service : instance.approved_cas) {
        add_authority(instance, service, service.top, true);
        for (const registry::CaCertificate& intermediate : service.intermediates)
            add_authority(instance, service, intermediate, false);
    }
}

// A responder configured for a certificate counts wherever that certificate is approved.
void Trust::Parts::share_responders() {
    std::map<Octets, std::vector<Certificate>> configured;
    for (const Authority& authority : authorities) {
        auto& all = configured[authority.certificate.sha256()];
        all.insert(all.end(), authority.responders.begin(), authority.responders.end());
        responder_candidates.insert(responder_candidates.end(), authority.responders.begin(),
                                    authority.responders.end());
        responder_candidates.push_back(authority.certificate);
    }
    for (Authority& authority : authorities) authority.responders = configured[authority.certificate.sha256()];
}

void Trust::Parts::add_time_stampers(const registry::SharedParameters& instance) {
    for (const registry::ApprovedTsa& service : instance.approved_tsas)
        if (auto certificate = read(service.certificate,
                                    "Time-stamping service '" + service.name + "' of " + instance.instance, complaints))
            time_stampers.push_back(std::move(*certificate));
}

void Trust::Parts::add_servers(const registry::SharedParameters& instance) {
    auto& by_hash = instance.version == 2 ? by_sha1 : by_sha256;
    for (const registry::SecurityServer& server : instance.servers) {
        for (const Octets& hash : server.auth_certificate_hashes) by_hash[hash].push_back(&server);
        by_client[identity::ClientId::of(server.id.owner)].push_back(&server);
        for (const identity::ClientId& client : server.clients) by_client[client].push_back(&server);
        by_id[server.id] = &server;
    }
}

void Trust::Parts::add_groups(const registry::SharedParameters& instance) {
    for (const registry::GlobalGroup& group : instance.groups)
        groups[{instance.instance, group.code}].insert(group.members.begin(), group.members.end());
}

const Servers* Trust::Parts::servers_with(const Certificate& authentication) const {
    if (const auto found = by_sha256.find(authentication.sha256()); found != by_sha256.end()) return &found->second;
    if (by_sha1.empty()) return nullptr;
    const auto found = by_sha1.find(authentication.sha1());
    return found == by_sha1.end() ? nullptr : &found->second;
}

std::shared_ptr<const Trust> Trust::build(std::string own, std::vector<registry::SharedParameters> instances,
                                          registry::OptionalParameters optional) {
    auto parts = std::make_unique<Parts>();
    parts->own = std::move(own);
    parts->instances = std::move(instances);
    parts->optional = optional;
    for (const registry::SharedParameters& instance : parts->instances) {
        parts->add_authorities(instance);
        parts->add_time_stampers(instance);
        parts->add_servers(instance);
        parts->add_groups(instance);
    }
    parts->share_responders();
    return std::shared_ptr<const Trust>(new Trust(std::move(parts)));
}

Trust::Trust(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Trust::~Trust() = default;

const std::string& Trust::own_instance() const { return parts_->own; }
const std::vector<registry::SharedParameters>& Trust::instances() const { return parts_->instances; }

const registry::SharedParameters* Trust::instance(std::string_view name) const {
    for (const registry::SharedParameters& instance : parts_->instances)
        if (instance.instance == name) return &instance;
    return nullptr;
}

std::int64_t Trust::ocsp_freshness_seconds() const {
    const auto* own = instance(parts_->own);
    return own ? own->ocsp_freshness_seconds : registry::SharedParameters{}.ocsp_freshness_seconds;
}

const registry::OptionalParameters& Trust::optional() const { return parts_->optional; }
const std::vector<std::string>& Trust::complaints() const { return parts_->complaints; }

const Authority* Trust::issuer_of(const Certificate& certificate, std::string_view instance) const {
    const auto found = parts_->by_subject.find({std::string(instance), certificate.issuer_der()});
    return found == parts_->by_subject.end() ? nullptr : &parts_->authorities[found->second];
}

const std::vector<Authority>& Trust::authorities() const { return parts_->authorities; }

const registry::SecurityServer* Trust::server_with(const Certificate& authentication) const {
    const Servers* servers = parts_->servers_with(authentication);
    return servers ? servers->front() : nullptr;
}

bool Trust::serves(const Certificate& authentication, const identity::ClientId& client) const {
    const Servers* holders = parts_->servers_with(authentication);
    const auto serving = parts_->by_client.find(client);
    if (!holders || serving == parts_->by_client.end()) return false;
    for (const auto* holder : *holders)
        for (const auto* server : serving->second)
            if (holder == server) return true;
    return false;
}

std::vector<const registry::SecurityServer*> Trust::servers_of(const identity::ClientId& client) const {
    const auto found = parts_->by_client.find(client);
    return found == parts_->by_client.end() ? Servers() : found->second;
}

const registry::SecurityServer* Trust::server(const identity::ServerId& id) const {
    const auto found = parts_->by_id.find(id);
    return found == parts_->by_id.end() ? nullptr : found->second;
}

bool Trust::in_group(const identity::ClientId& client, std::string_view instance, std::string_view group) const {
    const auto found = parts_->groups.find({std::string(instance), std::string(group)});
    return found != parts_->groups.end() && found->second.contains(client);
}

const std::vector<Certificate>& Trust::responder_candidates() const { return parts_->responder_candidates; }
const std::vector<Certificate>& Trust::time_stampers() const { return parts_->time_stampers; }

}  // namespace onceway::x509
