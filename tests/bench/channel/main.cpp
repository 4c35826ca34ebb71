// bench_channel [--json] [SECONDS]: our HTTP server and client in one process and on one thread, kept alive, 64
// connections; CPU time per round trip. The budget it is held against stands in docs/performance.md.
#include "certs/channel/client.hpp"
#include "certs/channel/server.hpp"

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <future>
#include <string>

namespace onceway {
namespace {

using boost::asio::awaitable;
using channel::Exchange;

double cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Case {
    const char* name;
    const char* key;  // in JSON
    bool tls;
    std::size_t request, answer;
};

struct Run {
    std::string request, answer;
    std::atomic<bool> stop = false;
    std::atomic<std::uint64_t> exchanges = 0;
    std::atomic<int> callers = 0, failed = 0;
};

channel::TlsIdentity identity() {
    const auto key = std::make_shared<const keys::PrivateKey>(keys::PrivateKey::generate_rsa(2048));
    const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const x509::Issue wanted{{{"CN", "bench"}},
                             key->public_key().spki(),
                             x509::Profile::authentication,
                             {},
                             now - std::chrono::hours(1),
                             now + std::chrono::hours(24),
                             {},
                             {}};
    return {{x509::issue(wanted, nullptr, *key).value()}, key};
}

Async<void> one_exchange(channel::Connection& connection, const Run& run) {
    auto written = co_await connection.write(run.request);
    if (!written) co_return written.error();
    const message::HeadRules rules;
    auto head = co_await connection.read_head(rules, std::chrono::seconds(10));
    if (!head) co_return head.error();
    for (;;) {
        auto octets = co_await connection.read_body(std::chrono::seconds(10));
        if (!octets) co_return octets.error();
        if (octets->empty()) break;
    }
    connection.next();
    co_return Result<void>{};
}

awaitable<void> call(std::uint16_t port, std::shared_ptr<channel::TlsContext> tls, Run& run) {
    channel::ConnectTo to;
    to.host = "127.0.0.1";
    to.port = port;
    to.tls = std::move(tls);
    auto opened = co_await channel::Connection::open(std::move(to));
    bool fine = opened.has_value();
    while (fine && !run.stop) {
        auto done = co_await one_exchange(**opened, run);
        fine = done.has_value();
        if (!fine) fmt::print(stderr, "{}\n", done.error().detail);
        ++run.exchanges;
    }
    if (!fine) ++run.failed;
    --run.callers;
}

awaitable<void> respond(Exchange& exchange, const std::string& body) {
    for (;;) {
        auto octets = co_await exchange.read_body();
        if (!octets) co_return;
        if (octets->empty()) break;
    }
    const message::Fields fields{{"Content-Type", "application/json"}};
    auto responded = co_await exchange.respond(200, "OK", fields, body);
    if (!responded) exchange.close_after();
}

struct Measured {
    bool fine;
    double per_second, cpu_us;
};

Measured measure(const Case& which, const channel::TlsIdentity& own, std::chrono::seconds duration) {
    constexpr int connections = 64;
    Run run;
    const message::Fields fields{{"Content-Type", "application/json"}};
    run.request =
        channel::write_request_head("POST", "/", "bench", fields, {message::Framing::Kind::length, which.request});
    run.request.append(which.request, 'q');
    run.answer.assign(which.answer, 'a');

    channel::Threads threads(1);
    channel::ListenerSettings settings;
    settings.name = "bench";
    settings.address = "127.0.0.1";
    auto anybody = [](const x509::Certificate&) { return true; };
    std::shared_ptr<channel::TlsContext> calling;
    if (which.tls) {
        settings.tls = channel::TlsContext::peer_server(own, anybody, {}).value();
        calling = channel::TlsContext::peer_client(own).value();
    }
    auto route = [&run](Exchange& exchange) { return respond(exchange, run.answer); };
    auto listener = channel::Listener::open(threads, settings, route);
    run.callers = connections;
    for (int i = 0; i < connections; ++i)
        threads.spawn(threads.context(0), "caller", call((*listener)->port(), calling, run));

    std::this_thread::sleep_for(std::chrono::milliseconds(500));  // handshakes, first allocations
    const auto before = run.exchanges.load();
    const auto cpu = cpu_seconds();
    std::this_thread::sleep_for(duration);
    const auto count = run.exchanges.load() - before;
    const auto used = cpu_seconds() - cpu;
    run.stop = true;
    while (run.callers > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {run.failed == 0, static_cast<double>(count) / static_cast<double>(duration.count()),
            used / static_cast<double>(count) * 1e6};
}

}  // namespace
}  // namespace onceway

int main(int count, char** words) {
    using onceway::Case;
    const bool json = count > 1 && std::string_view(words[1]) == "--json";
    const int seconds = count > (json ? 2 : 1) ? std::atoi(words[json ? 2 : 1]) : 3;
    const auto own = onceway::identity();
    bool fine = true;
    std::string object;
    for (const auto& which : {Case{"plain 1 KiB / 1 KiB", "hop_plain_1k", false, 1024, 1024},
                              Case{"plain 12.3 / 9.5 KB", "hop_plain_12k", false, 12'300, 9'500},
                              Case{"TLS 1.3 1 KiB / 1 KiB", "hop_tls_1k", true, 1024, 1024},
                              Case{"TLS 1.3 12.3 / 9.5 KB", "hop_tls_12k", true, 12'300, 9'500}}) {
        const auto found = onceway::measure(which, own, std::chrono::seconds(std::max(1, seconds)));
        fine = found.fine && fine;
        object += fmt::format(R"({}"{}_cpu_us":{:.2f})", object.empty() ? "" : ",", which.key, found.cpu_us);
        if (!json)
            fmt::print("{:24} {:8.0f} exchanges/s {:7.2f} us CPU per round trip\n", which.name, found.per_second,
                       found.cpu_us);
    }
    if (json) fmt::print("{{{}}}\n", object);
    return fine ? 0 : 1;
}
