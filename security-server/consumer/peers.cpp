#include "security-server/consumer/peers.hpp"

#include "certs/x509/judge.hpp"
#include "schemas/base/failpoint.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/log.hpp"
#include "security-server/consumer/last_winners.hpp"
#include "security-server/transport/threads_own.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <random>

namespace onceway::consumer {
namespace {

constexpr std::chrono::milliseconds connect_alone{30'000};   // one address
constexpr std::chrono::milliseconds connect_of_many{5'000};  // another may answer instead

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

    Result<std::shared_ptr<channel::TlsContext>> context();
    Async<void> judge(const Line& line, const identity::ClientId& provider,
                      std::shared_ptr<const registry_view::Snapshot> snapshot, Own* memory);
    Async<Line> connect(std::string address, std::chrono::milliseconds within);

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

Async<void> Peers::Parts::judge(const Line& line, const identity::ClientId& provider,
                                std::shared_ptr<const registry_view::Snapshot> snapshot, Own* memory) {
    const auto chain = line.connection->peer_certificates();
    if (chain.empty())
        co_return fault(FaultCode::ssl_authentication_failed, "The server at " + line.to + " showed no certificate.");
    auto ocsp = co_await house.peer_ocsp.answers(line.to, chain, snapshot);
    if (!ocsp) co_return ocsp.error().within("ssl_authentication_failed");

    const Instant now = house.clock.now();
    const Octets key = judgement_key(provider, chain, *ocsp);
    if (memory && memory->judgements.find(key, *snapshot->trust, now)) co_return Result<void>{};
    auto judged = x509::judge_provider_server(chain, *ocsp, provider, *snapshot->trust, now);
    if (!judged) co_return judged.error();
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
                          .handshake_timeout = limits::tls_handshake,
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

Peers::Peers(const House& house) : parts_(std::make_unique<Parts>(house)) {}
Peers::~Peers() = default;

Async<Line> Peers::open(std::vector<std::string> addresses, identity::ClientId provider,
                        std::shared_ptr<const registry_view::Snapshot> snapshot) {
    Parts& parts = *parts_;
    auto executor = co_await boost::asio::this_coro::executor;
    Own* own = parts.own.own(executor);

    // 1. A connection that is open already costs nothing to try: nothing is sent before it has been judged.
    while (own) {
        auto kept = own->lines.take(addresses, parts.generation.load());
        if (!kept) break;
        auto judged = co_await parts.judge(*kept, provider, snapshot, own);
        if (judged && kept->connection->still_open()) co_return std::move(*kept);
        kept->connection->close();
    }

    // 2. The addresses in turn. One that fails costs at most its own time.
    const std::string set = LastWinners::name_of(addresses);
    const auto within = addresses.size() == 1 ? connect_alone : connect_of_many;
    shuffle(addresses);
    if (own) own->winners.to_front(set, addresses);
    Fault last = fault(FaultCode::network_error, "The provider has no address.");
    for (const auto& address : addresses) {
        auto line = co_await parts.connect(address, within);
        if (!line) {
            last = line.error();
            continue;
        }
        auto judged = co_await parts.judge(*line, provider, snapshot, own);
        if (!judged) {
            last = judged.error();
            line->connection->close();
            continue;
        }
        if (own) own->winners.won(set, address);
        co_return std::move(*line);
    }
    co_return last;
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
