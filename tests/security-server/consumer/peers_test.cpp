#include "security-server/consumer/peers.hpp"

#include "schemas/base/log.hpp"
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>

#include <future>

using namespace onceway;
using namespace onceway::tests;
using consumer::Peers;
using transport::Line;
using tcp = boost::asio::ip::tcp;

namespace {

/// A server of the provider's at an address of its own; all of them listen at the same port.
struct Place {
    std::string address = leased_address();
    std::unique_ptr<channel::Listener> listener;
    std::atomic<int> exchanges = 0, handshakes = 0;
};

/// Somebody who connects to servers of one provider. What they show, and whether they answer, each test decides.
class Street {
public:
    explicit Street(bool pooled = true)
        : pooled(pooled), asking(authority, {{"ZA", "GOV", "101"}, "ss1"}, threads, view, folder / "ss1") {
        log::set_up(log::Level::error, log::Format::text);
        own = authority.authentication("provider");
    }
    ~Street() {
        go_on.set_value();
        for (auto& place : places) place->listener.reset();
        threads.stop();
        slow_threads.stop();
    }

    static identity::ClientId provider() { return {"ZA", "GOV", "202", "roads"}; }

    /// A server that answers, with the right certificate or another.
    Place& answering(bool right_certificate = true) {
        const auto shown = right_certificate ? *own : authority.authentication("another");
        return open(threads, shown);
    }
    /// One that takes its time, until the end of the test, before it says its first word.
    Place& slow() {
        auto wait = [this] { going_on.wait(); };
        boost::asio::post(slow_threads.context(0), wait);
        return open(slow_threads, *own);
    }
    /// One that accepts, and says nothing.
    std::string silent() {
        tcp::endpoint at(boost::asio::ip::make_address(leased_address()), port);
        quiet.emplace_back(context, at);
        return at.address().to_string();
    }
    static std::string dead() { return leased_address(); }

    /// What the configuration says of the provider's servers.
    void configure(bool registered = true) {
        registry::SharedParameters shared;
        shared.instance = "ZA";
        shared.approved_cas.push_back({.name = "Test",
                                       .top = {.certificate = authority.certificate().der(), .ocsp = {}},
                                       .profile = "EjbcaCertificateProfileInfoProvider"});
        registry::SecurityServer server{.id = {{"ZA", "GOV", "202"}, "ss2"}, .address = "x", .clients = {provider()}};
        if (registered) server.auth_certificate_hashes = {own->certificate.sha256()};
        shared.servers.push_back(server);
        auto snapshot = std::make_shared<registry_view::Snapshot>();
        snapshot->trust = x509::Trust::build("ZA", {std::move(shared)});
        snapshot->expires = Clock::system().now() + std::chrono::minutes(10);
        view.set(std::move(snapshot));
    }
    Result<Line> open_line(std::vector<std::string> addresses) {
        if (!peers) {
            configure();
            house.emplace(asking.house(port, pooled));
            peers.emplace(*house);
        }
        return run_on(threads.context(0), peers->open(std::move(addresses), provider(), view.current()));
    }
    /// One exchange on the line; its status.
    int ask(Line& line) { return run_on(threads.context(0), ask_on(*line.connection)); }
    void give_back(Line line) { REQUIRE(run_on(threads.context(0), peers->give_back(std::move(line)))); }

    const bool pooled;
    TemporaryFolder folder;
    boost::asio::io_context context;
    channel::Threads threads{1}, slow_threads{1};
    Authority authority;
    ChangingView view;
    Server asking;
    std::optional<Certified> own;
    std::uint16_t port = 0;
    std::vector<std::unique_ptr<Place>> places;
    std::vector<tcp::acceptor> quiet;
    std::optional<House> house;
    std::optional<Peers> peers;

private:
    static boost::asio::awaitable<int> ask_on(channel::Connection& connection) {
        auto written = co_await connection.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        const message::HeadRules rules;
        auto head = co_await connection.read_head(rules, std::chrono::seconds(20));
        if (!written || !head) co_return 0;
        auto end = co_await connection.read_body(std::chrono::seconds(20));
        co_return end ? head->status : 0;
    }
    Place& open(channel::Threads& where, const Certified& shown) {
        auto& place = *places.emplace_back(std::make_unique<Place>());
        const auto anybody = [&place](const x509::Certificate&) {
            ++place.handshakes;
            return true;
        };
        auto tls = channel::TlsContext::peer_server({{shown.certificate}, shown.key}, anybody, {});
        REQUIRE(tls);
        channel::ListenerSettings settings{.name = "peer", .address = place.address, .port = port, .tls = *tls};
        const auto route = [&place](channel::Exchange& exchange) -> boost::asio::awaitable<void> {
            ++place.exchanges;
            auto answered = co_await exchange.respond(200, "OK", {}, {});
            if (!answered) co_return;
        };
        auto listener = channel::Listener::open(where, std::move(settings), route);
        REQUIRE(listener);
        place.listener = std::move(*listener);
        port = place.listener->port();
        return place;
    }

    std::promise<void> go_on;
    std::shared_future<void> going_on = go_on.get_future().share();
};

/// Everything that comes on the next connection, to its end.
std::string all_from(tcp::acceptor& acceptor) {
    auto socket = acceptor.accept();
    std::string octets;
    boost::system::error_code error;
    boost::asio::read(socket, boost::asio::dynamic_buffer(octets), error);
    return octets;
}

}  // namespace

TEST_CASE("the server that is ready is taken, beside one that") {
    struct {
        const char* why;
        std::function<std::string(Street&)> other;
    } const rows[] = {
        {"does not listen", [](Street&) { return Street::dead(); }},
        {"accepts and says nothing", [](Street& street) { return street.silent(); }},
        {"shows the wrong certificate", [](Street& street) { return street.answering(false).address; }},
        {"is slower", [](Street& street) { return street.slow().address; }},
    };
    for (const auto& [why, other] : rows) SUBCASE(why) {
            Street street;
            const std::string good = street.answering().address;
            const std::string bad = other(street);
            for (const auto& addresses : {std::vector{good, bad}, std::vector{bad, good}}) {
                street.peers.reset();  // nothing is remembered
                auto line = street.open_line(addresses);
                REQUIRE_MESSAGE(line, line.error().detail);
                CHECK(line->to == good);
                CHECK(street.ask(*line) == 200);
                line->connection->close();
            }
        }
}

TEST_CASE("who loses the race is sent away, having heard nothing but a greeting") {
    Street street;
    const std::string good = street.answering().address, silent = street.silent();
    auto line = street.open_line({silent, good});
    REQUIRE(line);
    CHECK(line->to == good);
    const std::string heard = all_from(street.quiet.front());  // ends, because the connection was closed
    CHECK(heard.size() < 2'000);
    CHECK(heard.substr(0, 2) == "\x16\x03");  // a TLS ClientHello, if anything
    line->connection->close();
}

TEST_CASE("more servers than race at once are all tried") {
    Street street;
    const std::string good = street.answering().address;
    std::vector<std::string> addresses{good};
    for (int i = 0; i < 20; ++i) addresses.push_back(Street::dead());
    auto line = street.open_line(addresses);
    REQUIRE(line);
    CHECK(line->to == good);
    line->connection->close();
}

TEST_CASE("the winner is asked first until it fails, and then another is") {
    Street street(false);
    Place& one = street.answering();
    Place& two = street.answering();
    const std::vector<std::string> both{one.address, two.address};
    const auto next = [&] {
        auto line = street.open_line(both);
        REQUIRE_MESSAGE(line, line.error().detail);
        CHECK(street.ask(*line) == 200);
        const std::string to = line->to;
        street.give_back(std::move(*line));
        return to;
    };
    const std::string winner = next();
    for (int i = 0; i < 10; ++i) CHECK(next() == winner);

    Place& gone = winner == one.address ? one : two;
    Place& left = winner == one.address ? two : one;
    CHECK(gone.exchanges == 11);
    CHECK(left.exchanges == 0);
    gone.listener.reset();
    for (int i = 0; i < 10; ++i) CHECK(next() == left.address);

    CHECK(left.exchanges == 10);
}

TEST_CASE("when nobody is in order, the fault says the most that is known") {
    struct {
        const char* why;
        bool wrong_certificate;
        FaultCode code;
        const char* says;
    } const rows[] = {
        {"nobody listens", false, FaultCode::network_error, "Connecting to the security server at"},
        {"one shows a wrong certificate", true, FaultCode::ssl_authentication_failed, "belongs to no server"},
    };
    for (const auto& [why, wrong_certificate, code, says] : rows) SUBCASE(why) {
            Street street;
            std::vector<std::string> addresses{Street::dead(), Street::dead()};
            if (wrong_certificate) addresses.insert(addresses.begin(), street.answering(false).address);
            if (!wrong_certificate) street.answering();  // so that there is a port
            auto line = street.open_line(addresses);
            REQUIRE_FALSE(line);
            CHECK(line.error().code == code);
            CHECK_MESSAGE(contains(line.error().detail, says), line.error().detail);
        }
}

TEST_CASE("a line that was kept carries the next message while nothing has changed") {
    Street street;
    Place& place = street.answering();
    for (int i = 0; i < 5; ++i) {
        auto line = street.open_line({place.address});
        REQUIRE(line);
        CHECK(street.ask(*line) == 200);
        street.give_back(std::move(*line));
    }
    CHECK(place.exchanges == 5);
    CHECK(place.listener->connections() == 1);
}

TEST_CASE("a line that was kept is judged again, and given up, when") {
    struct {
        const char* why;
        std::function<void(Street&)> happens;
        const char* says;  // empty: another line is opened
    } const rows[] = {
        {"the configuration no longer knows the certificate", [](Street& s) { s.configure(false); },
         "belongs to no server"},
        {"the certificate is revoked", [](Street& s) { s.asking.peer_ocsp.status = x509::Revocation::revoked; },
         "revoked"},
        {"nobody answers for the certificate any more", [](Street& s) { s.asking.peer_ocsp.unreachable = true; },
         "5577"},
        {"our own certificate changed", [](Street& s) { s.peers->renew(); }, ""},
        {"the other side has closed it", [](Street& s) { s.places.front()->listener->stop_accepting(); }, "Connecting"},
    };
    for (const auto& [why, happens, says] : rows) SUBCASE(why) {
            Street street;
            Place& place = street.answering();
            auto first = street.open_line({place.address});
            REQUIRE(first);
            REQUIRE(street.ask(*first) == 200);
            street.give_back(std::move(*first));
            happens(street);

            auto second = street.open_line({place.address});
            if (std::string_view(says).empty()) {
                REQUIRE(second);
                CHECK(street.ask(*second) == 200);
                CHECK(place.handshakes == 2);
                second->connection->close();
            } else {
                REQUIRE_FALSE(second);
                CHECK_MESSAGE(contains(second.error().detail, says), second.error().detail);
                CHECK(place.exchanges == 1);
            }
        }
}
