#include "security-server/admin/administration.hpp"

#include "certs/x509/trust.hpp"
#include "schemas/base/log.hpp"
#include "security-server/admin/certificate_request.hpp"
#include "security-server/admin/health.hpp"
#include "security-server/admin/internal_tls_requests.hpp"
#include "security-server/admin/peer_call.hpp"
#include "security-server/admin/recent_refusals.hpp"
#include "security-server/admin/state_requests.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/json.hpp>

namespace onceway::admin {
namespace {

namespace json = boost::json;
constexpr std::size_t refusals_shown = 10;

std::string text(const json::object& request, std::string_view key) {
    const auto* value = request.if_contains(key);
    if (!value || !value->is_string()) return {};
    return {value->as_string().data(), value->as_string().size()};
}

std::int64_t number(const json::object& request, std::string_view key, std::int64_t otherwise) {
    const auto* value = request.if_contains(key);
    return value && value->is_int64() ? value->as_int64() : otherwise;
}

Fault wrong(std::string detail) { return fault(FaultCode::invalid_argument, std::move(detail)); }

json::object shown(const keys::KeyInfo& key) {
    json::array certificates;
    for (const auto& certificate : key.certificates) certificates.emplace_back(to_hex(certificate.sha256()));
    return {{"id", key.id},
            {"label", key.label},
            {"usage", key.usage == keys::KeyUsage::signing ? "signing" : "authentication"},
            {"family", key.family == keys::KeyFamily::rsa ? "rsa" : "ec"},
            {"bits", key.bits},
            {"certificates", std::move(certificates)}};
}

}  // namespace

struct Administration::Parts {
    Administered server;

    using Answer = Result<json::object>;
    Answer status(const json::object&);
    Answer list_keys(const json::object&);
    Answer generate_key(const json::object& request);
    Answer request_certificate(const json::object& request);
    Answer import_certificate(const json::object& request);
    Answer unlock_keys(const json::object& request);
    Answer call_peer(const json::object& request);

    json::array refusals() const;
    Answer answer(const json::object& request);
};

Administration::Parts::Answer Administration::Parts::answer(const json::object& request) {
    static constexpr std::pair<std::string_view, Answer (Parts::*)(const json::object&)> menu[] = {
        {"status", &Parts::status},
        {"key.list", &Parts::list_keys},
        {"key.generate", &Parts::generate_key},
        {"key.csr", &Parts::request_certificate},
        {"key.import", &Parts::import_certificate},
        {"key.unlock", &Parts::unlock_keys},
        {"peer.call", &Parts::call_peer},
    };
    const auto verb = text(request, "do");
    for (const auto& [name, method] : menu)
        if (name == verb) return (this->*method)(request);
    if (verb.starts_with("state.")) return answer_state(verb, request, server);
    if (verb.starts_with("internal_tls.") && server.internal_tls)
        return answer_internal_tls(verb, request, *server.internal_tls, server.clock.now());
    return wrong(fmt::format("The request '{}' is not known to this release.", verb));
}

Administration::Administration(Administered parts) : parts_(new Parts{parts}) {}
Administration::~Administration() = default;

Octets Administration::answer(OctetsView request) {
    const auto refuse = [](const Fault& fault) {
        return json::serialize(json::object{{"ok", false}, {"code", fault.wire_code()}, {"detail", fault.detail}});
    };
    boost::system::error_code error;
    const auto parsed = json::parse(request, error);
    if (error || !parsed.is_object()) return refuse(wrong("A request must be one JSON object on one line."));
    auto answer = parts_->answer(parsed.as_object());
    if (!answer) return refuse(answer.error());
    if (!answer->contains("ok")) answer->emplace("ok", true);
    return json::serialize(*answer);
}

// --- how it stands -------------------------------------------------------------------------------------------------

/// The last refusals: of this run from memory, of earlier ones from the log. A log that cannot be read is told in our
/// own log, and stops no status.
json::array Administration::Parts::refusals() const {
    auto shown = last_refusals(server, refusals_shown, true);
    if (!shown.empty()) return shown;
    const auto found = recent_refusals(server.file.log_folder, refusals_shown);
    if (!found) log::warning("status.refusals_unreadable", {{"reason", found.error().detail}});
    if (!found) return shown;
    for (const auto& one : *found)
        shown.push_back({{"record", one.number},
                         {"at", rfc3339(one.at)},
                         {"side", one.side},
                         {"client", one.client},
                         {"service", one.service},
                         {"message_id", one.message_id},
                         {"code", one.code}});
    return shown;
}

Administration::Parts::Answer Administration::Parts::status(const json::object&) {
    auto health = health_of(server);
    json::object answer{{"ok", true}, {"pid", static_cast<std::int64_t>(::getpid())}};
    health["format"] = "onceway-status/1";
    health["refusals"].as_object()["last"] = refusals();
    answer["status"] = std::move(health);
    return answer;
}

// --- another server ------------------------------------------------------------------------------------------------

Administration::Parts::Answer Administration::Parts::call_peer(const json::object& request) {
    const auto identity = server.keys.authentication();
    if (!identity) return fault(FaultCode::invalid_request, identity.error().detail);
    const auto shown =
        certificates_shown({text(request, "address"), server.file.ports.messages, *identity, server.file.outside});
    if (!shown) return shown.error();
    json::array certificates;
    for (const auto& certificate : *shown) certificates.emplace_back(to_base64(certificate.der()));
    return json::object{{"certificates", std::move(certificates)}};
}

// --- keys ----------------------------------------------------------------------------------------------------------

Administration::Parts::Answer Administration::Parts::list_keys(const json::object&) {
    json::array keys;
    for (const auto& key : server.keys.list()) keys.emplace_back(shown(key));
    auto health = health_of(server);
    return json::object{{"unlocked", server.keys.unlocked()},
                        {"keys", std::move(keys)},
                        {"certificates", health["keys"].as_object()["certificates"]}};
}

Administration::Parts::Answer Administration::Parts::generate_key(const json::object& request) {
    const auto usage = text(request, "usage"), family = text(request, "family");
    if (usage != "signing" && usage != "authentication")
        return wrong("The usage of a key is signing or authentication.");
    if (family != "rsa" && family != "ec") return wrong("A key is of the family rsa or ec.");
    const keys::SoftwareToken::NewKey wanted{
        text(request, "label"), usage == "signing" ? keys::KeyUsage::signing : keys::KeyUsage::authentication,
        family == "rsa" ? keys::KeyFamily::rsa : keys::KeyFamily::ec,
        static_cast<int>(number(request, "bits", family == "rsa" ? 2048 : 256))};
    const auto key = server.keys.generate(wanted);
    if (!key) return key.error();
    log::info("key.generated", {{"key", key->id}, {"usage", usage}, {"label", key->label}});
    return json::object{{"key", shown(*key)}};
}

Administration::Parts::Answer Administration::Parts::request_certificate(const json::object& request) {
    RequestWish wish;
    wish.key = text(request, "key");
    wish.member_name = text(request, "name");
    wish.profile = text(request, "profile");
    wish.dns_name = text(request, "dns");
    if (const auto* fields = request.if_contains("fields"); fields && fields->is_object())
        for (const auto& [name, value] : fields->as_object())
            if (value.is_string()) wish.fields[name] = std::string(value.as_string());
    const auto snapshot = server.view.current();
    auto made = make_request(wish, server.keys, server.file.id, snapshot ? snapshot->trust.get() : nullptr);
    if (!made) return made.error();
    log::info("key.certificate_requested", {{"key", wish.key}, {"subject", made->subject}});
    return json::object{{"csr", made->pem}, {"subject", made->subject}, {"profile", made->profile}};
}

Administration::Parts::Answer Administration::Parts::import_certificate(const json::object& request) {
    const auto given = text(request, "certificate");
    auto octets = given.starts_with("-----BEGIN") ? Result<Octets>(given) : from_base64(given);
    if (!octets) return wrong("The certificate is neither PEM nor DER in Base64.");
    const auto certificate = x509::Certificate::from_pem_or_der(*octets);
    if (!certificate) return certificate.error();
    const auto key = server.keys.import(*certificate);
    if (!key) return key.error();
    log::info("key.certificate_imported", {{"key", key->id}, {"subject", certificate->subject()}});
    json::object answer{{"key", shown(*key)}, {"subject", certificate->subject()}};
    for (const auto& standing : server.keys.standings())
        if (standing.certificate == *certificate && standing.member) answer["member"] = standing.member->url();
    return answer;
}

Administration::Parts::Answer Administration::Parts::unlock_keys(const json::object& request) {
    const auto unlocked = server.keys.unlock(text(request, "pin"));
    if (!unlocked) {
        log::warning("key.unlock_refused", {{"code", spelling(unlocked.error().code)}});
        return unlocked.error();
    }
    server.keys.fetch_soon();
    log::info("key.unlocked");
    return json::object{};
}

}  // namespace onceway::admin
