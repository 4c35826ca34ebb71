#include "security-server/consumer/call.hpp"

#include "schemas/base/log.hpp"

#include <algorithm>
#include <atomic>

namespace onceway::consumer {
namespace {

bool recognised(const x509::Certificate& shown, const access::Client& client, const Recognition& recognition) {
    if (std::ranges::find(client.certificates, shown) != client.certificates.end()) return true;
    const auto own = recognition.own ? recognition.own() : nullptr;
    return own && !own->chain.empty() && own->chain.front() == shown;
}

/// At most one line a minute: the system may call a thousand times a second.
void tell_outdated(const access::Client& client, const x509::Certificate& shown, Instant now) {
    static std::atomic<Instant::rep> last{0};
    const auto at = now.time_since_epoch().count();
    auto before = last.load();
    constexpr Instant::rep pause = 60'000;
    if (at - before < pause && at >= before) return;
    if (!last.compare_exchange_strong(before, at)) return;
    log::warning("information_system.certificate_not_valid", {{"client", client.id.url()},
                                                              {"subject", shown.subject()},
                                                              {"not_before", rfc3339_seconds(shown.not_before())},
                                                              {"not_after", rfc3339_seconds(shown.not_after())}});
}

}  // namespace

std::optional<std::string_view> last_field(const message::Fields& fields, std::string_view name) {
    std::optional<std::string_view> last;
    for (const auto& [field, value] : fields)
        if (same_ignoring_case(field, name)) last = value;
    return last;
}

Call::Call(message::Facts facts, std::string request_id) : facts(std::move(facts)), request_id(std::move(request_id)) {}
Call::~Call() = default;

Recognition recognition_by(const House& house) {
    return {.own = house.internal_tls, .enforce_dates = house.enforce_certificate_dates, .clock = house.clock};
}

Result<void> authenticate(const access::Client& client, const channel::Exchange& exchange,
                          const Recognition& recognition) {
    const auto refuse = [&](std::string_view why) {
        return fault(FaultCode::ssl_authentication_failed, client.id.text() + std::string(why));
    };
    switch (client.connection) {
        case access::ConnectionType::http:
            return {};
        case access::ConnectionType::https_no_authentication:
            if (!exchange.over_tls()) return refuse(" connects over HTTPS only; this request came over HTTP.");
            return {};
        case access::ConnectionType::https: {
            if (exchange.peer_certificates().empty())
                return refuse(" connects with a client certificate only; this connection has none.");
            const auto& shown = exchange.peer_certificates().front();
            if (!recognised(shown, client, recognition))
                return refuse(" connects with one of its registered certificates only; this one is not among them.");
            const auto now = recognition.clock.now();
            if (shown.valid_at(now)) return {};
            if (recognition.enforce_dates)
                return refuse(" connects with a certificate that is valid now; this one is valid from " +
                              rfc3339_seconds(shown.not_before()) + " to " + rfc3339_seconds(shown.not_after()) + '.');
            tell_outdated(client, shown, now);
            return {};
        }
    }
    return refuse(" has no connection type.");
}

}  // namespace onceway::consumer
