// The information systems behind our services: does somebody listen, and is the certificate the expected one.
#include "security-server/doctor/blame.hpp"
#include "security-server/doctor/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace onceway::doctor {
namespace {

constexpr auto group = Group::services;

/// An address, and the services that lie behind it under the same certificates.
struct System {
    channel::Url url;
    std::vector<x509::Certificate> pinned;
    bool verify = true;
    std::string services;
    std::shared_ptr<const channel::AddressPolicy> permitted;

    std::string about() const {
        return fmt::format("{}://{}:{} ({})", url.tls ? "https" : "http", url.host, url.port, services);
    }
};

Finding look_at(const System& system) {
    const Asked asked{"the information system", Turn::service, fmt::format("{}:{}", system.url.host, system.url.port)};
    if (system.url.tls && system.verify && system.pinned.empty())
        return failed(group, "service", system.about(), "It speaks https, but no certificate of it is declared.",
                      Turn::here,
                      "Declare the certificate that it shows among the client's `certificates`, and apply.");
    if (const auto may = system.permitted->check(system.url.host); !may)
        return failed(group, "service", system.about(), may.error().detail, Turn::here,
                      "Give the service another address, or change [services] in server.toml and restart.");
    channel::ConnectTo to{.host = system.url.host, .port = system.url.port, .permitted = system.permitted};
    if (system.url.tls) {
        auto tls = channel::TlsContext::service_client(system.verify ? system.pinned : std::vector<x509::Certificate>{},
                                                       nullptr);
        if (!tls) return unknown(group, "service", system.about(), tls.error().detail, "Read the sentence above.");
        to.tls = std::move(*tls);
    }
    const auto connected = connect(std::move(to));
    if (connected) {
        const char* how = !system.url.tls ? "A program listens there."
                          : system.verify ? "It shows the declared certificate."
                                          : "It speaks TLS; its certificate is not looked at, as declared.";
        return ok(group, "service", system.about(), how);
    }
    if (connected.error().code == FaultCode::ssl_authentication_failed)
        return failed(
            group, "service", system.about(), connected.error().detail, Turn::service,
            "It shows another certificate than the one declared, or speaks no TLS. Compare with those who run "
            "it; after a planned change declare the new certificate and apply.");
    const auto turn = blame(connected.error(), asked);
    return failed(group, "service", system.about(), connected.error().detail, turn.turn, turn.next);
}

Finding wrong_address(const access::Client& client, const access::Service& service, const Fault& why) {
    return failed(group, "service", client.id.url() + "/" + service.code, why.detail, Turn::here,
                  "Put the url of the service right in the declared state, and apply.");
}

}  // namespace

Checks service_checks(const PatientPtr& patient) {
    Checks checks;
    if (!patient->state) return checks;
    std::map<std::string, System> systems;
    for (const auto& client : patient->state->clients)
        for (const auto& service : client.services) {
            if (service.disabled) continue;
            const auto url = channel::Url::parse(service.url);
            if (!url) {
                checks.push_back(
                    check({}, [client, service, why = url.error()] { return wrong_address(client, service, why); }));
                continue;
            }
            std::string name = fmt::format("{} {} {}", url->tls, url->host, url->port);
            if (url->tls) name += fmt::format(" {} {}", client.id.url(), service.verify_certificate);
            auto& system =
                systems
                    .try_emplace(
                        name,
                        System{
                            *url, client.certificates, service.verify_certificate, {}, patient->file.service_addresses})
                    .first->second;
            system.services += (system.services.empty() ? "" : ", ") + service.code;
        }
    for (const auto& [name, system] : systems)
        checks.push_back(check(failed(group, "service", system.about(), "It did not answer in time.", Turn::service,
                                      "Ask those who run it whether it is overloaded."),
                               [system = system] { return look_at(system); }));
    return checks;
}

}  // namespace onceway::doctor
