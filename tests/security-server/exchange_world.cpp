#include "tests/security-server/exchange_world.hpp"

#include "schemas/base/log.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

namespace onceway::tests {

std::string leased_address() {
    static std::atomic<unsigned> next{static_cast<unsigned>(::getpid()) * 7919u};
    const unsigned n = next.fetch_add(1);
    return "127." + std::to_string(20 + n / 62'500 % 200) + '.' + std::to_string(n / 250 % 250) + '.' +
           std::to_string(2 + n % 250);
}

Result<std::shared_ptr<const signature::SigningKey>> GivenKeys::signing_key(const identity::MemberId& member) const {
    const std::lock_guard lock(guard);
    if (no_signing) return fault(FaultCode::cannot_create_signature, "no signing key in this test");
    const auto known = signing.find(member);
    if (known == signing.end()) return fault(FaultCode::cannot_create_signature, "no key of " + member.text());
    return std::make_shared<const signature::SigningKey>(known->second);
}

Result<channel::TlsIdentity> GivenKeys::authentication() const { return identity; }

Result<std::shared_ptr<const std::vector<Octets>>> GivenKeys::authentication_ocsp() const {
    if (no_ocsp) return fault(FaultCode::cannot_create_signature, "no OCSP answer in this test");
    return std::make_shared<const std::vector<Octets>>(ocsp);
}

Async<Octets> GivenKeys::ocsp_by_sha1(Octets) { co_return fault(FaultCode::not_found, "not in this test"); }

Async<std::vector<Octets>> GivenPeerOcsp::answers(std::string, std::vector<x509::Certificate> chain,
                                                  std::shared_ptr<const registry_view::Snapshot>) {
    ++asked;
    if (unreachable) co_return fault(FaultCode::ssl_authentication_failed, "port 5577 does not answer");
    std::vector<Octets> all;
    for (const auto& certificate : chain) all.push_back(authority.ocsp(certificate, status.load()));
    co_return all;
}

std::uint64_t GivenPeerOcsp::revision() const { return static_cast<std::uint64_t>(asked.load()); }

std::shared_ptr<const registry_view::Snapshot> ChangingView::current() const {
    const std::lock_guard lock(guard_);
    return snapshot_;
}

void ChangingView::set(std::shared_ptr<const registry_view::Snapshot> snapshot) {
    const std::lock_guard lock(guard_);
    snapshot_ = std::move(snapshot);
}

Server::Server(const Authority& authority, identity::ServerId id, channel::Threads& threads, ChangingView& view,
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

Server::~Server() = default;

void Server::add_signing(const identity::MemberId& member) {
    const auto certified = authority.signing(member);
    keys.signing.insert_or_assign(
        member,
        signature::SigningKey{certified.key, certified.certificate, {}, {authority.ocsp(certified.certificate)}});
}

House Server::house(std::uint16_t peer_port, bool pooled) {
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

void Server::set_state(access::State state) {
    const std::lock_guard lock(guard);
    state_ = std::make_shared<const access::State>(std::move(state));
}

access::State Server::state() const { return *state_; }

void Server::set_internal_tls(const Certified& own) {
    const std::lock_guard lock(guard);
    internal_tls_ = std::make_shared<const channel::TlsIdentity>(channel::TlsIdentity{{own.certificate}, own.key});
}

std::uint64_t Server::records() const { return log->health().last_number; }

World::World() : World(Wishes{}) {}

World::World(Wishes wishes)
    : consumer_bodies(std::make_shared<transport::BodyMemory>(wishes.body_octets)),
      threads(wishes.threads),
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

World::~World() {
    for (auto* door : {&consumer_door, &peer_door, &service_door}) door->reset();
    threads.stop();
}

identity::ClientId World::client() { return {"ZA", "GOV", "101", "tax"}; }
identity::ClientId World::owner() { return {"ZA", "GOV", "202", "roads"}; }
std::string World::target(std::string_view path) { return "/r1/ZA/GOV/202/roads/permit" + std::string(path); }

Result<channel::FetchAnswer> World::call(std::string method, std::string target, message::Fields fields,
                                         std::string body) {
    if (!message::field(fields, "X-Road-Client")) fields.insert(fields.begin(), {"X-Road-Client", "ZA/GOV/101/tax"});
    channel::FetchRequest request{
        .method = std::move(method),
        .url = {.tls = false, .host = "127.0.0.1", .port = consumer_door->port(), .target = std::move(target)},
        .fields = std::move(fields),
        .body = std::move(body),
        .tls = nullptr,
        .most = 64 * 1024 * 1024};
    return run(channel::fetch(std::move(request)));
}

Result<channel::FetchAnswer> World::get(std::string_view path, message::Fields fields) {
    return call("GET", target(path), std::move(fields));
}

void World::set_states(access::ConnectionType connection) {
    access::Client asking{.id = client(), .connection = connection};
    consumer_server.set_state({.revision = 1, .clients = {asking}});
    access::Service permit{.code = "permit", .url = "http://127.0.0.1:" + std::to_string(service_door->port())};
    access::Client answering{.id = owner(), .services = {permit}};
    answering.rights = {{{.kind = access::Subject::Kind::client, .client = client()}, "permit"}};
    provider_server.set_state({.revision = 1, .clients = {answering}});
}

void World::change_owner(const std::function<void(access::Client&)>& change) {
    auto state = provider_server.state();
    change(state.clients.front());
    provider_server.set_state(std::move(state));
}

registry::SharedParameters World::shared() {
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

void World::set_view() { set_view(shared()); }

void World::set_view(registry::SharedParameters shared, bool expired) {
    auto snapshot = std::make_shared<registry_view::Snapshot>();
    snapshot->revision = ++revision;
    snapshot->trust = x509::Trust::build("ZA", {std::move(shared)});
    snapshot->expires = Clock::system().now() + std::chrono::minutes(expired ? -1 : 10);
    view.set(std::move(snapshot));
}

void World::open_peer_door(std::uint16_t port) {
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

boost::asio::awaitable<void> World::through_the_middle(channel::Exchange& exchange) {
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

void World::open_consumer_door() {
    channel::ListenerSettings settings{.name = "consumer", .address = "127.0.0.1"};
    settings.rules.refuse_repeated_x_road = true;
    const auto route = [this](channel::Exchange& exchange) { return consumer->answer(exchange); };
    auto door = channel::Listener::open(threads, std::move(settings), route);
    REQUIRE(door);
    consumer_door = std::move(*door);
}

std::unique_ptr<channel::Listener> World::open_tls_door(const channel::TlsIdentity& identity) {
    auto tls = channel::TlsContext::server(identity, true);
    REQUIRE(tls);
    channel::ListenerSettings settings{.name = "consumer-tls", .address = "127.0.0.1", .tls = *tls};
    const auto route = [this](channel::Exchange& exchange) { return consumer->answer(exchange); };
    auto door = channel::Listener::open(threads, std::move(settings), route);
    REQUIRE(door);
    return std::move(*door);
}

void World::open_service() {
    const auto route = [this](channel::Exchange& exchange) { return serve(exchange); };
    auto door = channel::Listener::open(threads, {.name = "service", .address = "127.0.0.1"}, route);
    REQUIRE(door);
    service_door = std::move(*door);
}

boost::asio::awaitable<void> World::serve(channel::Exchange& exchange) {
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

std::vector<Seen> World::seen_by_service() {
    const std::lock_guard lock(guard);
    return seen;
}

void World::answer_with(Reply reply) {
    const std::lock_guard lock(guard);
    service_reply = std::move(reply);
}

std::string error_code(const channel::FetchAnswer& answer) {
    const auto code = message::field(answer.fields, "X-Road-Error");
    if (!code) return "none";
    CHECK(answer.body.find(*code) != std::string::npos);
    return std::string(*code);
}

}  // namespace onceway::tests
