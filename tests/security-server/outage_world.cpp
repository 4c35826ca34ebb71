#include "tests/security-server/outage_world.hpp"

#include "schemas/base/log.hpp"
#include "security-server/admin/ocsp_port.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

namespace onceway::tests {

Async<channel::FetchAnswer> fetch_soon_or_not(channel::FetchRequest request) {
    request.connect = request.total = patience;
    auto answer = co_await channel::fetch(std::move(request));
    co_return answer;
}

namespace {

std::string outage_address() {
    static std::atomic<unsigned> next{static_cast<unsigned>(::getpid()) * 104'729u};
    const unsigned n = next.fetch_add(1);
    return "127." + std::to_string(60 + n / 62'500 % 150) + '.' + std::to_string(n / 250 % 250) + '.' +
           std::to_string(2 + n % 250);
}

std::filesystem::path make(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder / "spool");
    return folder;
}

keys::SoftwareToken new_token(const std::filesystem::path& folder) {
    auto token = must(keys::SoftwareToken::create(folder / "keys", "1234-5678"));
    must(token.unlock("1234-5678"));
    return token;
}

identity::ClientId client() { return {"TEST", "GOV", "101", "tax"}; }
identity::ClientId owner() { return {"TEST", "GOV", "202", "roads"}; }

}  // namespace

OutageServer::OutageServer(identity::ServerId id, TrustServices& trust, registry_view::Client& view,
                           channel::Threads& threads, const std::filesystem::path& folder)
    : id(std::move(id)),
      address(outage_address()),
      folder(make(folder)),
      trust(trust),
      view(view),
      threads(threads),
      own_ocsp(folder / "ocsp", view, clock, fetch_soon_or_not),
      keys(new_token(folder), this->id, view, own_ocsp, clock),
      sealer([this](const identity::MemberId& member) { return keys.signing_key(member); }, clock),
      log(must(records::MessageLog::open({.folder = folder / "log"}, clock))),
      timestamper(*log, view, clock, {.interval = std::chrono::seconds(1), .acceptable_failure = acceptable_failure},
                  records::ask_over_http({}, {patience, patience})) {
    log->admit_by([this] { return timestamper.admits(); });
    certify(
        keys::KeyUsage::signing, x509::Profile::signing,
        {{"C", "ZA"}, {"businessCategory", this->id.owner.member_class}, {"serialNumber", this->id.owner.member_code}});
    certify(keys::KeyUsage::authentication, x509::Profile::authentication, {{"CN", this->id.code}});
}

OutageServer::~OutageServer() = default;

void OutageServer::fetch_ocsp() { run(keys.fetch_once(std::chrono::seconds(1200))); }
Result<std::size_t> OutageServer::stamp() { return run(timestamper.run_once()); }

House OutageServer::house(PeerPorts ports) {
    return {.server = id,
            .clock = clock,
            .threads = threads,
            .view = view,
            .keys = keys,
            .peer_ocsp = *peer_ocsp,
            .sealer = sealer,
            .log = *log,
            .state = [this] { return state; },
            .spool = folder / "spool",
            .ports = ports,
            .local_address = {},
            .pooled_connections = true};
}

void OutageServer::certify(keys::KeyUsage usage, x509::Profile profile, x509::Subject subject) {
    const bool signs = usage == keys::KeyUsage::signing;
    const auto key = must(keys.generate({signs ? id.owner.url() : std::string(), usage, keys::KeyFamily::ec, 256}));
    const auto now = Clock::system().now();
    const x509::Issue wanted{std::move(subject),
                             must(keys.key(key.id))->public_key().spki(),
                             profile,
                             {},
                             now - std::chrono::hours(24 * 100),
                             now + std::chrono::hours(24 * 300),
                             {},
                             {}};
    const auto& by = trust.authority.identity();
    auto certificate = must(x509::issue(wanted, &by.certificate, *by.key));
    must(keys.import(certificate));
    trust.known.push_back(certificate);
    (signs ? signing : authentication) = std::move(certificate);
}

OutageWorld::OutageWorld()
    : trust(threads),
      view({folder / "configuration", std::chrono::seconds(1), "/nowhere"},
           plain_anchor(trust.registry.url("/internalconf")), registry_clock, fetch_soon_or_not),
      asking({{"TEST", "GOV", "101"}, "ss1"}, trust, view, threads, folder / "ss1"),
      answering({{"TEST", "GOV", "202"}, "ss2"}, trust, view, threads, folder / "ss2") {
    onceway::log::set_up(onceway::log::Level::error, onceway::log::Format::text);
    open_service();
    declare();
    view.on_change([this](const registry_view::Snapshot*, const registry_view::Snapshot&) {
        asking.keys.look_again();
        answering.keys.look_again();
    });
    REQUIRE(refresh());
    rounds();
    open_doors();
}

OutageWorld::~OutageWorld() {
    for (auto* desk : {&trust.ocsp, &trust.tsa, &trust.registry}) desk->proxy.reset();
    peer_ocsp_proxy.reset();
    for (auto* door : {&consumer_door, &peer_door, &ocsp_door, &service_door, &trust.ocsp.door, &trust.tsa.door,
                       &trust.registry.door})
        door->reset();
    threads.stop();
}

std::string OutageWorld::ask() {
    channel::FetchRequest request{.method = "GET",
                                  .url = {.tls = false,
                                          .host = "127.0.0.1",
                                          .port = consumer_door->port(),
                                          .target = "/r1/TEST/GOV/202/roads/permit/1"},
                                  .fields = {{"X-Road-Client", "TEST/GOV/101/tax"}}};
    const auto begun = std::chrono::steady_clock::now();
    const auto answer = run(channel::fetch(std::move(request)));
    took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    if (!answer) return "no answer: " + answer.error().detail;
    if (answer->status == 200) return "answered";
    return std::string(message::field(answer->fields, "X-Road-Error").value_or("no fault code"));
}

Result<registry_view::Refreshed> OutageWorld::refresh() { return run(view.refresh()); }

void OutageWorld::rounds() {
    asking.fetch_ocsp();
    answering.fetch_ocsp();
}

void OutageWorld::pass(std::chrono::seconds time, bool with_configuration) {
    for (auto* clock : {&trust.clock, &asking.clock, &answering.clock, &registry_clock}) clock->move(time);
    if (with_configuration) REQUIRE(refresh());
}

std::unique_ptr<channel::Listener> OutageWorld::open(std::string name, const std::string& address, channel::Route route,
                                                     std::shared_ptr<channel::TlsContext> tls) {
    channel::ListenerSettings settings{.name = std::move(name), .address = address, .port = 0, .tls = std::move(tls)};
    return must(channel::Listener::open(threads, std::move(settings), std::move(route)));
}

boost::asio::awaitable<void> OutageWorld::serve(channel::Exchange& exchange) {
    ++executed_;
    const message::Fields fields{{"Content-Type", "text/plain"}};
    auto told = co_await exchange.respond(200, "Fine", fields, "yes");
    if (!told) exchange.close_after();
}

void OutageWorld::open_service() {
    service_door = open("service", "127.0.0.1", [this](channel::Exchange& exchange) { return serve(exchange); });
}

void OutageWorld::declare() {
    access::Client tax{.id = client(), .connection = access::ConnectionType::http};
    asking.state = std::make_shared<const access::State>(access::State{.revision = 1, .clients = {tax}});
    access::Client roads{.id = owner()};
    roads.services = {{.code = "permit", .url = "http://127.0.0.1:" + std::to_string(service_door->port())}};
    roads.rights = {{{.kind = access::Subject::Kind::client, .client = client()}, "permit"}};
    answering.state = std::make_shared<const access::State>(access::State{.revision = 1, .clients = {roads}});
    add_member(trust.shared, client());
    add_member(trust.shared, owner());
    add_server(trust.shared, asking.id, *asking.authentication, {client()}, asking.address);
    add_server(trust.shared, answering.id, *answering.authentication, {owner()}, answering.address);
}

void OutageWorld::open_doors() {
    ocsp_door = open("ocsp", answering.address, [this](channel::Exchange& exchange) {
        return admin::answer_ocsp_request(exchange, answering.keys);
    });
    peer_ocsp_proxy = std::make_unique<FaultProxy>(answering.address, ocsp_door->port(), answering.address);
    for (auto* server : {&asking, &answering})
        server->peer_ocsp =
            std::make_unique<admin::AskedPeerOcsp>(peer_ocsp_proxy->port(), server->clock, fetch_soon_or_not);
    provider.emplace(answering.house({}));
    peer_door = open(
        "peer", answering.address, [this](channel::Exchange& exchange) { return provider->answer(exchange); },
        must(provider->tls()));
    consumer.emplace(asking.house({.messages = peer_door->port(), .ocsp = peer_ocsp_proxy->port()}));
    consumer_door =
        open("consumer", "127.0.0.1", [this](channel::Exchange& exchange) { return consumer->answer(exchange); });
}

}  // namespace onceway::tests
