#include "security-server/consumer/peers.hpp"

#include "certs/x509/judge.hpp"
#include "schemas/base/failpoint.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/log.hpp"
#include "security-server/consumer/last_winners.hpp"
#include "security-server/consumer/race.hpp"
#include "security-server/transport/threads_own.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <random>

namespace onceway::consumer {
namespace {

constexpr std::chrono::milliseconds connect_most{30'000};  // to connect, when nothing is known of the address
constexpr std::chrono::milliseconds connect_again{5'000};  // to connect to who won last time, and at least
constexpr std::size_t racing_most = 8;                     // addresses tried at once

constexpr std::chrono::seconds idle_most{30};  // a server that pools closes its side after 60 s

/// What one thread keeps: judgements, idle connections, and who answered.
struct Own {
    x509::JudgementMemory judgements;
    transport::IdleLines lines{idle_most};
    LastWinners winners;
};

/// Everything a judgement depends on besides snapshot and time.
Octets judgement_key(const identity::ClientId& provider, const std::vector<x509::Certificate>& chain,
                     const std::vector<Octets>& ocsp) {
    Octets key = provider.url();
    for (const auto& certificate : chain) key += '\n' + certificate.sha256();
    for (const auto& answer : ocsp) key += '\n' + answer;
    return key;
}

/// SNI is for dotted DNS names. Rule: message-transport §3.1.
std::string server_name(const std::string& address) {
    const bool named = address.find('.') != std::string::npos && address.find(':') == std::string::npos &&
                       std::ranges::any_of(address, [](unsigned char c) { return std::isalpha(c) != 0; });
    return named ? address : std::string();
}

Fault connecting(const std::string& address, const Fault& cause) {
    Fault seen = cause;
    if (seen.code == FaultCode::timed_out) seen.code = FaultCode::network_error;
    seen.detail = "Connecting to the security server at " + address + ": " + cause.detail;
    return seen;
}

void shuffle(std::vector<std::string>& addresses) {
    thread_local std::minstd_rand order{std::random_device{}()};
    std::ranges::shuffle(addresses, order);
}

}  // namespace

struct Peers::Parts {
    explicit Parts(const House& house) : house(house), own(house.threads) {}

    using Snapshot = std::shared_ptr<const registry_view::Snapshot>;

    Result<std::shared_ptr<channel::TlsContext>> context();
    Async<void> judge(Line& line, identity::ClientId provider, Snapshot snapshot, Own* memory);
    Async<Line> connect(std::string address, std::chrono::milliseconds within);
    Async<Line> connect_and_judge(std::string address, std::chrono::milliseconds within, identity::ClientId provider,
                                  Snapshot snapshot, Own* memory);
    Async<Line> take_kept(const std::vector<std::string>& addresses, identity::ClientId provider, Snapshot snapshot,
                          Own* own);
    Async<Line> open_new(std::vector<std::string> addresses, identity::ClientId provider, Snapshot snapshot, Own* own);

    const House& house;
    transport::PerThread<Own> own;
    std::atomic<std::uint64_t> generation{1};
    std::mutex guard;  // of the context, which is made anew when our certificate changes
    std::vector<x509::Certificate> shown;
    std::shared_ptr<channel::TlsContext> tls;
};

Result<std::shared_ptr<channel::TlsContext>> Peers::Parts::context() {
    auto identity = house.keys.authentication();
    if (!identity) return identity.error();
    const std::lock_guard lock(guard);
    if (tls && shown == identity->chain) return tls;
    auto made = channel::TlsContext::peer_client(*identity);
    if (!made) return made.error();
    shown = identity->chain;
    tls = *made;
    return tls;
}

Async<void> Peers::Parts::judge(Line& line, identity::ClientId provider, Snapshot snapshot, Own* memory) {
    // A line that was judged for this provider stays so until the configuration, an answer or the time changes.
    const Instant now = house.clock.now();
    const std::uint64_t answers = house.peer_ocsp.revision();
    if (line.judged && line.judged->holds(provider, *snapshot->trust, answers, now)) co_return Result<void>{};
    line.judged.reset();

    const auto& chain = line.connection->peer_certificates();
    if (chain.empty())
        co_return fault(FaultCode::ssl_authentication_failed, "The server at " + line.to + " showed no certificate.");
    auto ocsp = co_await house.peer_ocsp.answers(line.to, chain, snapshot);
    if (!ocsp) co_return ocsp.error().within("ssl_authentication_failed");

    const Octets key = judgement_key(provider, chain, *ocsp);
    const auto* judgement = memory ? memory->judgements.find(key, *snapshot->trust, now) : nullptr;
    if (judgement) {
        line.judged = {provider, snapshot->trust, answers, judgement->from, judgement->deadline};
        co_return Result<void>{};
    }
    auto judged = x509::judge_provider_server(chain, *ocsp, provider, *snapshot->trust, now);
    if (!judged) co_return judged.error();
    line.judged = {provider, snapshot->trust, answers, judged->from, judged->deadline};
    if (memory) memory->judgements.keep(key, snapshot->trust, std::move(*judged));
    co_return Result<void>{};
}

Async<Line> Peers::Parts::connect(std::string address, std::chrono::milliseconds within) {
    auto tls_context = context();
    if (!tls_context) co_return tls_context.error();
    channel::ConnectTo to{.host = address,
                          .port = house.ports.messages,
                          .tls = *tls_context,
                          .connect_timeout = within,
                          .handshake_timeout = std::min<std::chrono::milliseconds>(within, limits::tls_handshake),
                          .server_name = server_name(address),
                          .from = house.local_address};
    Line line;
    line.generation = generation.load();
    if (auto met = failpoint::met("peer.connect", address); !met) co_return connecting(address, met.error());
    auto opened = co_await channel::Connection::open(std::move(to));
    if (!opened) co_return connecting(address, opened.error());
    line.connection = std::move(*opened);
    line.to = std::move(address);
    co_return line;
}

Async<Line> Peers::Parts::connect_and_judge(std::string address, std::chrono::milliseconds within,
                                            identity::ClientId provider, Snapshot snapshot, Own* memory) {
    auto line = co_await connect(std::move(address), within);
    if (!line) co_return line.error();
    auto judged = co_await judge(*line, std::move(provider), std::move(snapshot), memory);
    if (judged) co_return std::move(*line);
    line->connection->close();
    co_return judged.error();
}

/// A kept line that is open and still in order. Nothing is sent before it has been judged; whoever sends looks once
/// more whether it is open.
Async<Line> Peers::Parts::take_kept(const std::vector<std::string>& addresses, identity::ClientId provider,
                                    Snapshot snapshot, Own* own) {
    auto kept = own->lines.take(addresses, generation.load());
    if (!kept) co_return fault(FaultCode::not_found, "No connection was kept.");
    // One that is refused is not followed by the next: judging may wait for an OCSP answer, and a new connection shows
    // the certificate of now.
    auto judged = co_await judge(*kept, std::move(provider), std::move(snapshot), own);
    if (judged) co_return std::move(*kept);
    kept->connection->close();
    co_return judged.error();
}

// Rule: message-transport §3.2, 4 to 6.
Async<Line> Peers::Parts::open_new(std::vector<std::string> addresses, identity::ClientId provider, Snapshot snapshot,
                                   Own* own) {
    // 1. One address needs no race.
    if (addresses.size() == 1) {
        auto only = co_await connect_and_judge(addresses.front(), connect_most, provider, snapshot, own);
        co_return only;
    }

    // 2. Who won last time is asked first, and forgotten when it fails.
    const std::string set = LastWinners::name_of(addresses);
    Fault last = fault(FaultCode::network_error, "The provider has no address.");
    shuffle(addresses);
    if (own && own->winners.to_front(set, addresses)) {
        auto again = co_await connect_and_judge(addresses.front(), connect_again, provider, snapshot, own);
        if (again) co_return again;
        last = again.error();
        own->winners.forget(set);
        addresses.erase(addresses.begin());
    }

    // 3. The others race, so many at a time; each further heat has half the patience.
    auto within = connect_most;
    while (!addresses.empty()) {
        const auto heat = static_cast<std::ptrdiff_t>(std::min(addresses.size(), racing_most));
        std::vector<std::string> runners(addresses.begin(), addresses.begin() + heat);
        addresses.erase(addresses.begin(), addresses.begin() + heat);
        OpenLine open_line = [this, within, provider, snapshot, own](std::string address) {
            return connect_and_judge(std::move(address), within, provider, snapshot, own);
        };
        auto first = co_await race(std::move(runners), std::move(open_line));
        if (first) {
            if (own) own->winners.won(set, first->to);
            co_return std::move(*first);
        }
        last = first.error();
        within = std::max(within / 2, connect_again);
    }
    co_return last;
}

Peers::Peers(const House& house) : parts_(std::make_unique<Parts>(house)) {}
Peers::~Peers() = default;

Async<Line> Peers::open(std::vector<std::string> addresses, identity::ClientId provider,
                        std::shared_ptr<const registry_view::Snapshot> snapshot) {
    auto executor = co_await boost::asio::this_coro::executor;
    Own* own = parts_->own.own(executor);
    if (own && own->lines.size() > 0) {
        auto kept = co_await parts_->take_kept(addresses, provider, snapshot, own);
        if (kept) co_return std::move(*kept);
    }
    auto opened = co_await parts_->open_new(std::move(addresses), std::move(provider), std::move(snapshot), own);
    co_return opened;
}

Async<void> Peers::give_back(Line line) {
    auto executor = co_await boost::asio::this_coro::executor;
    Own* own = parts_->own.own(executor);
    if (own && parts_->house.pooled_connections && line.generation == parts_->generation.load())
        own->lines.keep(std::move(line));
    else
        line.connection->close();
    co_return Result<void>{};
}

void Peers::renew() {
    parts_->generation.fetch_add(1);
    const std::lock_guard lock(parts_->guard);
    parts_->tls = nullptr;
    parts_->shown.clear();
}

}  // namespace onceway::consumer
