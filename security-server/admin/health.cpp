#include "security-server/admin/health.hpp"

#include "security-server/admin/key_picture.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace onceway::admin {
namespace {

namespace json = boost::json;

std::int64_t seconds_between(Instant from, Instant to) {
    return std::chrono::duration_cast<std::chrono::seconds>(to - from).count();
}

std::int64_t days_left(Instant now, Instant end) { return seconds_between(now, end) / 86'400; }

/// Gathers the sections and what is wrong with them.
class Examination {
public:
    explicit Examination(const Administered& server) : server_(server), now_(server.clock.now()) {}

    json::object result() {
        json::object configuration = this->configuration(), keys = this->keys(), log = message_log(),
                     state = this->state(), stamps = time_stamping();
        return {{"format", "onceway-health/1"},
                {"ok", troubles_.empty()},
                {"at", rfc3339(now_)},
                {"troubles", std::move(troubles_)},
                {"warnings", std::move(warnings_)},
                {"server", server_.file.id.url()},
                {"version", ONCEWAY_VERSION},
                {"running", server_.client != nullptr},
                {"configuration", std::move(configuration)},
                {"keys", std::move(keys)},
                {"message_log", std::move(log)},
                {"time_stamping", std::move(stamps)},
                {"state", std::move(state)}};
    }

private:
    void trouble(std::string text) { troubles_.emplace_back(std::move(text)); }
    void warn(std::string text) { warnings_.emplace_back(std::move(text)); }

    json::object configuration() {
        json::object section;
        if (const auto snapshot = server_.view.current()) {
            const auto left = seconds_between(now_, snapshot->expires);
            section = {{"instance", snapshot->trust->own_instance()},
                       {"version", snapshot->version},
                       {"revision", snapshot->revision},
                       {"expires", rfc3339_seconds(snapshot->expires)},
                       {"seconds_left", left},
                       {"valid", left >= 0}};
            for (const auto& complaint : snapshot->trust->complaints()) warn(complaint);
        }
        if (const auto valid = server_.view.valid(now_); !valid) trouble(valid.error().detail);
        if (!server_.client) return section;
        const auto standing = server_.client->standing();
        if (standing.last_success) section["last_success"] = rfc3339_seconds(*standing.last_success);
        section["location"] = standing.location;
        section["failures"] = standing.failures;
        if (!standing.trouble.empty()) {
            section["trouble"] = standing.trouble;
            warn("The last download of the global configuration failed: " + standing.trouble);
        }
        return section;
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
        if (!standing.trouble.empty()) shown["trouble"] = standing.trouble;
        if (days < warn_days)
            warn(fmt::format("The certificate {} ends in {} days. Have another issued.", standing.certificate.subject(),
                             days));
        return shown;
    }

    json::object keys() {
        json::array certificates;
        bool authentication = false, signing = false;
        std::string first_trouble;
        for (const auto& standing : server_.keys.standings()) {
            if (standing.trouble.empty())
                (standing.key.usage == keys::KeyUsage::signing ? signing : authentication) = true;
            else if (first_trouble.empty())
                first_trouble = standing.trouble;
            certificates.emplace_back(certificate(standing));
        }
        const auto unlocked = server_.keys.unlocked();
        if (first_trouble.empty())
            first_trouble = "Make a key with `onceway-server key generate` and import its certificate.";
        const bool stopped =
            !server_.client && !unlocked;  // a stopped server's keys are locked, and that is no trouble
        if (!unlocked && !stopped)
            trouble("The keys are locked. Unlock them with `onceway-server key unlock`.");
        else if (!stopped && (!authentication || !signing))
            trouble(fmt::format("There is no usable {} certificate. {}", authentication ? "signing" : "authentication",
                                first_trouble));
        return {{"unlocked", unlocked}, {"certificates", std::move(certificates)}};
    }

    json::object message_log() {
        if (!server_.log) return {};
        const auto health = server_.log->health();
        json::object section{{"writable", health.writable},
                             {"last_number", health.last_number},
                             {"unstamped", health.unstamped},
                             {"waiting", static_cast<std::uint64_t>(health.waiting)}};
        if (health.oldest_unstamped) {
            const auto age = seconds_between(*health.oldest_unstamped, now_);
            section["oldest_unstamped_s"] = age;
        }
        if (!health.writable) trouble("The message log cannot be written: " + health.trouble);
        if (!health.trouble.empty()) section["trouble"] = health.trouble;
        return section;
    }

    json::object time_stamping() {
        if (!server_.timestamper) return {};
        const auto state = server_.timestamper->state();
        json::object authorities, section;
        for (const auto& [url, failure] : state.authorities) {
            authorities[url] = failure.empty() ? "right" : failure;
            if (!failure.empty()) warn("The time-stamping authority " + url + " failed: " + failure);
        }
        if (state.last_success) section["last_success"] = rfc3339_seconds(*state.last_success);
        if (state.failing_since) section["failing_since"] = rfc3339_seconds(*state.failing_since);
        section["authorities"] = std::move(authorities);
        if (const auto admits = server_.timestamper->admits(); !admits) trouble(admits.error().detail);
        return section;
    }

    json::object state() {
        const auto state = server_.state.current();
        std::uint64_t services = 0, rights = 0;
        for (const auto& client : state->clients) {
            services += client.services.size();
            rights += client.rights.size();
        }
        return {{"revision", state->revision},
                {"clients", static_cast<std::uint64_t>(state->clients.size())},
                {"services", services},
                {"rights", rights}};
    }

    const Administered& server_;
    Instant now_;
    json::array troubles_, warnings_;
};

}  // namespace

json::object health_of(const Administered& server) { return Examination(server).result(); }

}  // namespace onceway::admin
