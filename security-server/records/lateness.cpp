#include "security-server/records/lateness.hpp"

#include "certs/signature/verify.hpp"
#include "certs/x509/ocsp.hpp"
#include "schemas/base/log.hpp"

namespace onceway::records {
namespace {

std::int64_t seconds(Instant from, Instant to) {
    return std::chrono::duration_cast<std::chrono::seconds>(to - from).count();
}

/// Until when the OCSP answer in a signature of the moment `made` serves; nothing when that cannot be judged.
std::optional<Instant> ocsp_deadline(OctetsView document, const x509::Trust& trust, Instant made) {
    const auto outline = signature::outline(document);
    if (!outline || outline->certificates.empty() || outline->ocsp.empty()) return {};
    const auto leaf = x509::Certificate::from_der(outline->certificates.front());
    if (!leaf) return {};
    const auto* authority = trust.issuer_of(*leaf, trust.own_instance());
    if (!authority) return {};
    const x509::OcspRules rules{trust.ocsp_freshness_seconds(), trust.optional().verify_next_update};
    const auto verdict =
        x509::judge_ocsp(outline->ocsp.front(), *leaf, authority->certificate, authority->responders, made, rules);
    return verdict ? std::optional(verdict->deadline) : std::nullopt;
}

}  // namespace

Result<Oldest> oldest_of(MessageLog& log, const x509::Trust& trust, Instant now) {
    Oldest oldest;
    const auto waiting = log.unstamped(1);
    if (!waiting) return waiting.error();
    const auto at = log.health().oldest_unstamped;
    if (waiting->empty() || !at) return oldest;
    const auto document = log.signature_document(waiting->front().number);
    if (!document) return document.error();
    const std::chrono::seconds freshness(trust.ocsp_freshness_seconds());
    oldest.at = at;
    oldest.stamp_before = ocsp_deadline(*document, trust, *at).value_or(*at + freshness);
    if (now > *oldest.stamp_before)
        oldest.lateness = Lateness::too_late;
    else if (*oldest.stamp_before - now < freshness / 4)
        oldest.lateness = Lateness::late;
    return oldest;
}

void tell_lateness(Lateness before, const Oldest& oldest, Instant now) {
    if (oldest.lateness == before) return;
    if (oldest.lateness == Lateness::in_time) return log::info("timestamp.in_time");
    const auto age = seconds(*oldest.at, now), left = seconds(now, *oldest.stamp_before);
    if (oldest.lateness == Lateness::late)
        log::warning("timestamp.late", {{"oldest_s", age}, {"verifiable_for_s", left}});
    else
        log::error("timestamp.too_late", {{"oldest_s", age}, {"unverifiable_for_s", -left}});
}

}  // namespace onceway::records
