#include "security-server/admin/internal_tls_requests.hpp"

#include "schemas/base/log.hpp"

namespace onceway::admin {
namespace {

namespace json = boost::json;

std::string text(const json::object& request, std::string_view key) {
    const auto* value = request.if_contains(key);
    return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

json::object shown(const x509::Certificate& leaf, Instant now) {
    const auto left = std::chrono::duration_cast<std::chrono::hours>(leaf.not_after() - now).count() / 24;
    return {{"subject", leaf.subject()},
            {"issuer", leaf.issuer()},
            {"serial", leaf.serial_decimal()},
            {"sha256", to_hex(leaf.sha256())},
            {"not_before", rfc3339_seconds(leaf.not_before())},
            {"not_after", rfc3339_seconds(leaf.not_after())},
            {"days_left", static_cast<std::int64_t>(left)},
            {"self_signed", leaf.signed_by(leaf)}};
}

Result<json::object> show(const InternalTls& tls, Instant now) {
    const auto identity = tls.current();
    std::string chain;
    for (const auto& certificate : identity->chain) chain += certificate.pem();
    return json::object{
        {"chain", chain}, {"certificate", shown(identity->chain.front(), now)}, {"waiting", tls.waiting()}};
}

/// Shows what a change left in force, and leaves a line for those who ask later who changed what.
Result<json::object> changed(Result<void> done, const char* event, const InternalTls& tls, Instant now) {
    if (!done) return done.error();
    const auto leaf = tls.current()->chain.front();
    log::info(event, {{"subject", leaf.subject()},
                      {"issuer", leaf.issuer()},
                      {"sha256", to_hex(leaf.sha256())},
                      {"not_after", rfc3339_seconds(leaf.not_after())}});
    return show(tls, now);
}

}  // namespace

Result<json::object> answer_internal_tls(std::string_view verb, const json::object& request, InternalTls& tls,
                                         Instant now) {
    if (verb == "internal_tls.renew") return changed(tls.renew(), "internal_tls.renewed", tls, now);
    if (!tls.current())
        if (auto loaded = tls.load(); !loaded) return loaded.error();
    if (verb == "internal_tls.show") return show(tls, now);
    if (verb == "internal_tls.csr") {
        auto made = tls.request(text(request, "name"), text(request, "address"));
        if (!made) return made.error();
        log::info("internal_tls.certificate_requested");
        return json::object{{"csr", *made}};
    }
    if (verb == "internal_tls.import") {
        const auto given = text(request, "chain");
        const auto octets = given.find("-----BEGIN") != std::string::npos ? Result<Octets>(given) : from_base64(given);
        if (!octets) return fault(FaultCode::invalid_argument, "The certificate is neither PEM nor DER in Base64.");
        return changed(tls.import(*octets), "internal_tls.imported", tls, now);
    }
    return fault(FaultCode::invalid_argument, "The request '" + std::string(verb) + "' is not known to this release.");
}

}  // namespace onceway::admin
