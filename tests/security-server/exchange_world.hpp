// Two security servers in one process, an information system behind one of them, and everything that can go wrong
// between.
#pragma once

#include "certs/channel/client.hpp"
#include "schemas/base/log.hpp"
#include "security-server/consumer/consumer.hpp"
#include "security-server/provider/provider.hpp"
#include "tests/security-server/altered_exchange.hpp"
#include "tests/security-server/exchange_pki.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace onceway::tests {

/// A loopback address of this test's own, drawn anew each time.
inline std::string leased_address() {
    static std::atomic<unsigned> next{static_cast<unsigned>(::getpid()) * 7919u};
    const unsigned n = next.fetch_add(1);
    return "127." + std::to_string(20 + n / 62'500 % 200) + '.' + std::to_string(n / 250 % 250) + '.' +
           std::to_string(2 + n % 250);
}

/// Keys and answers as the test wants them.
class GivenKeys : public KeyRing {
public:
    Result<std::shared_ptr<const signature::SigningKey>> signing_key(const identity::MemberId& member) const override {
        const std::lock_guard lock(guard);
        if (no_signing) return fault(FaultCode::cannot_create_signature, "no signing key in this test");
        const auto known = signing.find(member);
        if (known == signing.end()) return fault(FaultCode::cannot_create_signature, "no key of " + member.text());
        return std::make_shared<const signature::SigningKey>(known->second);
    }
    Result<channel::TlsIdentity> authentication() const override { return identity; }
    Result<std::shared_ptr<const std::vector<Octets>>> authentication_ocsp() const override {
        if (no_ocsp) return fault(FaultCode::cannot_create_signature, "no OCSP answer in this test");
        return std::make_shared<const std::vector<Octets>>(ocsp);
    }
    Async<Octets> ocsp_by_sha1(Octets) override { co_return fault(FaultCode::not_found, "not in this test"); }

    mutable std::mutex guard;
    std::map<identity::MemberId, signature::SigningKey> signing;
    channel::TlsIdentity identity;
    std::vector<Octets> ocsp;
    std::atomic<bool> no_signing = false, no_ocsp = false;
};

class GivenPeerOcsp : public PeerOcsp {
public:
    explicit GivenPeerOcsp(const Authority& authority) : authority(authority) {}
    Async<std::vector<Octets>> answers(std::string, std::vector<x509::Certificate> chain,
                                       std::shared_ptr<const registry_view::Snapshot>) override {
        ++asked;
        if (unreachable) co_return fault(FaultCode::ssl_authentication_failed, "port 5577 does not answer");
        std::vector<Octets> all;
        for (const auto& certificate : chain) all.push_back(authority.ocsp(certificate, status.load()));
        co_return all;
    }
    /// Whatever was answered before may have changed: a test changes `status` when it likes.
    std::uint64_t revision() const override { return static_cast<std::uint64_t>(asked.load()); }
    const Authority& authority;
    std::atomic<int> asked = 0;
    std::atomic<bool> unreachable = false;
    std::atomic<x509::Revocation> status = x509::Revocation::good;
};

/// A configuration that a test may change while exchanges are in flight.
class ChangingView : public registry_view::View {
public:
    std::shared_ptr<const registry_view::Snapshot> current() const override {
        const std::lock_guard lock(guard_);
        return snapshot_;
    }
    void set(std::shared_ptr<const registry_view::Snapshot> snapshot) {
        const std::lock_guard lock(guard_);
        snapshot_ = std::move(snapshot);
    }

private:
    mutable std::mutex guard_;
    std::shared_ptr<const registry_view::Snapshot> snapshot_;
};

/// One security server's parts.
struct Server {
    Server(const Authority& authority, identity::ServerId id, channel::Threads& threads, ChangingView& view,
           const std::filesystem::path& folder)
        : id(std::move(id)), authority(authority), peer_ocsp(authority), threads(threads), view(view), folder(folder) {
        const auto own = authority.authentication(this->id.code);
        keys.identity = {{own.certificate}, own.key};
        keys.ocsp = {authority.ocsp(own.certificate)};
        add_signing(this->id.owner);
        std::filesystem::create_directories(folder / "log");
        std::filesystem::create_directories(folder / "spool");
        auto opened = records::MessageLog::open({.folder = folder / "log"}, Clock::system());
        REQUIRE(opened);
        log = std::move(*opened);
        sealer.emplace([this](const identity::MemberId& member) { return keys.signing_key(member); }, Clock::system());
    }

    void add_signing(const identity::MemberId& member) {
        const auto certified = authority.signing(member);
        keys.signing.insert_or_assign(
            member,
            signature::SigningKey{certified.key, certified.certificate, {}, {authority.ocsp(certified.certificate)}});
    }
    House house(std::uint16_t peer_port, bool pooled) {
        return {.server = id,
                .clock = Clock::system(),
                .threads = threads,
                .view = view,
                .keys = keys,
                .peer_ocsp = peer_ocsp,
                .sealer = *sealer,
                .log = *log,
                .state =
                    [this] {
                        const std::lock_guard lock(guard);
                        return state_;
                    },
                .spool = folder / "spool",
                .ports = {.messages = peer_port, .ocsp = 0},
                .local_address = {},
                .pooled_connections = pooled,
                .internal_tls =
                    [this] {
                        const std::lock_guard lock(guard);
                        return internal_tls_;
                    },
                .enforce_certificate_dates = enforce_certificate_dates};
    }
    void set_state(access::State state) {
        const std::lock_guard lock(guard);
        state_ = std::make_shared<const access::State>(std::move(state));
    }
    access::State state() const { return *state_; }
    /// What the server shows to information systems that it calls, and accepts from those that call it.
    void set_internal_tls(const Certified& own) {
        const std::lock_guard lock(guard);
        internal_tls_ = std::make_shared<const channel::TlsIdentity>(channel::TlsIdentity{{own.certificate}, own.key});
    }
    std::uint64_t records() const { return log->health().last_number; }

    const identity::ServerId id;
    const Authority& authority;
    GivenKeys keys;
    GivenPeerOcsp peer_ocsp;
    channel::Threads& threads;
    ChangingView& view;
    std::filesystem::path folder;
    std::mutex guard;
    std::shared_ptr<const access::State> state_ = std::make_shared<const access::State>();
    std::shared_ptr<const channel::TlsIdentity> internal_tls_;
    bool enforce_certificate_dates = false;
    std::unique_ptr<records::MessageLog> log;
    std::optional<signature::Sealer> sealer;
};

/// What the information system saw.
struct Seen {
    message::RequestHead head;
    std::string body;
};

/// ZA/GOV/101/tax asks ZA/GOV/202/roads. The default state lets it call the service `permit` and its every path.
class World {
public:
    struct Wishes {
        bool pooled = false;
        access::ConnectionType connection = access::ConnectionType::http;
        bool enforce_certificate_dates = false;  // of information systems
        std::optional<bool> provider_pools{};    // when it is not as `pooled` says
        unsigned threads = 2;
        std::size_t consumer_exchanges = 640, provider_exchanges = 640;
        std::uint64_t body_octets = 64ull * 1024 * 1024;
        /// What stands between the servers: given the provider's address and port, the port that the consumer uses.
        std::function<std::uint16_t(const std::string&, std::uint16_t)> between{};
    };
    World() : World(Wishes{}) {}
    explicit World(Wishes wishes)
        : threads(wishes.threads),
          consumer_server(authority, {{"ZA", "GOV", "101"}, "ss1"}, threads, view, folder / "ss1"),
          provider_server(authority, {{"ZA", "GOV", "202"}, "ss2"}, threads, view, folder / "ss2"),
          peer_address(leased_address()) {
        log::set_up(log::Level::error, log::Format::text);  // refusals are what most of these tests are about
        consumer_server.enforce_certificate_dates = wishes.enforce_certificate_dates;
        open_service();
        set_states(wishes.connection);
        set_view();
        auto provider_house = provider_server.house(0, wishes.provider_pools.value_or(wishes.pooled));
        provider_house.limits = {wishes.provider_exchanges, wishes.body_octets};
        provider.emplace(std::move(provider_house));
        open_peer_door();
        const auto port = wishes.between ? wishes.between(peer_address, peer_door->port()) : peer_door->port();
        auto consumer_house = consumer_server.house(port, wishes.pooled);
        consumer_house.limits = {wishes.consumer_exchanges, wishes.body_octets};
        consumer_house.body_memory = consumer_bodies;
        consumer.emplace(std::move(consumer_house));
        open_consumer_door();
    }
    ~World() {
        for (auto* door : {&consumer_door, &peer_door, &service_door}) door->reset();
        threads.stop();
    }

    static identity::ClientId client() { return {"ZA", "GOV", "101", "tax"}; }
    static identity::ClientId owner() { return {"ZA", "GOV", "202", "roads"}; }
    static std::string target(std::string_view path = "") { return "/r1/ZA/GOV/202/roads/permit" + std::string(path); }

    /// Calls the consumer's server as an information system.
    Result<channel::FetchAnswer> call(std::string method, std::string target, message::Fields fields = {},
                                      std::string body = {}) {
        if (!message::field(fields, "X-Road-Client"))
            fields.insert(fields.begin(), {"X-Road-Client", "ZA/GOV/101/tax"});
        channel::FetchRequest request{
            .method = std::move(method),
            .url = {.tls = false, .host = "127.0.0.1", .port = consumer_door->port(), .target = std::move(target)},
            .fields = std::move(fields),
            .body = std::move(body),
            .tls = nullptr,
            .most = 64 * 1024 * 1024};
        return run(channel::fetch(std::move(request)));
    }
    Result<channel::FetchAnswer> get(std::string_view path = "/1", message::Fields fields = {}) {
        return call("GET", target(path), std::move(fields));
    }

    void set_states(access::ConnectionType connection = access::ConnectionType::http) {
        access::Client asking{.id = client(), .connection = connection};
        consumer_server.set_state({.revision = 1, .clients = {asking}});
        access::Service permit{.code = "permit", .url = "http://127.0.0.1:" + std::to_string(service_door->port())};
        access::Client answering{.id = owner(), .services = {permit}};
        answering.rights = {{{.kind = access::Subject::Kind::client, .client = client()}, "permit"}};
        provider_server.set_state({.revision = 1, .clients = {answering}});
    }
    /// Changes the provider's client.
    void change_owner(const std::function<void(access::Client&)>& change) {
        auto state = provider_server.state();
        change(state.clients.front());
        provider_server.set_state(std::move(state));
    }

    registry::SharedParameters shared() {
        registry::SharedParameters shared;
        shared.instance = "ZA";
        shared.approved_cas.push_back({.name = "Test",
                                       .top = {.certificate = authority.certificate().der(), .ocsp = {}},
                                       .profile = "EjbcaCertificateProfileInfoProvider"});
        shared.servers.push_back({.id = consumer_server.id,
                                  .address = "127.0.0.1",
                                  .auth_certificate_hashes = {consumer_server.keys.identity.chain.front().sha256()},
                                  .clients = {client()}});
        shared.servers.push_back({.id = provider_server.id,
                                  .address = peer_address,
                                  .auth_certificate_hashes = {provider_server.keys.identity.chain.front().sha256()},
                                  .clients = {owner()}});
        return shared;
    }
    void set_view() { set_view(shared()); }
    void set_view(registry::SharedParameters shared, bool expired = false) {
        auto snapshot = std::make_shared<registry_view::Snapshot>();
        snapshot->revision = ++revision;
        snapshot->trust = x509::Trust::build("ZA", {std::move(shared)});
        snapshot->expires = Clock::system().now() + std::chrono::minutes(expired ? -1 : 10);
        view.set(std::move(snapshot));
    }

    /// `port` 0: any.
    void open_peer_door(std::uint16_t port = 0) {
        auto tls = provider->tls();
        REQUIRE(tls);
        channel::ListenerSettings settings{.name = "peer", .address = peer_address, .port = port, .tls = *tls};
        const auto route = [this](channel::Exchange& exchange) -> boost::asio::awaitable<void> {
            ++connections_seen;
            return through_the_middle(exchange);
        };
        auto door = channel::Listener::open(threads, std::move(settings), route);
        REQUIRE(door);
        peer_door = std::move(*door);
    }
    boost::asio::awaitable<void> through_the_middle(channel::Exchange& exchange) {
        if (peer_instead) {
            co_await peer_instead(exchange);
            co_return;
        }
        if (!alter_question && !alter_reply) {
            co_await provider->answer(exchange);
            co_return;
        }
        AlteredExchange altered(exchange);
        auto read = co_await altered.read(alter_question);
        if (!read) co_return;
        co_await provider->answer(altered);
        auto passed = co_await altered.pass_on(alter_reply);
        if (!passed) co_return;
    }
    void open_consumer_door() {
        channel::ListenerSettings settings{.name = "consumer", .address = "127.0.0.1"};
        settings.rules.refuse_repeated_x_road = true;
        const auto route = [this](channel::Exchange& exchange) { return consumer->answer(exchange); };
        auto door = channel::Listener::open(threads, std::move(settings), route);
        REQUIRE(door);
        consumer_door = std::move(*door);
    }
    /// A second door of the consumer's server, over TLS. Close it before the world ends.
    std::unique_ptr<channel::Listener> open_tls_door(const channel::TlsIdentity& identity) {
        auto tls = channel::TlsContext::server(identity, true);
        REQUIRE(tls);
        channel::ListenerSettings settings{.name = "consumer-tls", .address = "127.0.0.1", .tls = *tls};
        const auto route = [this](channel::Exchange& exchange) { return consumer->answer(exchange); };
        auto door = channel::Listener::open(threads, std::move(settings), route);
        REQUIRE(door);
        return std::move(*door);
    }
    void open_service() {
        const auto route = [this](channel::Exchange& exchange) { return serve(exchange); };
        auto door = channel::Listener::open(threads, {.name = "service", .address = "127.0.0.1"}, route);
        REQUIRE(door);
        service_door = std::move(*door);
    }
    boost::asio::awaitable<void> serve(channel::Exchange& exchange) {
        Seen now{exchange.head(), {}};
        for (;;) {
            auto octets = co_await exchange.read_body();
            if (!octets || octets->empty()) break;
            now.body += *octets;
        }
        Reply reply{200, {{"Content-Type", "application/json"}}, "{\"ok\":true}"};
        {
            const std::lock_guard lock(guard);
            seen.push_back(std::move(now));
            if (service_reply) reply = *service_reply;
        }
        auto answered = co_await exchange.respond(reply.status, "Fine", reply.fields, reply.body);
        if (!answered) co_return;
    }
    std::vector<Seen> seen_by_service() {
        const std::lock_guard lock(guard);
        return seen;
    }
    void answer_with(Reply reply) {
        const std::lock_guard lock(guard);
        service_reply = std::move(reply);
    }

    TemporaryFolder folder;
    const std::shared_ptr<transport::BodyMemory> consumer_bodies = std::make_shared<transport::BodyMemory>();
    channel::Threads threads;
    Authority authority;
    ChangingView view;
    std::uint64_t revision = 0;
    Server consumer_server, provider_server;
    std::string peer_address;
    std::optional<provider::Provider> provider;
    std::optional<consumer::Consumer> consumer;
    std::unique_ptr<channel::Listener> service_door, peer_door, consumer_door;

    /// Answers in the provider's place. All three are set while no exchange is in flight.
    std::function<boost::asio::awaitable<void>(channel::Exchange&)> peer_instead;
    std::function<void(Question&)> alter_question;
    std::function<void(Reply&)> alter_reply;
    std::atomic<int> connections_seen = 0;

    std::mutex guard;
    std::vector<Seen> seen;
    std::optional<Reply> service_reply;
};

/// The code of an error answer, from its header; it must be the one in the body too.
inline std::string error_code(const channel::FetchAnswer& answer) {
    const auto code = message::field(answer.fields, "X-Road-Error");
    if (!code) return "none";
    CHECK(answer.body.find(*code) != std::string::npos);
    return std::string(*code);
}

}  // namespace onceway::tests
