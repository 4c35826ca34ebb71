// Thousands of callers who take their time, at each kind of door: they are gone in time, and nobody else notices.
// Threat row 20, at a tenth of the deadlines of use.
#include "certs/channel/transport.hpp"
#include "schemas/base/log.hpp"
#include "tests/certs/channel/door.hpp"
#include "tests/support/sanitized.hpp"

#include <doctest/doctest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

using namespace onceway;
using namespace std::chrono_literals;
using boost::asio::awaitable;
using boost::asio::ip::tcp;

namespace {

constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);
constexpr int tenth = 10;                       // how much faster than in use
constexpr auto gone_within = 30'000ms / tenth;  // of the last one's coming
constexpr auto drip = 10'000ms / tenth;         // between two octets of a slow caller
constexpr int addresses = 8;                    // that they come from: below the limit of one

/// How many come to each door: as many as this process may have descriptors for, both ends of each connection.
int how_many() {
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &descriptors);
    const auto most = static_cast<int>(std::min<rlim_t>(descriptors.rlim_max, 20'000) - 200) / 6;
    return std::min(tests::sanitized ? 160 : 2000, most);
}
const int slow_callers = how_many();

channel::Deadlines shortened() {
    channel::Deadlines deadlines;
    for (auto* wait : {&deadlines.handshake, &deadlines.head, &deadlines.idle, &deadlines.between, &deadlines.linger})
        *wait /= tenth;
    return deadlines;
}

/// More than is held for one who does not read, at `/large`; otherwise what came.
awaitable<void> answer(channel::Exchange& exchange) {
    static const std::string large(1024 * 1024, 'z');
    if (exchange.head().target != "/large") {
        co_await tests::echo(exchange);
        co_return;
    }
    const message::Fields none;
    static_cast<void>((co_await exchange.respond(200, "OK", none, large)).has_value());
}

enum class Slowness { handshake, head, body, reading };

struct SlowCallers {
    std::uint16_t port;
    std::shared_ptr<channel::TlsContext> tls;
    std::atomic<int> begun = 0;  // who has said what it has to say quickly
};

/// Connects from one of several addresses; the receiving side of one that will not read holds little.
awaitable<bool> connect(tcp::socket& socket, int number, Slowness slowness, std::uint16_t port) {
    const auto own = boost::asio::ip::address_v4(0x7f000101u + static_cast<unsigned>(number % addresses));
    socket.open(tcp::v4());
    if (slowness == Slowness::reading) socket.set_option(boost::asio::socket_base::receive_buffer_size(4096));
    boost::system::error_code error;
    socket.bind({own, 0}, error);
    if (error) co_return false;
    auto [failed] = co_await socket.async_connect({boost::asio::ip::address_v4::loopback(), port}, as_result);
    co_return !failed;
}

/// Begins, and then takes its time until the door has had enough.
awaitable<void> be_slow(SlowCallers& all, int number) {
    const auto slowness = static_cast<Slowness>(number % 4);
    const auto executor = co_await boost::asio::this_coro::executor;
    tcp::socket socket(executor);
    const bool connected = co_await connect(socket, number, slowness, all.port);
    struct Begun {
        std::atomic<int>* count;
        ~Begun() { now(); }
        void now() {
            if (count) ++*std::exchange(count, nullptr);
        }
    } begun{&all.begun};
    if (!connected) co_return;
    channel::Transport line(std::move(socket));
    channel::Pace unhurried(1h, 0);
    const bool shakes = all.tls && slowness != Slowness::handshake;
    if (shakes) {
        auto shaken = co_await line.shake_hands(all.tls, {}, {}, 20s);
        if (!shaken) co_return;
    }
    static constexpr std::array beginnings{
        std::string_view("\x16\x03\x01", 3), std::string_view("POST / HTTP/1.1\r\nA: "),
        std::string_view("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n"),
        std::string_view("GET /large HTTP/1.1\r\nHost: h\r\n\r\n")};
    if (slowness != Slowness::handshake || all.tls) {
        auto said = co_await line.write(beginnings[static_cast<std::size_t>(slowness)], 20s, unhurried);
        if (!said) co_return;
    }
    begun.now();
    boost::asio::steady_timer pause(executor);
    char room[512];
    for (;;) {
        if (slowness == Slowness::reading) {
            pause.expires_after(drip);
            co_await pause.async_wait(as_result);
            continue;
        }
        auto got = co_await line.read_some(room, sizeof room, channel::from_now(drip));
        const bool waiting = !got && got.error().code == FaultCode::timed_out;
        if ((got && *got == 0) || (!got && !waiting)) co_return;
        if (slowness == Slowness::handshake) continue;
        auto dripped = co_await line.write("x", 20s, unhurried);
        if (!dripped) co_return;
    }
}

/// An honest caller on a kept connection: how long each of its exchanges took, while it goes on.
class HonestCaller {
public:
    HonestCaller(std::uint16_t port, std::shared_ptr<channel::TlsContext> tls)
        : thread_([this, port, tls] { tests::run(call(port, tls)); }) {}

    /// What 99 of 100 exchanges since the last time did not exceed.
    std::chrono::microseconds p99() {
        const std::lock_guard lock(guard_);
        REQUIRE(!took_.empty());
        std::sort(took_.begin(), took_.end());
        const auto worst = took_[took_.size() * 99 / 100];
        took_.clear();
        return std::chrono::duration_cast<std::chrono::microseconds>(worst);
    }
    int failed() const { return failed_; }
    void stop() { stopping_ = true; }

private:
    awaitable<void> call(std::uint16_t port, std::shared_ptr<channel::TlsContext> tls) {
        channel::ConnectTo to{.host = "127.0.0.1", .port = port, .tls = tls};
        auto opened = co_await channel::Connection::open(std::move(to));
        bool fine = opened.has_value();
        boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor);
        while (fine && !stopping_) {
            const auto began = std::chrono::steady_clock::now();
            fine = co_await exchange(**opened);
            {
                const std::lock_guard lock(guard_);
                took_.push_back(std::chrono::steady_clock::now() - began);
            }
            pause.expires_after(2ms);
            co_await pause.async_wait(as_result);
        }
        if (!fine) ++failed_;
    }
    static awaitable<bool> exchange(channel::Connection& connection) {
        auto written = co_await connection.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
        const message::HeadRules rules;
        auto head = co_await connection.read_head(rules, 5s);
        if (!written || !head || head->status != 200) co_return false;
        for (;;) {
            auto octets = co_await connection.read_body(5s);
            if (!octets) co_return false;
            if (octets->empty()) break;
        }
        connection.next();
        co_return true;
    }
    std::mutex guard_;
    std::vector<std::chrono::steady_clock::duration> took_;
    std::atomic<int> failed_ = 0;
    std::atomic<bool> stopping_ = false;
    std::jthread thread_;
};

template <class Condition>
bool reached(Condition condition, std::chrono::milliseconds within) {
    const auto until = std::chrono::steady_clock::now() + within;
    while (!condition() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(5ms);
    return condition();
}

bool anybody(const x509::Certificate&) { return true; }

/// One door with its slow callers and its honest one.
class Siege {
public:
    Siege(const char* kind, std::shared_ptr<channel::TlsContext> tls, std::shared_ptr<channel::TlsContext> calling)
        : kind_(kind),
          door_(answer, settings(std::move(tls))),
          callers_{door_.port(), calling},
          honest_(door_.port(), std::move(calling)) {
        REQUIRE(reached([&] { return door_.listener->connections() == 1; }, 5s));
    }
    ~Siege() { threads_.stop(); }

    void begin() {
        usual_ = honest_.p99();
        for (int i = 0; i < slow_callers; ++i) threads_.spawn(threads_.context(0), "slow", be_slow(callers_, i));
    }
    bool begun() {
        look();
        return callers_.begun == slow_callers;
    }
    /// From here on they only stay, which must cost little; their coming was work that was asked for.
    void stays() { static_cast<void>(honest_.p99()); }
    bool gone() {
        look();
        return door_.listener->connections() == 1;
    }
    void judge(std::chrono::steady_clock::duration took) {
        const auto besieged = honest_.p99();
        CAPTURE(kind_);
        MESSAGE(kind_ << ": " << most_ << " at once, the last gone after "
                      << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms; p99 "
                      << usual_.count() << ", besieged " << besieged.count() << " us");
        CHECK(most_ > static_cast<std::size_t>(slow_callers) / 4);  // the others were gone before the last came
        CHECK(took < gone_within + 1'500ms);                        // a busy machine is given more than a second
        CHECK(besieged < 2 * usual_ + 20'000us);                    // and a time slice
        honest_.stop();
        CHECK(honest_.failed() == 0);
    }

private:
    static channel::ListenerSettings settings(std::shared_ptr<channel::TlsContext> tls) {
        auto settings = tests::with_deadlines(shortened());
        settings.tls = std::move(tls);
        return settings;
    }
    void look() { most_ = std::max(most_, door_.listener->connections()); }

    const std::string kind_;
    tests::OpenDoor door_;
    SlowCallers callers_;
    HonestCaller honest_;
    std::size_t most_ = 0;
    std::chrono::microseconds usual_{};
    channel::Threads threads_{1};
};

}  // namespace

TEST_CASE("two thousand slow callers at each kind of door are gone in time, and honest ones do not notice them") {
    const tests::CertificateAuthority authority;
    const auto server = authority.issue_authentication("server.test"), caller = authority.issue_authentication("a");
    const channel::TlsIdentity own{{server.certificate}, server.key}, callers{{caller.certificate}, caller.key};
    log::set_up(log::Level::error, log::Format::text);
    Siege mutual("mutual TLS, as 5500", tests::must(channel::TlsContext::peer_server(own, anybody, {})),
                 tests::must(channel::TlsContext::peer_client(callers)));
    Siege tls("TLS, as 8443", tests::must(channel::TlsContext::server(own, true)),
              tests::must(channel::TlsContext::service_client({}, nullptr)));
    Siege plain("plain, as 8080 and 5577", nullptr, nullptr);
    const std::array<Siege*, 3> doors{&mutual, &tls, &plain};
    std::this_thread::sleep_for(400ms);

    for (auto* door : doors) door->begin();
    const auto count = [&](auto is) {  // looks at every one of them each time
        return std::count_if(doors.begin(), doors.end(), [&](Siege* door) { return (door->*is)(); });
    };
    REQUIRE(reached([&] { return count(&Siege::begun) == 3; }, 20s));
    const auto last_began = std::chrono::steady_clock::now();
    for (auto* door : doors) door->stays();
    CHECK(reached([&] { return count(&Siege::gone) == 3; }, gone_within + 5'000ms));
    const auto took = std::chrono::steady_clock::now() - last_began;
    for (auto* door : doors) door->judge(took);
}
