// bench_primitives FOLDER: what the single steps of an exchange cost on this processor and on the disk of FOLDER, one
// after the other on one thread, as one JSON object. The budget in docs/performance.md is made of these.
#include "certs/channel/client.hpp"
#include "certs/channel/server.hpp"
#include "certs/keys/digest.hpp"
#include "schemas/store/database.hpp"
#include "tests/bench/primitives/stopwatch.hpp"
#include "tests/support/run.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <cstdio>
#include <filesystem>

namespace onceway::bench {
namespace {

using keys::EcdsaForm;
using keys::PrivateKey;

constexpr std::size_t canonical_octets = 1'100;  // of the SignedInfo that a signature covers

void measure_key(Report& report, const std::string& name, const PrivateKey& key) {
    const Octets data(canonical_octets, 's');
    const auto algorithm = key.default_algorithm();
    const auto value = key.sign(algorithm, data, EcdsaForm::raw).value();
    const auto other_side = key.public_key();
    report.add(name + "_sign", repeated(200, [&] { (void)key.sign(algorithm, data, EcdsaForm::raw).value(); }));
    bool right = true;
    const auto verify = [&] { right = other_side.verify(algorithm, data, value, EcdsaForm::raw) && right; };
    const auto cost = repeated(500, verify);
    if (right) report.add(name + "_verify", cost);
}

void measure_digests(Report& report) {
    const Octets small(1'024, 'd'), large(1024 * 1024, 'd');
    report.add("sha512_1k", repeated(5'000, [&] { (void)keys::sha512(small); }));
    report.add("sha512_1m", repeated(20, [&] { (void)keys::sha512(large); }));
}

/// One row of nearly a page, alone in its commit, durable when the call returns: what a lone record waits for.
void measure_commit(Report& report, const std::filesystem::path& folder) {
    constexpr std::string_view table = "CREATE TABLE row (id INTEGER PRIMARY KEY, octets BLOB NOT NULL) STRICT;";
    const std::array history{store::Migration{1, table}};
    store::Database::Settings settings;
    settings.path = folder / "primitives.db";
    settings.migrations = history;
    auto database = store::Database::open(settings).value();
    auto insert = database.prepare("INSERT INTO row (octets) VALUES (?)");
    const Octets octets(4'000, 'r');
    report.add("commit_4k", repeated(200, [&] {
                   database.transaction([&] {
                       insert.bind_blob(1, octets);
                       insert.step();
                       insert.reset();
                   });
               }));
}

// --- TLS between servers
// ----------------------------------------------------------------------------------------------

channel::TlsIdentity identity() {
    const auto key = std::make_shared<const PrivateKey>(PrivateKey::generate_rsa(2048));
    const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto day = std::chrono::hours(24);
    x509::Issue wanted;
    wanted.subject = {{"CN", "bench"}};
    wanted.spki = key->public_key().spki();
    wanted.profile = x509::Profile::authentication;
    wanted.not_before = now - day;
    wanted.not_after = now + day;
    return {{x509::issue(wanted, nullptr, *key).value()}, key};
}

/// A connection, one question, one answer: session tickets come with the answer. Gives whether a session was resumed.
Async<bool> call_once(std::uint16_t port, std::shared_ptr<channel::TlsContext> tls) {
    channel::ConnectTo to;
    to.host = "127.0.0.1";
    to.port = port;
    to.tls = std::move(tls);
    auto opened = co_await channel::Connection::open(std::move(to));
    if (!opened) co_return opened.error();
    auto& connection = **opened;
    auto written = co_await connection.write("GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n");
    if (!written) co_return written.error();
    const message::HeadRules rules;
    auto head = co_await connection.read_head(rules, std::chrono::seconds(10));
    if (!head) co_return head.error();
    auto octets = co_await connection.read_body(std::chrono::seconds(10));
    if (!octets) co_return octets.error();
    co_return connection.resumed();
}

boost::asio::awaitable<void> greet(channel::Exchange& exchange) {
    const message::Fields none;
    auto responded = co_await exchange.respond(200, "OK", none, "");
    if (!responded) exchange.close_after();
}

void measure_handshakes(Report& report) {
    const auto own = identity();
    const auto anybody = [](const x509::Certificate&) { return true; };
    channel::Threads threads(1);
    channel::ListenerSettings settings;
    settings.name = "bench";
    settings.address = "127.0.0.1";
    settings.tls = channel::TlsContext::peer_server(own, anybody, {}).value();
    const auto listener = channel::Listener::open(threads, settings, greet).value();
    const auto call = [&](const std::shared_ptr<channel::TlsContext>& tls) {
        return tests::run(call_once(listener->port(), tls)).value();
    };
    report.add("tls_connection_full", repeated(50, [&] { (void)call(channel::TlsContext::peer_client(own).value()); }));
    const auto kept = channel::TlsContext::peer_client(own).value();
    (void)call(kept);
    bool resumed = true;
    const auto cost = repeated(50, [&] { resumed = call(kept) && resumed; });
    if (resumed) report.add("tls_connection_resumed", cost);
}

}  // namespace
}  // namespace onceway::bench

int main(int count, char** words) {
    using namespace onceway;
    if (count != 2) {
        fmt::print(stderr, "usage: bench_primitives FOLDER\n");
        return 2;
    }
    bench::Report report;
    bench::measure_commit(report, words[1]);
    bench::measure_key(report, "rsa2048", keys::PrivateKey::generate_rsa(2048));
    bench::measure_key(report, "p256", keys::PrivateKey::generate_ec());
    bench::measure_digests(report);
    bench::measure_handshakes(report);
    fmt::print("{}\n", report.json());
    return 0;
}
