#include "security-server/admin/doors.hpp"

#include "schemas/base/log.hpp"
#include "security-server/admin/health.hpp"

#include <boost/json/serialize.hpp>

namespace onceway::admin {
namespace {

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

}  // namespace

boost::asio::awaitable<void> route_inside(channel::Exchange& exchange, const InsideRoutes& routes) {
    const auto& head = exchange.head();
    const auto path = path_of(head.target);
    const channel::Route* route = &routes.messages;
    if (head.method == "GET" && path == "/asic") route = &routes.signed_documents;
    if (head.method == "GET" && path == "/verificationconf") route = &routes.configuration_copy;
    if (head.method == "GET" && path == "/listClients") route = &routes.clients;
    co_await (*route)(exchange);
}

boost::asio::awaitable<void> answer_health(channel::Exchange& exchange, const Administered& server) {
    const message::Fields fields{{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}};
    const auto& method = exchange.head().method;
    if (method != "GET" && method != "HEAD") {
        const auto refusal = std::string(R"({"error":"only GET and HEAD are served"})") + '\n';
        [[maybe_unused]] auto sent = co_await exchange.respond(405, "Method Not Allowed", fields, refusal);
        co_return;
    }
    boost::json::object health;
    const std::function<void()> look = [&] { health = health_of(server); };
    co_await channel::on_disk_pool(look);
    const bool ok = health.at("ok").as_bool();
    const auto body = boost::json::serialize(health) + '\n';
    [[maybe_unused]] auto sent =
        co_await exchange.respond(ok ? 200 : 503, ok ? "OK" : "Service Unavailable", fields, body);
}

PeerDoor::PeerDoor(channel::Threads& threads, channel::ListenerSettings settings, channel::Route route, Tls tls)
    : threads_(threads), settings_(std::move(settings)), route_(std::move(route)), tls_(std::move(tls)) {}

Result<void> PeerDoor::renew() {
    auto tls = tls_();
    if (!tls) return tls.error();
    const std::lock_guard held(lock_);
    if (stopping_) return {};
    if (listener_) {
        listener_->set_tls(std::move(*tls));
        return {};
    }
    settings_.tls = std::move(*tls);
    auto opened = channel::Listener::open(threads_, settings_, route_);
    if (!opened) return opened.error();
    listener_ = std::move(*opened);
    log::info("peer_door.opened", {{"address", settings_.address}, {"port", static_cast<int>(listener_->port())}});
    return {};
}

std::uint16_t PeerDoor::port() const {
    const std::lock_guard held(lock_);
    return listener_ ? listener_->port() : std::uint16_t{0};
}

void PeerDoor::stop_accepting() {
    const std::lock_guard held(lock_);
    stopping_ = true;
    if (listener_) listener_->stop_accepting();
}

std::size_t PeerDoor::in_flight() const {
    const std::lock_guard held(lock_);
    return listener_ ? listener_->in_flight() : 0;
}

std::size_t PeerDoor::connections() const {
    const std::lock_guard held(lock_);
    return listener_ ? listener_->connections() : 0;
}

}  // namespace onceway::admin
