#include "tests/support/certificates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

namespace onceway::tests {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<const keys::PrivateKey> make_key(std::string_view kind) {
    if (kind.starts_with("RSA-"))
        return std::make_shared<const keys::PrivateKey>(
            keys::PrivateKey::generate_rsa(std::stoi(std::string(kind.substr(4)))));
    return std::make_shared<const keys::PrivateKey>(keys::PrivateKey::generate_ec(kind));
}

Identity make(const Wanted& wanted, const Identity* issuer) {
    auto key = wanted.key ? wanted.key : fresh_key();
    const x509::Issue issue{wanted.subject,
                            key->public_key().spki(),
                            wanted.profile,
                            wanted.serial,
                            wanted.not_before.value_or(test_time() - std::chrono::days(365)),
                            wanted.not_after.value_or(test_time() + std::chrono::days(3650)),
                            wanted.addresses,
                            wanted.ocsp_url};
    auto certificate = x509::issue(issue, issuer ? &issuer->certificate : nullptr, issuer ? *issuer->key : *key);
    return {must(std::move(certificate)), key};
}

x509::Subject authority_subject(const std::string& name) { return {{"C", "ZA"}, {"O", "Test"}, {"CN", name}}; }

}  // namespace

Instant test_time() { return Instant(std::chrono::sys_days(std::chrono::year(2026) / 2 / 2)) + 10h + 15min + 30s; }

std::shared_ptr<const keys::PrivateKey> shared_key(std::string_view kind, int number) {
    static std::mutex mutex;
    static std::map<std::pair<std::string, int>, std::shared_ptr<const keys::PrivateKey>> made;
    const std::lock_guard lock(mutex);
    auto& key = made[{std::string(kind), number}];
    if (!key) key = make_key(kind);
    return key;
}

std::shared_ptr<const keys::PrivateKey> fresh_key() { return make_key("P-256"); }

CertificateAuthority::CertificateAuthority(std::string name)
    : name_(std::move(name)),
      own_(make({authority_subject(name_), x509::Profile::ca, {}, {}, {}, {}, {}, {}}, nullptr)),
      responder_(issue({authority_subject(name_ + " OCSP"), x509::Profile::ocsp_responder, {}, {}, {}, {}, {}, {}})) {}

CertificateAuthority::CertificateAuthority(const CertificateAuthority& parent, std::string name)
    : name_(std::move(name)),
      own_(parent.issue({authority_subject(name_), x509::Profile::sub_ca, {}, {}, {}, {}, {}, {}})),
      responder_(issue({authority_subject(name_ + " OCSP"), x509::Profile::ocsp_responder, {}, {}, {}, {}, {}, {}})) {}

Identity CertificateAuthority::issue(Wanted wanted) const { return make(wanted, &own_); }

Identity CertificateAuthority::issue_signing(const identity::MemberId& member,
                                             std::shared_ptr<const keys::PrivateKey> key) const {
    Wanted wanted;
    wanted.subject = {{"CN", "Member " + member.member_code},
                      {"O", "Member " + member.member_code},
                      {"businessCategory", member.member_class},
                      {"C", "ZA"},
                      {"serialNumber", member.member_code}};
    wanted.profile = x509::Profile::signing;
    wanted.key = std::move(key);
    return issue(wanted);
}

Identity CertificateAuthority::issue_authentication(std::string_view name,
                                                    std::shared_ptr<const keys::PrivateKey> key) const {
    Wanted wanted;
    wanted.subject = {{"CN", std::string(name)}, {"C", "ZA"}, {"O", "Operator"}};
    wanted.profile = x509::Profile::authentication;
    wanted.key = std::move(key);
    return issue(wanted);
}

Identity CertificateAuthority::issue_time_stamper(std::string_view name) const {
    return issue({authority_subject(std::string(name)), x509::Profile::time_stamping, {}, {}, {}, {}, {}, {}});
}

Identity CertificateAuthority::issue_tls_server(std::vector<std::string> addresses) const {
    Wanted wanted;
    wanted.subject = {{"CN", addresses.empty() ? "tls.test" : addresses.front()}};
    wanted.profile = x509::Profile::tls_server;
    wanted.addresses = std::move(addresses);
    return issue(wanted);
}

Octets CertificateAuthority::ocsp(const x509::Certificate& about, Instant at, x509::Revocation status) const {
    return ocsp(about, {status, at, at + 1h, {}});
}

Octets CertificateAuthority::ocsp(const x509::Certificate& about, const x509::OcspAnswer& answer) const {
    return ocsp_by(responder_, about, answer);
}

Octets CertificateAuthority::ocsp_by(const Identity& signer, const x509::Certificate& about,
                                     const x509::OcspAnswer& answer) const {
    return must(x509::write_ocsp_response(about, own_.certificate, answer, signer.certificate, *signer.key));
}

Octets time_stamp(const Identity& tsa, OctetsView data, Instant at) {
    const timestamp::Query query{keys::Digest::sha512, keys::sha512(data), {}, true};
    const Octets answer = must(timestamp::answer(query, tsa.certificate, *tsa.key, at, "\x01\x02\x03"));
    const auto question = timestamp::Question::asked(keys::sha512(data), {});
    return must(question.judge(answer, {tsa.certificate})).der;
}

registry::SharedParameters shared_parameters(const CertificateAuthority& authority, const Identity* tsa,
                                             std::string instance) {
    registry::SharedParameters parameters;
    parameters.instance = std::move(instance);
    registry::ApprovedCa service;
    service.name = authority.certificate().subject();
    service.top.certificate = authority.certificate().der();
    service.top.ocsp.push_back({"http://127.0.0.1:8888/", authority.responder().certificate.der(), {}});
    service.profile = basic_profile;
    parameters.approved_cas.push_back(std::move(service));
    if (tsa) parameters.approved_tsas.push_back({"Test TSA", "http://127.0.0.1:8899/", tsa->certificate.der(), {}});
    parameters.member_classes = {{"GOV", "Government"}, {"COM", "Companies"}};
    return parameters;
}

void add_member(registry::SharedParameters& parameters, const identity::ClientId& client, std::string name) {
    auto found = std::find_if(parameters.members.begin(), parameters.members.end(),
                              [&](const registry::Member& member) { return member.id == client.member(); });
    if (found == parameters.members.end())
        found = parameters.members.insert(found, {client.member(), client.member_class, std::move(name), {}});
    if (client.subsystem) found->subsystems.push_back({*client.subsystem, {}});
}

void add_server(registry::SharedParameters& parameters, const identity::ServerId& id,
                const x509::Certificate& authentication, std::vector<identity::ClientId> clients, std::string address) {
    const Octets hash = parameters.version == 2 ? authentication.sha1() : authentication.sha256();
    parameters.servers.push_back({id, std::move(address), {hash}, std::move(clients), {}});
}

std::shared_ptr<const x509::Trust> trust_of(registry::SharedParameters parameters) {
    std::string own = parameters.instance;
    return x509::Trust::build(std::move(own), {std::move(parameters)});
}

}  // namespace onceway::tests
