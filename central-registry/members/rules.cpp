#include "central-registry/members/rules.hpp"

#include "certs/channel/url.hpp"
#include "certs/x509/certificate.hpp"
#include "schemas/base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace onceway::central {
namespace {

/// Keeps the first thing that is wrong; the checks after it change nothing.
class Findings {
public:
    void say(std::string why) {
        if (!first_) first_ = fault(FaultCode::invalid_argument, "Checking the declared state: " + std::move(why));
    }
    Result<void> outcome() const { return first_ ? Result<void>(*first_) : Result<void>{}; }

private:
    std::optional<Fault> first_;
};

bool is_identifier(std::string_view text) {
    constexpr std::string_view marks = "'()+,-.=?";
    const auto allowed = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= limits::identifier_characters && std::ranges::all_of(text, allowed);
}

void check_identifier(std::string_view what, std::string_view text, Findings& findings) {
    if (!is_identifier(text))
        findings.say(fmt::format("{} '{}' must be 1 to 255 ASCII letters, digits and ' ( ) + , - . = ?", what, text));
}

/// A host name or IP address, and a port behind it where one may stand.
bool is_host(std::string_view text, bool port_allowed) {
    const auto parsed = channel::Url::parse(fmt::format("http://{}/", text));
    if (!parsed || parsed->target != "/") return false;
    return port_allowed || parsed->text() == fmt::format("http://{}/", parsed->host) || text == parsed->host ||
           text == fmt::format("[{}]", parsed->host);
}

void check_publication(const State& state, Findings& findings) {
    const auto& publication = state.publication;
    for (const auto& address : {publication.address, publication.https_address})
        if (!is_host(address, true))
            findings.say(fmt::format("the registry's address '{}' must be a host, or host:port, without scheme or path",
                                     address));
    if (publication.every.count() < 1 || publication.every > publication.valid)
        findings.say(
            "publication.every_seconds must be at least 1 and at most publication.valid_seconds, otherwise the "
            "configuration expires before it is made anew");
    if (publication.valid > std::chrono::hours(24 * 7)) findings.say("publication.valid_seconds is longer than a week");
    if (state.ocsp_freshness_seconds < 1) findings.say("ocsp_freshness_seconds must be positive");
    if (state.time_stamping_interval_seconds < 1) findings.say("time_stamping_interval_seconds must be positive");
}

/// The members and subsystems that may be referred to.
struct Known {
    std::set<identity::ClientId> clients;
    bool has(const identity::ClientId& client) const { return clients.contains(client); }
};

Known check_members(const State& state, Findings& findings) {
    Known known;
    check_identifier("instance", state.instance, findings);
    if (state.instance.find('=') != std::string::npos) findings.say("an instance identifier cannot hold '='");
    for (const auto& [code, description] : state.member_classes) check_identifier("member class", code, findings);
    for (const auto& member : state.members) {
        const auto name = short_name(member.id);
        if (!state.member_classes.contains(member.id.member_class))
            findings.say(
                fmt::format("member {} has class '{}', which [classes] does not list", name, member.id.member_class));
        check_identifier("member code", member.id.member_code, findings);
        if (member.name.empty()) findings.say(fmt::format("member {} has no name", name));
        auto client = identity::ClientId::of(member.id);
        if (!known.clients.insert(client).second) findings.say(fmt::format("member {} stands twice", name));
        for (const auto& subsystem : member.subsystems) {
            check_identifier("subsystem code", subsystem.code, findings);
            client.subsystem = subsystem.code;
            if (!known.clients.insert(client).second)
                findings.say(fmt::format("subsystem {} stands twice", short_name(client)));
        }
    }
    return known;
}

void check_authentication_certificate(const std::string& server, const Octets& der, Findings& findings) {
    const auto certificate = x509::Certificate::from_der(der);
    if (!certificate) return findings.say(fmt::format("server {}: {}", server, certificate.error().detail));
    const auto authentication = certificate->is_authentication();
    const auto signing = certificate->is_signing();
    if (!authentication || !*authentication || (signing && *signing))
        findings.say(
            fmt::format("server {}: the certificate of '{}' is no authentication certificate; a certificate for "
                        "signing does not belong here",
                        server, certificate->subject()));
}

void check_servers(const State& state, const Known& known, Findings& findings) {
    std::set<identity::ServerId> seen;
    std::set<Octets> certificates;
    for (const auto& server : state.servers) {
        const auto name = short_name(server.id);
        const auto owner = identity::ClientId::of(server.id.owner);
        check_identifier("server code", server.id.code, findings);
        if (!seen.insert(server.id).second) findings.say(fmt::format("server {} stands twice", name));
        if (!known.has(owner)) findings.say(fmt::format("server {} has an owner that is no member", name));
        if (!server.address.empty() && !is_host(server.address, false))
            findings.say(
                fmt::format("server {} has the address '{}'; it must be a host name or IP address without port, "
                            "scheme or path",
                            name, server.address));
        std::set<identity::ClientId> clients;
        for (const auto& client : server.clients) {
            if (client == owner)
                findings.say(fmt::format("server {} lists its owner as a client; the owner is one anyway", name));
            if (!known.has(client))
                findings.say(fmt::format("server {} has the client {}, which is no member or subsystem", name,
                                         short_name(client)));
            if (!clients.insert(client).second)
                findings.say(fmt::format("server {} has the client {} twice", name, short_name(client)));
        }
        for (const auto& certificate : server.certificates) {
            check_authentication_certificate(name, certificate, findings);
            if (!certificates.insert(certificate).second)
                findings.say(
                    fmt::format("server {} has a certificate that stands elsewhere as well; a certificate names one "
                                "server",
                                name));
        }
    }
}

void check_url(std::string_view what, const std::string& url, Findings& findings) {
    if (const auto parsed = channel::Url::parse(url); !parsed)
        findings.say(fmt::format("{}: {}", what, parsed.error().detail));
}

void check_ca_certificate(const std::string& service, const registry::CaCertificate& ca, std::set<Octets>& subjects,
                          Findings& findings) {
    const auto certificate = x509::Certificate::from_der(ca.certificate);
    if (!certificate)
        return findings.say(fmt::format("certification service '{}': {}", service, certificate.error().detail));
    if (!certificate->is_ca())
        findings.say(fmt::format("certification service '{}': the certificate of '{}' is not that of an authority",
                                 service, certificate->subject()));
    if (!subjects.insert(certificate->subject_der()).second)
        findings.say(
            fmt::format("certification service '{}': two approved certificates have the subject '{}'; servers would "
                        "find only one of them",
                        service, certificate->subject()));
    for (const auto& responder : ca.ocsp)
        check_url(fmt::format("OCSP responder of '{}'", service), responder.url, findings);
}

void check_services(const State& state, Findings& findings) {
    std::set<std::string> names;
    std::set<Octets> subjects;
    for (const auto& ca : state.certification_services) {
        if (ca.name.empty() || !names.insert(ca.name).second)
            findings.say(fmt::format("certification service '{}' has no name of its own", ca.name));
        if (ca.profile.empty())
            findings.say(fmt::format("certification service '{}' has no certificate profile", ca.name));
        check_ca_certificate(ca.name, ca.top, subjects, findings);
        for (const auto& below : ca.intermediates) check_ca_certificate(ca.name, below, subjects, findings);
    }
    std::set<std::pair<std::string, std::string>> authorities;
    for (const auto& tsa : state.time_stamping_services) {
        if (tsa.name.empty() || !authorities.emplace(tsa.name, tsa.url).second)
            findings.say(fmt::format("time-stamping service '{}' has no name and address of its own", tsa.name));
        check_url(fmt::format("time-stamping service '{}'", tsa.name), tsa.url, findings);
        if (const auto certificate = x509::Certificate::from_der(tsa.certificate); !certificate)
            findings.say(fmt::format("time-stamping service '{}': {}", tsa.name, certificate.error().detail));
    }
}

void check_groups(const State& state, const Known& known, Findings& findings) {
    std::set<std::string> codes;
    for (const auto& group : state.groups) {
        check_identifier("group code", group.code, findings);
        if (group.code == owners_group)
            findings.say(fmt::format("the group '{}' is kept by the registry itself; leave it out", owners_group));
        if (!codes.insert(group.code).second) findings.say(fmt::format("group '{}' stands twice", group.code));
        std::set<identity::ClientId> members;
        for (const auto& member : group.members) {
            if (!known.has(member))
                findings.say(fmt::format("group '{}' has the member {}, which is no member or subsystem", group.code,
                                         short_name(member)));
            if (!members.insert(member).second)
                findings.say(fmt::format("group '{}' has the member {} twice", group.code, short_name(member)));
        }
    }
}

void check_management(const State& state, const Known& known, Findings& findings) {
    const auto& management = state.management;
    if (!management.url.empty()) check_url("management.url", management.url, findings);
    if (!management.provider) return;
    if (!known.has(*management.provider))
        findings.say(fmt::format("management.provider {} is no member or subsystem", short_name(*management.provider)));
}

}  // namespace

Result<void> check(const State& state) {
    Findings findings;
    check_publication(state, findings);
    const auto known = check_members(state, findings);
    check_servers(state, known, findings);
    check_services(state, findings);
    check_groups(state, known, findings);
    check_management(state, known, findings);
    return findings.outcome();
}

}  // namespace onceway::central
