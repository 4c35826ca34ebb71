#include "adapters/kit/serving.hpp"

#include "certs/channel/server.hpp"
#include "schemas/base/log.hpp"

#include <boost/asio/io_context.hpp>

#include <csignal>
#include <exception>
#include <thread>

namespace onceway::kit {
namespace {

constexpr unsigned network_threads = 1;  // the work is done on the disk pool

/// The handler's answer; what it throws is logged, and the caller learns no more than that.
Answer answer_of(const Handler& handler, const Request& request) {
    try {
        return handler(request);
    } catch (const std::exception& error) {
        log::error("request.failed", {{"method", request.method}, {"error", error.what()}});
        return refusal(500, "failed", "The adapter failed; its log says why.");
    }
}

}  // namespace

struct Serving::Parts {
    Parts(ServingSettings given, Handler with)
        : settings(std::move(given)), handler(std::move(with)), threads(network_threads) {}

    ServingSettings settings;
    Handler handler;
    channel::Threads threads;
    std::unique_ptr<channel::Listener> listener;

    boost::asio::awaitable<void> serve(channel::Exchange& exchange);
};

boost::asio::awaitable<void> Serving::Parts::serve(channel::Exchange& exchange) {
    // 1. The whole request, within its bound.
    Request request{exchange.head().method, exchange.head().target, exchange.head().fields, {}};
    bool too_large = false;
    while (!too_large) {
        const auto piece = co_await exchange.read_body();
        if (!piece) co_return;  // the other side went away or broke the framing; the listener has said so
        if (piece->empty()) break;
        too_large = request.body.size() + piece->size() > settings.body_octets;
        if (!too_large) request.body += *piece;
    }

    // 2. The handler, where it may block.
    Answer answer = refusal(413, "body_too_large", "The body is too large.");
    if (too_large) {
        exchange.close_after();
    } else {
        std::function<void()> work = [this, &request, &answer] { answer = answer_of(handler, request); };
        co_await channel::on_disk_pool(std::move(work));
    }

    // 3. Its answer.
    message::Fields fields = std::move(answer.fields);
    fields.emplace(fields.begin(), "Content-Type", answer.content_type);
    const auto reason = reason_of(answer.status);
    const auto sent = co_await exchange.respond(answer.status, reason, fields, answer.body);
    if (!sent) log::info("answer.not_delivered", {{"reason", sent.error().detail}});
}

Serving::Serving(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Serving::~Serving() {
    if (parts_) stop();
}

Result<std::unique_ptr<Serving>> Serving::open(ServingSettings settings, Handler handler) {
    auto parts = std::make_unique<Parts>(std::move(settings), std::move(handler));
    channel::ListenerSettings listen;
    listen.name = parts->settings.name;
    listen.address = parts->settings.address;
    listen.port = parts->settings.port;
    listen.connections_per_address = listen.connections;  // one security server calls, from one address
    listen.refusal_type = "application/json";
    listen.refusal_body = [](const Fault& fault) { return refusal(400, "bad_request", fault.detail).body; };
    auto route = [parts = parts.get()](channel::Exchange& exchange) { return parts->serve(exchange); };
    auto listener = channel::Listener::open(parts->threads, std::move(listen), std::move(route));
    if (!listener) return listener.error();
    parts->listener = std::move(*listener);
    return std::unique_ptr<Serving>(new Serving(std::move(parts)));
}

std::uint16_t Serving::port() const { return parts_->listener->port(); }

bool Serving::stop(std::chrono::milliseconds within) {
    if (!parts_->listener) return true;
    parts_->listener->stop_accepting();
    const auto deadline = std::chrono::steady_clock::now() + within;
    while (parts_->listener->in_flight() > 0 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const bool finished = parts_->listener->in_flight() == 0;
    parts_->listener.reset();
    parts_->threads.stop();
    return finished;
}

namespace {

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

}  // namespace

void hold_stop_signals() {
    const auto signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

std::string wait_for_stop_signal() {
    const auto signals = stop_signals();
    int which = 0;
    while (sigwait(&signals, &which) != 0) {
    }
    return which == SIGTERM ? "SIGTERM" : "SIGINT";
}

}  // namespace onceway::kit
