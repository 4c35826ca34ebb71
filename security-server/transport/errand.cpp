#include "security-server/transport/errand.hpp"

#include "schemas/base/log.hpp"
#include "security-server/transport/refusals.hpp"

namespace onceway::transport {
namespace {

std::int64_t took_ms(const Errand& errand) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - errand.began)
        .count();
}
std::string_view name(Errand::Side side) { return side == Errand::Side::client ? "client" : "provider"; }
std::string instant(const std::optional<Instant>& at) { return at ? rfc3339(*at) : "-"; }
std::string client(const Errand& errand) { return errand.client ? errand.client->url() : "-"; }

/// With the version that only SOAP has, as a sixth segment.
std::string service(const Errand& errand) {
    if (!errand.service) return "-";
    const auto& version = errand.service->version;
    return version ? errand.service->url() + '/' + identity::encode_component(*version) : errand.service->url();
}

}  // namespace

void log_accepted(const Errand& errand) {
    log::info("message.accepted", {{"side", name(errand.side)},
                                   {"message_id", errand.message_id},
                                   {"request_id", errand.request_id},
                                   {"client", client(errand)},
                                   {"service", service(errand)},
                                   {"peer", errand.peer},
                                   {"peer_version", errand.peer_version},
                                   {"endpoint", errand.endpoint},
                                   {"status", errand.status},
                                   {"request_octets", errand.request_octets},
                                   {"response_octets", errand.response_octets},
                                   {"request_in", rfc3339(errand.request_in)},
                                   {"request_out", instant(errand.request_out)},
                                   {"response_in", instant(errand.response_in)},
                                   {"response_out", rfc3339(errand.clock.now())},
                                   {"took_ms", took_ms(errand)}});
}

void log_refused(const Errand& errand, const WireFault& fault) {
    log::warning("message.refused", {{"code", fault.code},
                                     {"reason", fault.text},
                                     {"detail", fault.detail},
                                     {"side", name(errand.side)},
                                     {"message_id", errand.message_id},
                                     {"request_id", errand.request_id},
                                     {"client", client(errand)},
                                     {"service", service(errand)},
                                     {"peer", errand.peer},
                                     {"request_in", rfc3339(errand.request_in)},
                                     {"took_ms", took_ms(errand)}});
    refusals().note({errand.clock.now(), fault.code, fault.text, std::string(name(errand.side)), errand.message_id,
                     client(errand), service(errand), errand.peer});
}

}  // namespace onceway::transport
