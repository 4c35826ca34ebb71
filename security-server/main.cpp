// onceway-server: a security server. Reads its folder, builds its parts from the bottom up, serves until it is told to
// stop. Read `Server` from top to bottom: that is the tour.
#include "certs/channel/server.hpp"
#include "certs/channel/threads.hpp"
#include "schemas/base/log.hpp"
#include "schemas/base/program.hpp"
#include "schemas/store/database.hpp"
#include "security-server/admin/command_line.hpp"
#include "security-server/admin/doors.hpp"
#include "security-server/admin/internal_tls.hpp"
#include "security-server/admin/local_socket.hpp"
#include "security-server/admin/ocsp_port.hpp"
#include "security-server/admin/peer_ocsp.hpp"
#include "security-server/admin/pin.hpp"
#include "security-server/admin/start_report.hpp"
#include "security-server/admin/stopped_server.hpp"
#include "security-server/consumer/call.hpp"
#include "security-server/consumer/consumer.hpp"
#include "security-server/metadata/list_clients.hpp"
#include "security-server/metadata/signed_documents.hpp"
#include "security-server/metadata/verification_conf.hpp"
#include "security-server/provider/provider.hpp"
#include "security-server/records/timestamper.hpp"
#include "security-server/registry-view/download.hpp"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <future>
#include <thread>

namespace onceway {
namespace {

using admin::ServerFile;
namespace asio = boost::asio;

constexpr std::chrono::seconds last_exchanges{30};  // that a stopping server waits for
constexpr std::chrono::seconds first_answers{10};   // that a starting server waits for before it says it is ready
constexpr std::size_t anchor_octets = 1024 * 1024;
constexpr const char* secured_door = "consumer-https";

/// What a part is handed when it was made, or the fault that ends the start.
template <class T>
T made(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().detail);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

registry::Anchor read_anchor(const ServerFile& file) {
    const auto octets = store::read_whole(file.anchor, anchor_octets);
    if (!octets)
        throw std::runtime_error(octets.error().detail + ". Bring the registry's anchor with `onceway-server anchor`.");
    return made(admin::check_anchor(*octets, file.id.owner.instance));
}

/// The keys as they lie in the folder, unlocked when a file holds their PIN.
keys::SoftwareToken open_keys(const ServerFile& file) {
    auto token = made(keys::SoftwareToken::open(file.keys()));
    if (file.pin_file.empty()) {
        log::warning("keys.locked", {{"remedy", "onceway-server key unlock"}});
        return token;
    }
    const auto pin = made(admin::read_pin_file(file.pin_file));
    if (auto unlocked = token.unlock(pin); !unlocked)
        throw std::runtime_error(fmt::format("{}. The PIN came from {}: put the right one into its first line.",
                                             unlocked.error().detail, file.pin_file.string()));
    return token;
}

/// How an operator's tools find the doors that were opened.
std::string at(const std::string& address, std::uint16_t port) { return fmt::format("{}:{}", address, port); }

class Server {
public:
    explicit Server(const ServerFile& given);
    ~Server() { stop(); }
    void serve();

private:
    House house();
    admin::Gauges gauges_of_this();
    Result<void> may_read(const identity::ClientId& client, const channel::Exchange& exchange) const;
    channel::ListenerSettings door(std::string name, const std::string& address, std::uint16_t port) const;
    channel::ListenerSettings messages_door() const;
    void open_doors();
    void renew(const char* why);
    void show_internal_certificate();
    asio::awaitable<void> first_round();
    asio::awaitable<void> wait_for_signal();
    void stop();

    // The folder is ours alone from here on.
    const ServerFile file;
    const Clock& clock = Clock::system();
    admin::FolderLock lock;

    // What carries everything: threads, and memory for bodies. The first thread also runs what happens in the
    // background.
    channel::Threads threads;
    asio::io_context& background;
    const std::shared_ptr<transport::BodyMemory> body_memory =
        std::make_shared<transport::BodyMemory>(file.limits.body_octets);

    // What the operator declared, and what the registry says.
    std::unique_ptr<admin::StateStore> state;
    admin::ClockWatch clocks;
    registry_view::Client view;

    // Who we are, and how that is proved: our keys, answers about them, answers about others.
    admin::OwnOcsp own_ocsp;
    admin::OwnKeys keys;
    admin::AskedPeerOcsp peer_ocsp;
    admin::InternalTls internal_tls;

    // Evidence: signatures, the log that nothing passes unrecorded, and the stamps that say when.
    signature::Sealer sealer;
    std::unique_ptr<records::MessageLog> log;
    records::Timestamper timestamper;

    // The two sides, and the signed documents of what they carried.
    consumer::Consumer consumer;
    provider::Provider provider;
    metadata::SignedDocuments documents;

    // The operator's door, and how everything stands.
    const admin::Gauges gauges;
    const admin::Administered administered;
    admin::Administration administration;
    std::unique_ptr<admin::LocalSocket> socket;

    // Doors come last and close first.
    admin::InsideRoutes inside;
    admin::PeerDoor peer_door;
    std::vector<std::unique_ptr<channel::Listener>> listeners;
    std::vector<admin::DoorGauge> doors;     // name, address and port of each of them
    std::atomic<bool> doors_opened = false;  // what stands above does not change any more
    std::promise<void> first_round_done;
    std::promise<int> signalled;
    bool stopped = false;
};

Server::Server(const ServerFile& given)
    : file(given),
      lock(made(admin::FolderLock::take(file.lock()))),
      threads(file.threads),
      background(threads.context(0)),
      state(made(admin::StateStore::open(file.state(), file.id, clock))),
      clocks(clock),
      view({file.configuration(), file.refresh, file.tls_roots}, read_anchor(file), clock,
           clocks.watching(channel::fetch)),
      own_ocsp(file.ocsp(), view, clock, clocks.watching(channel::fetch)),
      keys(open_keys(file), file.id, view, own_ocsp, clock),
      peer_ocsp(file.ports.ocsp, clock),
      internal_tls(file, clock),
      sealer([this](const identity::MemberId& member) { return keys.signing_key(member); }, clock),
      log(made(records::MessageLog::open({file.log_folder, file.body_limit, file.soap_attachments}, clock))),
      timestamper(*log, view, clock, file.stamping,
                  records::ask_over_http(registry_view::read_roots(file.tls_roots), file.stamp_patience)),
      consumer(house()),
      provider(house()),
      documents(
          *log, [this](const auto& client, const auto& exchange) { return may_read(client, exchange); },
          [this](std::vector<std::uint64_t> numbers) { return timestamper.stamp_now(std::move(numbers)); }, clock,
          file.spool),
      gauges(gauges_of_this()),
      administered{file, clock, *state, keys, view, &view, log.get(), &timestamper, &gauges, &internal_tls},
      administration(administered),
      socket(made(admin::LocalSocket::open(background, file.socket(),
                                           [this](OctetsView line) { return administration.answer(line); }))),
      peer_door(
          threads, messages_door(), [this](channel::Exchange& exchange) { return provider.answer(exchange); },
          [this] { return provider.tls(); }) {
    made(internal_tls.load());
    internal_tls.on_change([this](const channel::TlsIdentity&) { show_internal_certificate(); });
    log->admit_by([this] { return timestamper.admits(); });
    if (file.stamping.immediately)
        log->stamp_by([this](std::uint64_t number) { return timestamper.stamp_now({number}); });
    inside.messages = [this](channel::Exchange& exchange) { return consumer.answer(exchange); };
    inside.signed_documents = [this](channel::Exchange& exchange) { return documents.answer(exchange); };
    inside.configuration_copy = [this](channel::Exchange& exchange) {
        return metadata::answer_verification_conf(exchange, view, clock, file.spool);
    };
    inside.clients = [this](channel::Exchange& exchange) { return metadata::answer_list_clients(exchange, view); };
}

House Server::house() {
    return {.server = file.id,
            .clock = clock,
            .threads = threads,
            .view = view,
            .keys = keys,
            .peer_ocsp = peer_ocsp,
            .sealer = sealer,
            .log = *log,
            .state = [this] { return state->current(); },
            .spool = file.spool,
            .ports = {file.ports.messages, file.ports.ocsp},
            .local_address = file.outside,
            .pooled_connections = file.pooled_connections,
            .internal_tls = [this] { return internal_tls.current(); },
            .enforce_certificate_dates = file.enforce_certificate_dates,
            .limits = file.limits,
            .body_memory = body_memory,
            .refuse_repetitions = file.refuse_repetitions,
            .service_addresses = file.service_addresses,
            .min_client_version = file.min_client_version};
}

admin::Gauges Server::gauges_of_this() {
    admin::Gauges counted;
    counted.since = clock.now();
    counted.doors = [this] {
        if (!doors_opened) return std::vector<admin::DoorGauge>{};
        auto open = doors;
        for (std::size_t i = 0; i < open.size(); ++i) {
            open[i].connections = listeners[i]->connections();
            open[i].exchanges = listeners[i]->in_flight();
        }
        if (const auto port = peer_door.port(); port != 0)
            open.push_back({"messages", file.outside, port, peer_door.connections(), peer_door.in_flight()});
        return open;
    };
    counted.work = [this] {
        const auto &ours = consumer.places(), &others = provider.places();
        return admin::WorkGauge{ours.taken(),          others.taken(),
                                file.limits.exchanges, ours.refused() + others.refused(),
                                body_memory->held(),   file.limits.body_octets};
    };
    counted.signatures_waiting = [this] { return sealer.work().waiting; };
    counted.internal_certificate = [this] { return std::optional(internal_tls.current()->chain.front()); };
    counted.clocks = [this] { return clocks.offsets(); };
    return counted;
}

/// What a client has logged is for those who may call in its name.
Result<void> Server::may_read(const identity::ClientId& client, const channel::Exchange& exchange) const {
    const auto now = state->current();
    const auto* declared = now->client(client);
    if (!declared) return fault(FaultCode::unknown_member, client.text() + " is no client of this server.");
    const consumer::Recognition recognition{[this] { return internal_tls.current(); }, file.enforce_certificate_dates,
                                            clock};
    return consumer::authenticate(*declared, exchange, recognition);
}

/// To information systems that connect from now on; the provider's side takes it with its next call.
void Server::show_internal_certificate() {
    if (!doors_opened) return;
    auto tls = channel::TlsContext::server(*internal_tls.current(), true);
    if (!tls) return log::error("internal_tls.not_shown", {{"reason", tls.error().detail}});
    for (std::size_t i = 0; i < doors.size(); ++i)
        if (doors[i].name == secured_door) listeners[i]->set_tls(*tls);
}

/// One server of another organisation may have as many exchanges in flight as ours, and lines that wait besides.
channel::ListenerSettings Server::messages_door() const {
    auto settings = door("messages", file.outside, file.ports.messages);
    settings.connections_per_address = std::max(settings.connections_per_address, 2 * file.limits.exchanges);
    return settings;
}

channel::ListenerSettings Server::door(std::string name, const std::string& address, std::uint16_t port) const {
    channel::ListenerSettings settings;
    settings.name = std::move(name);
    settings.address = address;
    settings.port = port;
    return settings;
}

/// Certificates, authorities or keys are other ones now: no connection and no ticket of before is good any more.
void Server::renew(const char* why) {
    consumer.renew();
    if (auto renewed = peer_door.renew(); !renewed) {
        const auto reason = admin::why_not_open(renewed.error(), file.outside, file.ports.messages);
        log::warning("peer_door.not_renewed", {{"cause", why}, {"reason", reason.detail}});
    }
}

void Server::open_doors() {
    const auto open = [&](channel::ListenerSettings settings, channel::Route route) {
        admin::DoorGauge gauge{settings.name, settings.address, settings.port};
        auto opened = channel::Listener::open(threads, std::move(settings), std::move(route));
        if (!opened) opened = admin::why_not_open(opened.error(), gauge.address, gauge.port);
        listeners.push_back(made(std::move(opened)));
        gauge.port = listeners.back()->port();
        doors.push_back(std::move(gauge));
        return listeners.back()->port();
    };
    const channel::Route from_inside = [this](channel::Exchange& exchange) {
        return admin::route_inside(exchange, inside);
    };
    auto plain = door("consumer-http", file.inside, file.ports.http);
    plain.rules.refuse_repeated_x_road = true;
    auto secured = plain;
    secured.name = secured_door;
    secured.port = file.ports.https;
    secured.tls = made(channel::TlsContext::server(*internal_tls.current(), true));
    const auto http = open(std::move(plain), from_inside), https = open(std::move(secured), from_inside);

    const auto ocsp = open(door("ocsp", file.outside, file.ports.ocsp),
                           [this](channel::Exchange& exchange) { return admin::answer_ocsp_request(exchange, keys); });
    std::string health = "none";
    if (!file.health_address.empty())
        health = at(file.health_address,
                    open(door("health", file.health_address, file.health_port),
                         [this](channel::Exchange& exchange) { return admin::answer_health(exchange, administered); }));
    if (peer_door.port() == 0)
        if (auto opened = peer_door.renew(); !opened) {
            if (opened.error().code != FaultCode::ssl_authentication_failed)
                made(Result<void>(admin::why_not_open(opened.error(), file.outside, file.ports.messages)));
            log::warning("peer_door.closed", {{"reason", opened.error().detail}});
        }
    doors_opened = true;
    show_internal_certificate();  // it may have been replaced while the doors were opening
    const auto messages = peer_door.port() == 0 ? "closed" : at(file.outside, peer_door.port());
    log::info("server.ready", {{"server", file.id.url()},
                               {"http", at(file.inside, http)},
                               {"https", at(file.inside, https)},
                               {"messages", messages},
                               {"ocsp", at(file.outside, ocsp)},
                               {"health", health},
                               {"pid", static_cast<int>(::getpid())}});
}

/// One try at everything that needs the network, before the doors open.
asio::awaitable<void> Server::first_round() {
    [[maybe_unused]] auto refreshed = co_await view.refresh();
    co_await keys.fetch_once(file.ocsp_interval);
    first_round_done.set_value();
}

asio::awaitable<void> Server::wait_for_signal() {
    asio::signal_set signals(background, SIGTERM, SIGINT);
    const auto [error, number] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
    signalled.set_value(error ? 0 : number);
    // A second signal does not cut short what the first one began: the set stays until the threads end.
    while (!error) {
        const auto [ended, again] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
        if (ended) co_return;
        log::info("server.still_stopping", {{"signal", again}});
    }
}

void Server::serve() {
    // 1. What changes is noticed: another configuration, other keys.
    view.on_change([this](const registry_view::Snapshot*, const registry_view::Snapshot&) {
        keys.look_again();
        keys.fetch_soon();
        renew("configuration");
    });
    keys.on_authentication_change([this] { renew("keys"); });
    threads.spawn(background, "administration", socket->run());
    threads.spawn(background, "signals", wait_for_signal());

    // 2. A fresh configuration and fresh proofs first, so that the first caller finds a working server; then the doors.
    auto round = first_round_done.get_future();
    threads.spawn(background, "first round", first_round());
    if (round.wait_for(first_answers) != std::future_status::ready)
        log::warning("server.not_yet_complete", {{"reason", "the registry or an OCSP responder has not answered yet"}});
    admin::tell_what_was_found(administered);
    open_doors();

    // 3. In the background, for ever.
    threads.spawn(background, "configuration client", view.run());
    threads.spawn(background, "OCSP fetcher", keys.keep_ocsp_fresh(file.ocsp_interval));
    threads.spawn(background, "time-stamper", timestamper.run());

    // 4. Until told to stop.
    const int number = signalled.get_future().get();
    log::info("server.stopping", {{"signal", number}});
    stop();
    log::info("server.stopped");
}

/// Nothing new comes in; what is in flight is finished; then the threads end, and the parts in reverse order.
void Server::stop() {
    if (std::exchange(stopped, true)) return;
    timestamper.stop();
    peer_door.stop_accepting();
    for (const auto& listener : listeners) listener->stop_accepting();
    const auto in_flight = [&] {
        auto count = peer_door.in_flight();
        for (const auto& listener : listeners) count += listener->in_flight();
        return count;
    };
    const auto deadline = std::chrono::steady_clock::now() + last_exchanges;
    while (in_flight() > 0 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (const auto left = in_flight(); left > 0) log::warning("server.exchanges_cut", {{"count", std::uint64_t{left}}});
    threads.stop();
}

/// One heap for each thread that carries messages and one for all behind them: of more, each keeps what it once needed.
/// What is larger than a mebibyte, as envelopes may be, has memory of its own that goes back as soon as it is free.
void bound_heaps([[maybe_unused]] unsigned threads) {
#ifdef __GLIBC__
    if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
    constexpr int large = 1024 * 1024;
    ::mallopt(M_ARENA_MAX, static_cast<int>(threads) + 1);
    ::mallopt(M_MMAP_THRESHOLD, large);
    ::mallopt(M_TRIM_THRESHOLD, 2 * large);
#endif
}

int run(const ServerFile& file) {
    // No memory image with keys in it, no OpenSSL settings from outside.
    ::prctl(PR_SET_DUMPABLE, 0);
    ::unsetenv("OPENSSL_CONF");
    ::unsetenv("OPENSSL_MODULES");
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a full disk, which passes
    log::set_up(file.log_level, file.log_format);
    bound_heaps(file.threads);
    try {
        made(channel::check_openssl(file.allow_outdated_openssl));
        std::filesystem::create_directories(file.spool);
        Server(file).serve();
        return 0;
    } catch (const std::exception& error) {
        log::error("server.failed", {{"reason", error.what()}});
        return 1;
    }
}

}  // namespace
}  // namespace onceway

int main(int argc, char** argv) {
    return onceway::run_program("onceway-server",
                                [&] { return onceway::admin::command_line(argc, argv, onceway::run); });
}
