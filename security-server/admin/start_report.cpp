#include "security-server/admin/start_report.hpp"

#include "schemas/base/log.hpp"
#include "security-server/admin/port_holder.hpp"

#include <fmt/format.h>

namespace onceway::admin {
namespace {

void tell_configuration(const Administered& server) {
    const auto valid = server.view.valid(server.clock.now());
    if (!valid) {
        const auto trouble = server.client ? server.client->standing().trouble : std::string();
        log::warning("server.found_no_configuration", {{"reason", valid.error().detail}, {"last_try", trouble}});
        return;
    }
    const auto& snapshot = **valid;
    const auto* own = snapshot.trust->server(server.file.id);
    log::info("server.found_configuration", {{"instance", snapshot.trust->own_instance()},
                                             {"version", snapshot.version},
                                             {"expires", rfc3339_seconds(snapshot.expires)},
                                             {"registered", own ? "yes, at " + own->address : "no"}});
}

std::string certificate_line(const CertificateStanding& standing, Instant now, bool configured) {
    const auto days = std::chrono::floor<std::chrono::days>(standing.certificate.not_after() - now).count();
    const bool signs = standing.key.usage == keys::KeyUsage::signing;
    std::string what = signs ? "signing" : "authentication";
    if (configured && signs) what += " for " + (standing.member ? standing.member->url() : "nobody known");
    if (configured && !signs) what += standing.registered ? ", registered" : ", NOT registered";
    const bool worth_telling = configured && !standing.trouble.empty();  // without one nothing can be told of them
    return fmt::format("{}, {} days left{}", what, days, worth_telling ? ": " + standing.trouble : "");
}

void tell_keys(const Administered& server) {
    std::string lines;
    bool usable = false;
    for (const auto& standing : server.keys.standings()) {
        lines += (lines.empty() ? "" : "; ") +
                 certificate_line(standing, server.clock.now(), server.view.current() != nullptr);
        usable = usable || standing.trouble.empty();
    }
    if (lines.empty()) lines = "none";
    log::write(usable ? log::Level::info : log::Level::warning, "server.found_keys",
               {{"unlocked", server.keys.unlocked() ? "yes" : "no"}, {"certificates", lines}});
}

}  // namespace

void tell_what_was_found(const Administered& server) {
    tell_configuration(server);
    tell_keys(server);
}

Fault why_not_open(Fault refused, const std::string& address, std::uint16_t port) {
    if (refused.code != FaultCode::network_error) return refused;
    if (refused.detail.find("Cannot assign") != std::string::npos)
        refused.detail += fmt::format(" {} is no address of this machine: put [listen] in server.toml right.", address);
    else if (const auto holder = port_holder(address, port))
        refused.detail += fmt::format(" {} listens there. Stop it, or change [listen] in server.toml.", holder->text());
    return refused;
}

}  // namespace onceway::admin
