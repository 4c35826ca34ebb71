// The optional parts that change how a server behaves. Rule: global-configuration §3.4.
#include "schemas/registry/reading.hpp"

#include <functional>

namespace onceway::registry {
namespace {

/// Reads a `conf` with at most one child, `name`, which `take` receives.
Result<void> read_single(OctetsView octets, std::string_view people_call_it, std::string_view name,
                         const std::function<void(const xml::Element&, Refusal&)>& take) {
    Refusal refusal(FaultCode::malformed_global_conf, people_call_it);
    auto document = open_part(octets, "conf", refusal, FaultCode::malformed_global_conf);
    if (!document) return std::move(document).error();
    Sequence root(document->root(), refusal);
    if (const auto found = root.optional(name)) take(*found, refusal);
    root.end();
    if (refusal) return refusal.fault();
    return {};
}

}  // namespace

Result<void> read_fetch_interval(OctetsView octets, OptionalParameters& into) {
    return read_single(octets, "the OCSP fetch interval", "ocspFetchInterval",
                       [&](const xml::Element& element, Refusal& refusal) {
                           const auto seconds = read_integer(element, refusal);
                           if (seconds <= 0) refusal.say(element, "is no positive number of seconds");
                           if (!refusal) into.ocsp_fetch_interval_seconds = seconds;
                       });
}

Result<void> read_next_update(OctetsView octets, OptionalParameters& into) {
    return read_single(octets, "the rule for OCSP nextUpdate", "verifyNextUpdate",
                       [&](const xml::Element& element, Refusal& refusal) {
                           const bool verify = read_boolean(element, refusal);
                           if (!refusal) into.verify_next_update = verify;
                       });
}

}  // namespace onceway::registry
