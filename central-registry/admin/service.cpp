#include "central-registry/admin/service.hpp"

#include "central-registry/approvals/decisions.hpp"
#include "central-registry/members/store.hpp"
#include "central-registry/publish/route.hpp"
#include "central-registry/trust/secret.hpp"
#include "certs/channel/url.hpp"
#include "schemas/base/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace onceway::central {
namespace {

using Steady = std::chrono::steady_clock;

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

Result<std::shared_ptr<channel::TlsContext>> door_identity(store::Database& database, const Place& place) {
    const auto passphrase = read_secret(place.secret());
    if (!passphrase) return passphrase.error();
    auto key = unlock_active_key(database, Purpose::tls, *passphrase);
    if (!key) return std::move(key).error();
    return channel::TlsContext::server({{key->certificate}, key->key}, false);
}

std::string url_of(std::string_view scheme, const std::string& address, std::uint16_t port) {
    return fmt::format("{}://{}:{}", scheme, address.substr(0, address.rfind(':')), port);
}

}  // namespace

void Schedule::look() {
    if (Steady::now() < next_glance_) return;
    try {
        look_once();
    } catch (const std::exception& error) {
        next_glance_ = Steady::now() + retry;
        log::error("configuration.not_published", {{"decision", decision_}, {"reason", error.what()}});
    }
}

void Schedule::look_once() {
    const auto decision = last_decision(database_);
    if (decision == decision_ && Steady::now() < due_) return;
    const auto every = load_state(database_).publication.every;
    const auto published = publish_state(database_, place_, ring_, Clock::system().now());
    decision_ = decision;
    due_ = Steady::now() + (published ? every : std::min<std::chrono::seconds>(every, retry));
    if (published)
        log::info(
            "configuration.published",
            {{"decision", decision}, {"folder", published->folder}, {"expires", rfc3339_seconds(published->expires)}});
    else
        log::error("configuration.not_published", {{"decision", decision}, {"reason", published.error().detail}});
}

Service::Service(store::Database database, const Place& place, const ServeWishes& wishes)
    : place_(place), wishes_(wishes), database_(std::move(database)), schedule_(database_, place_) {}
Service::~Service() {
    https_.reset();
    http_.reset();
    threads_.stop();
}

Result<std::unique_ptr<Service>> Service::start(const Place& place, const ServeWishes& wishes) {
    auto database = open_registry(place);
    if (!database) return std::move(database).error();
    std::unique_ptr<Service> service(new Service(std::move(*database), place, wishes));
    service->look();
    if (auto opened = service->open_doors(); !opened) return opened.error();
    return service;
}

Result<std::unique_ptr<channel::Listener>> Service::open_door(const std::string& address,
                                                              std::shared_ptr<channel::TlsContext> tls) {
    const auto door = door_of(address);
    if (!door) return door.error();
    channel::ListenerSettings settings;
    settings.name = tls ? "configuration-https" : "configuration-http";
    settings.address = door->host;
    settings.port = door->port;
    settings.tls = std::move(tls);
    return channel::Listener::open(threads_, std::move(settings), configuration_route(place_.published()));
}

Result<void> Service::open_doors() {
    auto http = open_door(wishes_.http_address, nullptr);
    if (!http) return std::move(http).error();
    http_ = std::move(*http);
    if (wishes_.https_address.empty()) return {};
    auto identity = door_identity(database_, place_);
    if (!identity) return std::move(identity).error();
    auto https = open_door(wishes_.https_address, *identity);
    if (!https) return std::move(https).error();
    https_ = std::move(*https);
    return {};
}

void Service::stop() {
    http_->stop_accepting();
    if (https_) https_->stop_accepting();
    const auto in_flight = [&] { return http_->in_flight() + (https_ ? https_->in_flight() : 0); };
    for (const auto until = Steady::now() + patience_at_end; in_flight() > 0 && Steady::now() < until;)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

std::string Service::instance() { return load_state(database_).instance; }
std::string Service::http_url() const { return url_of("http", wishes_.http_address, http_->port()); }
std::string Service::https_url() const { return https_ ? url_of("https", wishes_.https_address, https_->port()) : ""; }

}  // namespace onceway::central
