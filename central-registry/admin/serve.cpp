#include "central-registry/admin/commands.hpp"
#include "central-registry/admin/publishing.hpp"
#include "central-registry/admin/report.hpp"
#include "central-registry/approvals/decisions.hpp"
#include "central-registry/members/store.hpp"
#include "central-registry/publish/route.hpp"
#include "central-registry/trust/secret.hpp"
#include "certs/channel/threads.hpp"
#include "certs/channel/url.hpp"
#include "schemas/base/log.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

namespace onceway::central {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::string_view format = "onceway-registry-serve/1";
constexpr std::chrono::milliseconds glance{200};    // between two looks for decisions
constexpr std::chrono::seconds retry{10};           // after a failed publication, unless the interval is shorter
constexpr std::chrono::seconds patience_at_end{5};  // for answers that are under way

/// An address to listen at, "127.0.0.1:8880" or "[::1]:8880"; port 0 means any.
struct Door {
    std::string host;
    std::uint16_t port = 0;
};

Result<Door> door_of(const std::string& text) {
    const bool any_port = text.ends_with(":0");
    const auto url = channel::Url::parse(fmt::format("http://{}/", any_port ? text.substr(0, text.size() - 2) : text));
    if (!url || url->target != "/")
        return fault(FaultCode::invalid_argument,
                     fmt::format("'{}' must be an address and a port, 127.0.0.1:8880", text));
    return Door{url->host, any_port ? std::uint16_t{0} : url->port};
}

Result<std::unique_ptr<channel::Listener>> open_door(channel::Threads& threads, const std::string& address,
                                                     std::shared_ptr<channel::TlsContext> tls, const Place& place) {
    const auto door = door_of(address);
    if (!door) return door.error();
    channel::ListenerSettings settings;
    settings.name = tls ? "configuration-https" : "configuration-http";
    settings.address = door->host;
    settings.port = door->port;
    settings.tls = std::move(tls);
    return channel::Listener::open(threads, std::move(settings), configuration_route(place.published()));
}

Result<std::shared_ptr<channel::TlsContext>> door_identity(store::Database& database, const Place& place) {
    const auto passphrase = read_secret(place.secret());
    if (!passphrase) return passphrase.error();
    auto key = unlock_active_key(database, Purpose::tls, *passphrase);
    if (!key) return std::move(key).error();
    return channel::TlsContext::server({{key->certificate}, key->key}, false);
}

/// Publishes when a decision was made, when the interval has passed, and again after a failure.
class Schedule {
public:
    Schedule(store::Database& database, const Place& place) : database_(database), place_(place) {}

    /// A broken disk or database ends no publication that is out: it is told, and tried again.
    void look() {
        try {
            look_once();
        } catch (const std::exception& error) {
            next_glance_ = Steady::now() + retry;
            log::error("configuration.not_published", {{"decision", decision_}, {"reason", error.what()}});
        }
    }

private:
    void look_once() {
        if (Steady::now() < next_glance_) return;
        const auto decision = last_decision(database_);
        if (decision == decision_ && Steady::now() < due_) return;
        const auto every = load_state(database_).publication.every;
        const auto published = publish_state(database_, place_, Clock::system().now());
        decision_ = decision;
        due_ = Steady::now() + (published ? every : std::min<std::chrono::seconds>(every, retry));
        if (published)
            log::info("configuration.published", {{"decision", decision},
                                                  {"folder", published->folder},
                                                  {"expires", rfc3339_seconds(published->expires)}});
        else
            log::error("configuration.not_published", {{"decision", decision}, {"reason", published.error().detail}});
    }

    store::Database& database_;
    const Place& place_;
    std::int64_t decision_ = -1;
    Steady::time_point due_{}, next_glance_{};
};

/// SIGINT and SIGTERM, blocked in every thread that is started later, and waited for here.
class StopSignals {
public:
    StopSignals() {
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGINT);
        sigaddset(&signals_, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    }
    /// True when one arrived within `time`.
    bool within(std::chrono::milliseconds time) const {
        const timespec wait{time.count() / 1000, (time.count() % 1000) * 1'000'000};
        return sigtimedwait(&signals_, nullptr, &wait) > 0;
    }

private:
    sigset_t signals_{};
};

void report_ready(const State& state, const std::string& http, const std::string& https, bool json) {
    log::info("registry.ready", {{"instance", state.instance}, {"http", http}, {"https", https}});
    if (json)
        print({{"format", format},
               {"ok", true},
               {"instance", state.instance},
               {"http", http},
               {"https", https},
               {"pid", ::getpid()}});
    else
        print_line(fmt::format("onceway-registry: ready. Instance {}, {} {}", state.instance, http, https));
}

std::string url_of(std::string_view scheme, const std::string& address, std::uint16_t port) {
    return fmt::format("{}://{}:{}", scheme, address.substr(0, address.rfind(':')), port);
}

}  // namespace

int serve(const Place& place, const ServeWishes& wishes, bool json) {
    // 1. The registry, and its first publication of this run.
    const StopSignals stop;
    auto database = open_registry(place);
    if (!database) return refuse(database.error(), format, json);
    Schedule schedule(*database, place);
    schedule.look();

    // 2. The doors.
    channel::Threads threads(2);
    auto http = open_door(threads, wishes.http_address, nullptr, place);
    if (!http) return refuse(http.error(), format, json);
    std::unique_ptr<channel::Listener> https;
    if (!wishes.https_address.empty()) {
        auto identity = door_identity(*database, place);
        if (!identity) return refuse(identity.error(), format, json);
        auto opened = open_door(threads, wishes.https_address, *identity, place);
        if (!opened) return refuse(opened.error(), format, json);
        https = std::move(*opened);
    }
    report_ready(load_state(*database), url_of("http", wishes.http_address, (*http)->port()),
                 https ? url_of("https", wishes.https_address, https->port()) : "", json);

    // 3. Publish, until told to stop; then let the answers under way end.
    while (!stop.within(glance)) schedule.look();
    (*http)->stop_accepting();
    if (https) https->stop_accepting();
    const auto in_flight = [&] { return (*http)->in_flight() + (https ? https->in_flight() : 0); };
    for (const auto until = Steady::now() + patience_at_end; in_flight() > 0 && Steady::now() < until;)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    threads.stop();
    log::info("registry.stopped");
    return 0;
}

}  // namespace onceway::central
