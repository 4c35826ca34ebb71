#include "security-server/admin/health.hpp"

#include "schemas/base/limits.hpp"
#include "security-server/access/registration.hpp"
#include "security-server/admin/declared_state.hpp"
#include "security-server/admin/key_picture.hpp"
#include "security-server/admin/machine.hpp"
#include "security-server/transport/refusals.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>

namespace onceway::admin {
namespace {

namespace json = boost::json;
constexpr std::size_t refusals_shown = 10;
constexpr std::uint64_t long_queue = 1'000;  // of messages; a tenth of what is refused

std::int64_t seconds_between(Instant from, Instant to) {
    return std::chrono::duration_cast<std::chrono::seconds>(to - from).count();
}

std::int64_t days_left(Instant now, Instant end) { return seconds_between(now, end) / 86'400; }

/// Text from outside as a JSON string may hold it.
std::string readable(std::string text) {
    if (is_utf8(text)) return text;
    for (auto& c : text)
        if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    return text;
}

/// Gathers the sections and what is wrong with them.
class Examination {
public:
    explicit Examination(const Administered& server) : server_(server), now_(server.clock.now()) {}

    json::object result() {
        json::object configuration = this->configuration(), keys = this->keys(), log = message_log(),
                     stamps = time_stamping(), state = this->state(), process = this->process(), disk = this->disk(),
                     queues = this->queues(), clock = this->clock(), refusals = this->refusals();
        const char* verdict = !troubles_.empty() ? "trouble" : !warnings_.empty() ? "warning" : "ok";
        return {{"format", "onceway-health/1"},
                {"ok", troubles_.empty()},
                {"verdict", verdict},
                {"at", rfc3339(now_)},
                {"troubles", std::move(troubles_)},
                {"warnings", std::move(warnings_)},
                {"server", server_.file.id.url()},
                {"version", ONCEWAY_VERSION},
                {"running", server_.client != nullptr},
                {"process", std::move(process)},
                {"configuration", std::move(configuration)},
                {"keys", std::move(keys)},
                {"message_log", std::move(log)},
                {"time_stamping", std::move(stamps)},
                {"queues", std::move(queues)},
                {"disk", std::move(disk)},
                {"clock", std::move(clock)},
                {"refusals", std::move(refusals)},
                {"state", std::move(state)}};
    }

private:
    void trouble(std::string_view code, std::string text) {
        troubles_.push_back({{"code", code}, {"text", readable(std::move(text))}});
    }
    void warn(std::string_view code, std::string text) {
        warnings_.push_back({{"code", code}, {"text", readable(std::move(text))}});
    }

    // --- what is proved: configuration, keys, certificates ---

    json::object configuration() {
        json::object section;
        if (const auto snapshot = server_.view.current()) {
            const auto left = seconds_between(now_, snapshot->expires);
            section = {{"instance", snapshot->trust->own_instance()},
                       {"version", snapshot->version},
                       {"revision", snapshot->revision},
                       {"expires", rfc3339_seconds(snapshot->expires)},
                       {"seconds_left", left},
                       {"valid", now_ <= snapshot->expires}};
            for (const auto& complaint : snapshot->trust->complaints()) warn("configuration_part_unusable", complaint);
        }
        if (const auto valid = server_.view.valid(now_); !valid) trouble("configuration_expired", valid.error().detail);
        if (!server_.client) return section;
        const auto standing = server_.client->standing();
        if (standing.last_success) section["last_success"] = rfc3339_seconds(*standing.last_success);
        section["location"] = standing.location;
        section["failures"] = standing.failures;
        if (!standing.trouble.empty()) {
            section["trouble"] = readable(standing.trouble);
            warn("configuration_download_failing",
                 "The last download of the global configuration failed: " + standing.trouble);
        }
        return section;
    }

    void warn_of_end(std::string_view code, const x509::Certificate& certificate, std::string_view what,
                     std::string_view remedy) {
        const auto days = days_left(now_, certificate.not_after());
        if (days < warn_days)
            warn(code, fmt::format("The {} {} ends in {} days. {}", what, certificate.subject(), days, remedy));
    }

    json::object certificate(const CertificateStanding& standing) {
        const auto days = days_left(now_, standing.certificate.not_after());
        json::object shown{{"key", standing.key.id},
                           {"usage", standing.key.usage == keys::KeyUsage::signing ? "signing" : "authentication"},
                           {"subject", standing.certificate.subject()},
                           {"issuer", standing.certificate.issuer()},
                           {"serial", standing.certificate.serial_decimal()},
                           {"sha256", to_hex(standing.certificate.sha256())},
                           {"not_after", rfc3339_seconds(standing.certificate.not_after())},
                           {"days_left", days},
                           {"usable", standing.trouble.empty()}};
        if (standing.member) shown["member"] = standing.member->url();
        if (standing.key.usage == keys::KeyUsage::authentication) shown["registered"] = standing.registered;
        if (standing.ocsp)
            shown["ocsp"] = {{"status", status_word(standing.ocsp->verdict.status)},
                             {"this_update", rfc3339_seconds(standing.ocsp->verdict.this_update)},
                             {"age_s", seconds_between(standing.ocsp->verdict.this_update, now_)},
                             {"seconds_left", seconds_between(now_, standing.ocsp->verdict.deadline)}};
        if (standing.ocsp_due) shown["ocsp_next_s"] = seconds_between(now_, *standing.ocsp_due);
        if (!standing.trouble.empty()) shown["trouble"] = readable(standing.trouble);
        if (!standing.ocsp_trouble.empty() && standing.certificate.valid_at(now_)) {  // nobody asks about ended ones
            shown["ocsp_trouble"] = readable(standing.ocsp_trouble);
            warn("ocsp_failing", standing.ocsp_trouble);
        }
        warn_of_end("certificate_ends_soon", standing.certificate, "certificate", "Have another issued.");
        return shown;
    }

    json::object keys() {
        json::array certificates;
        bool authentication = false, signing = false, registered = false;
        std::vector<std::string> unusable;
        for (const auto& standing : server_.keys.standings()) {
            const bool signs = standing.key.usage == keys::KeyUsage::signing;
            if (standing.trouble.empty())
                (signs ? signing : authentication) = true;
            else
                unusable.push_back(standing.trouble);
            registered = registered || (!signs && standing.trouble.empty() && standing.registered);
            certificates.emplace_back(certificate(standing));
        }
        judge_keys(authentication, signing, unusable);
        if (authentication && !registered && server_.view.current())
            trouble(
                "certificate_not_registered",
                "No authentication certificate of this server is registered, so other servers hang up. Send it to the "
                "registry's operator.");
        json::object section{{"unlocked", server_.keys.unlocked()}, {"certificates", std::move(certificates)}};
        if (auto internal = internal_certificate(); !internal.empty()) section["internal_tls"] = std::move(internal);
        return section;
    }

    void judge_keys(bool authentication, bool signing, const std::vector<std::string>& unusable) {
        const bool unlocked = server_.keys.unlocked();
        if (!server_.client && !unlocked) return;  // a stopped server's keys are locked, and that is no trouble
        if (!unlocked)
            return trouble("keys_locked", "The keys are locked. Unlock them with `onceway-server key unlock`.");
        if (!authentication || !signing)
            return trouble(
                "no_usable_certificate",
                fmt::format("There is no usable {} certificate. {}", authentication ? "signing" : "authentication",
                            unusable.empty() ? "Make a key with `onceway-server key generate` and import its "
                                               "certificate."
                                             : unusable.front()));
        for (const auto& why : unusable) warn("certificate_unusable", why);
    }

    json::object internal_certificate() {
        if (!server_.gauges || !server_.gauges->internal_certificate) return {};
        const auto shown = server_.gauges->internal_certificate();
        if (!shown) return {};
        warn_of_end("internal_certificate_ends_soon", *shown, "certificate towards information systems",
                    "Replace it, and give the new one to them.");
        return {{"subject", shown->subject()},
                {"sha256", to_hex(shown->sha256())},
                {"not_after", rfc3339_seconds(shown->not_after())},
                {"days_left", days_left(now_, shown->not_after())}};
    }

    // --- what is kept: the log and its stamps ---

    json::object message_log() {
        if (!server_.log) return {};
        const auto health = server_.log->health();
        json::object section{{"writable", health.writable},
                             {"last_number", health.last_number},
                             {"unstamped", health.unstamped},
                             {"waiting", static_cast<std::uint64_t>(health.waiting)}};
        if (health.oldest_unstamped) section["oldest_unstamped_s"] = seconds_between(*health.oldest_unstamped, now_);
        if (!health.writable)
            trouble("message_log_not_writable", "The message log cannot be written: " + health.trouble);
        if (!health.trouble.empty()) section["trouble"] = readable(health.trouble);
        return section;
    }

    json::object time_stamping() {
        if (!server_.timestamper) return {};
        const auto state = server_.timestamper->state();
        json::object authorities, section;
        json::array in_order;
        for (const auto& url : state.in_order) in_order.emplace_back(url);
        for (const auto& url : state.unknown)
            warn("time_stamping_authority_unknown", "The time-stamping authority " + url +
                                                        " is selected in server.toml, but the global configuration "
                                                        "does not name it. Compare the address letter by letter.");
        for (const auto& [url, failure] : state.authorities) {
            if (std::ranges::count(state.in_order, url) == 0) continue;  // was asked once, and is no more
            authorities[url] = failure.empty() ? "right" : readable(failure);
            if (!failure.empty())
                warn("time_stamping_authority_failing", "The time-stamping authority " + url + " failed: " + failure);
        }
        for (const auto& url : state.unknown)
            warn("time_stamping_authority_unknown",
                 "server.toml selects the time-stamping authority " + url + ", which the registry has not approved.");
        if (state.stamp_before) section["stamp_before"] = rfc3339_seconds(*state.stamp_before);
        if (state.last_success) section["last_success"] = rfc3339_seconds(*state.last_success);
        if (state.failing_since) section["failing_since"] = rfc3339_seconds(*state.failing_since);
        if (state.stamp_before) section["stamp_before"] = rfc3339_seconds(*state.stamp_before);
        section["authorities"] = std::move(authorities);
        section["in_order"] = std::move(in_order);
        if (const auto admits = server_.timestamper->admits(); !admits)
            trouble("time_stamping_failed", admits.error().detail);
        warn_of_late_stamps();
        return section;
    }

    /// Half the age at which a record can no longer be stamped in time. Rule: message-log T1.
    void warn_of_late_stamps() {
        const auto snapshot = server_.view.current();
        const auto oldest = server_.log ? server_.log->health().oldest_unstamped : std::nullopt;
        if (!snapshot || !oldest) return;
        const auto age = seconds_between(*oldest, now_), most = snapshot->trust->ocsp_freshness_seconds();
        if (age * 2 > most)
            warn("records_unstamped",
                 fmt::format(
                     "The oldest record without a time-stamp is {} s old; from {} s on a stamp comes too late to "
                     "prove its signature. Have the time-stamping authority answer.",
                     age, most));
    }

    // --- what is counted ---

    json::object queues() {
        if (!server_.gauges) return {};
        const auto signatures = static_cast<std::uint64_t>(server_.gauges->signatures_waiting());
        const auto records = server_.log ? static_cast<std::uint64_t>(server_.log->health().waiting) : 0;
        std::uint64_t exchanges = 0, connections = 0;
        json::array doors;
        bool messages = false;
        for (const auto& door : server_.gauges->doors()) {
            exchanges += door.exchanges;
            connections += door.connections;
            messages = messages || door.name == "messages";
            doors.push_back({{"name", door.name},
                             {"address", door.address},
                             {"port", door.port},
                             {"connections", static_cast<std::uint64_t>(door.connections)},
                             {"exchanges", static_cast<std::uint64_t>(door.exchanges)}});
        }
        if (!messages && !doors.empty())
            trouble("peer_door_closed", fmt::format("Port {} at {} is closed: there is no usable authentication "
                                                    "certificate to show there.",
                                                    server_.file.ports.messages, server_.file.outside));
        for (const auto& [what, length] : {std::pair("a signature", signatures), std::pair("the message log", records)})
            if (length > long_queue)
                warn("queue_long", fmt::format("{} messages wait for {}: this machine is at its limit.", length, what));
        return {{"work", work()},         {"signatures", signatures},   {"records", records},
                {"exchanges", exchanges}, {"connections", connections}, {"doors", std::move(doors)}};
    }

    json::object work() {
        if (!server_.gauges->work) return {};
        const auto now = server_.gauges->work();
        if (std::max(now.asking, now.answering) * 10 > now.most * 9 || now.body_octets / 9 > now.body_octets_most / 10)
            warn("work_at_limit",
                 fmt::format(
                     "{} exchanges of our clients and {} of others are in flight, {} of each may be: what comes "
                     "beyond is refused as overloaded. Spread the load, or see Overload in the operators' guide.",
                     now.asking, now.answering, now.most));
        return {{"asking", static_cast<std::uint64_t>(now.asking)},
                {"answering", static_cast<std::uint64_t>(now.answering)},
                {"most", static_cast<std::uint64_t>(now.most)},
                {"refused", now.refused},
                {"body_octets", now.body_octets},
                {"body_octets_most", now.body_octets_most}};
    }

    json::object process() {
        if (!server_.gauges) return {};
        const auto use = process_use();
        if (use.descriptors_most > 0 && use.descriptors * 10 > use.descriptors_most * 9)
            warn("descriptors_short", fmt::format("{} of {} descriptors are in use. Raise the limit (LimitNOFILE), or "
                                                  "find out who opens so many connections.",
                                                  use.descriptors, use.descriptors_most));
        return {{"pid", static_cast<std::int64_t>(::getpid())},
                {"since", rfc3339_seconds(server_.gauges->since)},
                {"up_s", seconds_between(server_.gauges->since, now_)},
                {"memory_octets", use.memory_octets},
                {"memory_peak_octets", use.memory_peak_octets},
                {"descriptors", use.descriptors},
                {"descriptors_most", use.descriptors_most},
                {"threads", use.threads}};
    }

    json::object disk() {
        const auto space = disk_space(server_.file.log_folder);
        if (!space) return {};
        if (space->free_octets < low_disk_octets)
            warn("disk_short", fmt::format("{} are left on the disk of the message log, {}. Make room: a full disk "
                                           "refuses every message.",
                                           in_units(space->free_octets), server_.file.log_folder.string()));
        return {{"folder", server_.file.log_folder.string()},
                {"free_octets", space->free_octets},
                {"size_octets", space->size_octets},
                {"free_percent", space->free_percent()}};
    }

    json::object clock() {
        if (!server_.gauges || !server_.gauges->clocks) return {};
        auto offsets = server_.gauges->clocks();
        json::object sources;
        for (const auto& one : offsets) sources[one.source] = one.offset.count();
        const auto middle = middle_of(std::move(offsets));
        if (!middle) return {};
        if (std::chrono::abs(middle->offset) > warn_clock + middle->uncertainty)
            warn("clock_apart", fmt::format("This machine's clock is {} s {} of {}'s. Have it set by NTP: beyond {} s "
                                            "proofs are refused.",
                                            std::chrono::abs(middle->offset).count() / 1000,
                                            middle->offset.count() > 0 ? "ahead" : "behind", middle->source,
                                            limits::clock_skew.count()));
        return {{"offset_ms", middle->offset.count()},
                {"uncertainty_ms", middle->uncertainty.count()},
                {"sources", std::move(sources)}};
    }

    json::object refusals() {
        if (!server_.gauges) return {};
        std::uint64_t lately = 0;
        json::object counts;
        for (const auto& [code, count] : transport::refusals().last_hour(now_)) {
            counts[readable(code)] = count;
            lately += count;
        }
        return {{"since_start", transport::refusals().in_all()},
                {"last_hour", lately},
                {"last_hour_by_code", std::move(counts)},
                {"last", last_refusals(server_, refusals_shown, false)}};
    }

    void look_at_service(const access::Client& client, const access::Service& service) {
        if (service.disabled) return;
        if (service.url.empty())
            warn("service_without_address",
                 fmt::format("The service {} of {} has no address: each call fails. Give it one with `onceway-server "
                             "service set`.",
                             service.code, client.id.url()));
        if (service.verify_certificate && client.certificates.empty() && service.url.starts_with("https:"))
            warn("service_without_certificate",
                 fmt::format("The service {} of {} is called over https, but no certificate is declared that "
                             "it may show: each call fails. Add it to the client's certificates.",
                             service.code, client.id.url()));
    }

    /// How each client stands; whether it is registered is known with a configuration only.
    json::array clients(const access::State& state) {
        json::array all;
        const auto snapshot = server_.view.current();
        for (const auto& client : state.clients) {
            json::object one{{"client", client.id.url()}, {"connection", connection_word(client.connection)}};
            if (snapshot) {
                const bool registered = access::registered(client.id, server_.file.id, *snapshot->trust);
                one["registered"] = registered;
                if (!registered)
                    warn("client_not_registered",
                         fmt::format("{} is declared, but the configuration does not list it as a client of this "
                                     "server: it is refused. Have it registered, or take it out.",
                                     client.id.url()));
            }
            all.push_back(std::move(one));
        }
        return all;
    }

    json::object state() {
        const auto state = server_.state.current();
        std::uint64_t services = 0, rights = 0;
        std::uint64_t unverified = 0;  // called over TLS with whoever answers, as their operator declared
        for (const auto& client : state->clients) {
            for (const auto& service : client.services) {
                if (!service.verify_certificate) ++unverified;
                look_at_service(client, service);
            }
            services += client.services.size();
            rights += client.rights.size();
        }
        return {{"revision", state->revision},        {"clients", static_cast<std::uint64_t>(state->clients.size())},
                {"client_standing", clients(*state)}, {"services", services},
                {"unverified_services", unverified},  {"rights", rights}};
    }

    const Administered& server_;
    Instant now_;
    json::array troubles_, warnings_;
};

}  // namespace

json::object health_of(const Administered& server) { return Examination(server).result(); }

json::array last_refusals(const Administered& server, std::size_t most, bool named) {
    json::array shown;
    if (!server.gauges) return shown;
    for (const auto& one : transport::refusals().last(most)) {
        json::object entry{{"at", rfc3339(one.at)}, {"side", one.side}, {"code", readable(one.code)}};
        if (named) {
            entry["client"] = readable(one.client);
            entry["service"] = readable(one.service);
            entry["message_id"] = readable(one.message_id);
            entry["reason"] = readable(one.reason);
        }
        shown.push_back(std::move(entry));
    }
    return shown;
}

}  // namespace onceway::admin
