#include "security-server/consumer/call.hpp"

#include "schemas/base/log.hpp"

#include <algorithm>
#include <atomic>
#include <cctype>

namespace onceway::consumer {
namespace {

Fault unusable(std::string detail) { return fault(FaultCode::internal_error, std::move(detail)); }

/// A segment without its parameters, with escaped dots as dots.
std::string plain_dots(std::string_view segment) {
    std::string plain;
    for (std::size_t i = 0; i < segment.size() && segment[i] != ';'; ++i) {
        const bool dot = segment.substr(i, 2) == "%2" && i + 2 < segment.size() &&
                         std::tolower(static_cast<unsigned char>(segment[i + 2])) == 'e';
        plain += dot ? '.' : segment[i];
        if (dot) i += 2;
    }
    return plain;
}

/// Dot segments and empty inner segments mean different things to different readers: such a path is not sent.
Result<void> check_path(std::string_view path) {
    for (std::size_t at = 0; at < path.size();) {
        const auto end = std::min(path.find('/', at + 1), path.size());
        const auto segment = path.substr(at + 1, end - at - 1);
        const std::string plain = plain_dots(segment);
        if (plain == "." || plain == "..")
            return unusable("The service path holds a dot segment; write the path that is meant.");
        if (segment.empty() && end != path.size())
            return unusable("The service path holds an empty segment; write one slash between segments.");
        at = end;
    }
    return {};
}

std::optional<std::string_view> last_field(const message::Fields& fields, std::string_view name) {
    std::optional<std::string_view> last;
    for (const auto& [field, value] : fields)
        if (same_ignoring_case(field, name)) last = value;
    return last;
}

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

Result<Call> read_call(const message::RequestHead& head, std::string_view own_instance) {
    if (!message::is_rest_verb(head.method))
        return unusable("'" + head.method +
                        "' is no verb of REST: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, TRACE.");
    const auto target = identity::RestTarget::parse(head.target);
    if (!target) return target.error();
    auto path = check_path(target->path);
    if (!path) return path.error();
    if (!last_field(head.fields, "X-Road-Client"))
        return fault(FaultCode::invalid_client_identifier,
                     "The request has no X-Road-Client header; it names the client as instance/class/code/subsystem.");
    if (const auto party = last_field(head.fields, "X-Road-Represented-Party")) {
        auto checked = identity::check_represented_party(*party);
        if (!checked) return checked.error();
    }

    Call call;
    call.request_id = random_uuid();
    call.original_content_type = last_field(head.fields, "Content-Type").value_or("");
    std::optional<std::string> generated;
    if (!last_field(head.fields, "X-Road-Id")) generated = std::string(own_instance) + '-' + random_uuid();
    call.part = message::write_rest_request(head.method, head.target, head.fields, call.request_id,
                                            generated ? std::optional<std::string_view>(*generated) : std::nullopt);
    auto read = message::parse_rest_request(call.part);
    if (!read) return read.error();
    call.request = std::move(*read);
    if (call.request.id.empty())
        return unusable("The X-Road-Id header is empty; leave it out or give the message an id.");
    return call;
}

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
