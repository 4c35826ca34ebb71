#include "certs/channel/server.hpp"

#include "certs/channel/server_connection.hpp"
#include "schemas/base/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <mutex>

namespace onceway::channel {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds breath{100};  // before the next accept when descriptors or memory are short
constexpr std::chrono::seconds farewell{5};       // for the routes of a listener that is being destroyed

bool is_shortage(const boost::system::error_code& error) {
    return error == boost::system::errc::too_many_files_open ||
           error == boost::system::errc::too_many_files_open_in_system ||
           error == boost::system::errc::no_buffer_space || error == boost::system::errc::not_enough_memory;
}

/// Descriptors are given out lowest first: one near the limit is among the last.
bool is_among_the_last(int descriptor) {
    rlimit descriptors{};
    ::getrlimit(RLIMIT_NOFILE, &descriptors);
    return static_cast<rlim_t>(descriptor) + limits::descriptors_kept > descriptors.rlim_cur;
}

/// Tells of a shortage when it begins and when it is over, however many callers it costs.
class Shortage {
public:
    explicit Shortage(std::string listener) : listener_(std::move(listener)) {}
    void note(const std::string& reason) {
        if (reason.empty() == reason_.empty()) return;
        if (reason_.empty())
            log::warning("accept.paused", {{"listener", listener_}, {"reason", reason}});
        else
            log::info("accept.resumed", {{"listener", listener_}, {"after", reason_}});
        reason_ = reason;
    }

private:
    const std::string listener_;
    std::string reason_;
};

/// Callers are counted by address; those of IPv6 by the network that one subscriber is given.
std::string counted_as(const asio::ip::address& address) {
    if (!address.is_v6() || address.to_v6().is_v4_mapped()) return address.to_string();
    auto octets = address.to_v6().to_bytes();
    std::fill(octets.begin() + 8, octets.end(), 0);
    return asio::ip::address_v6(octets).to_string() + "/64";
}

/// A descriptor kept for the moment when there are none: it is given up to accept one caller and send it away, so that
/// it does not wait in vain.
class Reserve {
public:
    Reserve() { take(); }
    ~Reserve() { give_up(); }
    Reserve(const Reserve&) = delete;
    void take() {
        if (descriptor_ < 0) descriptor_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    void give_up() {
        if (descriptor_ >= 0) ::close(descriptor_);
        descriptor_ = -1;
    }

private:
    int descriptor_ = -1;
};

}  // namespace

struct Listener::Parts : Door, std::enable_shared_from_this<Listener::Parts> {
    Parts(Threads& with, asio::io_context& at) : threads(with), where(at), acceptor(at) {}

    Threads& threads;
    asio::io_context& where;
    tcp::acceptor acceptor;
    std::uint16_t port = 0;

    std::mutex mutex;  // guards what follows
    std::shared_ptr<TlsContext> tls;
    std::size_t admitted = 0;
    std::map<std::string, std::size_t> per_address;
    std::map<ServerConnection*, std::pair<std::weak_ptr<ServerConnection>, asio::any_io_executor>> open;
    bool accepting = true;
    std::condition_variable ended;  // nobody is admitted any more, and nobody is accepted
    std::size_t turned_away = 0;

    Result<void> bind();
    bool admit(const std::string& address);
    void enter(const std::shared_ptr<ServerConnection>& connection, asio::any_io_executor executor);
    void forget(ServerConnection* connection, const std::string& address);
    void close_all(bool idle_only);
    void turn_one_away(Reserve& reserve);

    static asio::awaitable<void> accept_all(std::shared_ptr<Parts> self);
    static asio::awaitable<void> carry(std::shared_ptr<Parts> self, tcp::socket socket, std::string address);
};

Result<void> Listener::Parts::bind() {
    const auto problem = [&](std::string_view why) {
        return fault(FaultCode::network_error, fmt::format("Listening on {} port {} for {}: {}.", settings.address,
                                                           settings.port, settings.name, why));
    };
    boost::system::error_code error;
    const auto address = asio::ip::make_address(settings.address, error);
    if (error) return problem("that is not a numeric address");
    const tcp::endpoint endpoint(address, settings.port);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(1024, error);
    if (!error) acceptor.non_blocking(true, error);
    if (!error) port = acceptor.local_endpoint(error).port();
    if (error) return problem(error.message());
    return {};
}

bool Listener::Parts::admit(const std::string& address) {
    std::lock_guard lock(mutex);
    auto& here = per_address[address];
    if (!stopping && admitted < settings.connections && here < settings.connections_per_address) {
        ++here;
        ++admitted;
        return true;
    }
    if (here == 0) per_address.erase(address);
    if (turned_away++ % 1000 == 0)
        log::warning("connection.turned_away", {{"listener", settings.name},
                                                {"address", address},
                                                {"connections", admitted},
                                                {"turned_away", turned_away}});
    return false;
}

void Listener::Parts::enter(const std::shared_ptr<ServerConnection>& connection, asio::any_io_executor executor) {
    std::lock_guard lock(mutex);
    open.emplace(connection.get(), std::pair(std::weak_ptr(connection), std::move(executor)));
}

void Listener::Parts::forget(ServerConnection* connection, const std::string& address) {
    std::lock_guard lock(mutex);
    open.erase(connection);
    auto here = per_address.find(address);
    if (here != per_address.end() && --here->second == 0) per_address.erase(here);
    if (--admitted == 0) ended.notify_all();
}

void Listener::Parts::close_all(bool idle_only) {
    std::lock_guard lock(mutex);
    for (auto& [raw, entry] : open) {
        auto close = [weak = entry.first, idle_only] {
            const auto connection = weak.lock();
            if (!connection) return;
            idle_only ? connection->close_if_idle() : connection->close();
        };
        asio::post(entry.second, std::move(close));
    }
}

void Listener::Parts::turn_one_away(Reserve& reserve) {
    reserve.give_up();
    boost::system::error_code ignored;
    tcp::socket caller(where);
    acceptor.accept(caller, ignored);
    caller.close(ignored);
    reserve.take();
}

asio::awaitable<void> Listener::Parts::carry(std::shared_ptr<Parts> self, tcp::socket socket, std::string address) {
    const auto executor = socket.get_executor();
    auto connection = std::make_shared<ServerConnection>(*self, std::move(socket));
    struct Entry {
        std::shared_ptr<Parts> parts;
        std::shared_ptr<ServerConnection>& connection;
        std::string& address;
        ~Entry() { parts->forget(connection.get(), address); }
    } entry{self, connection, address};
    self->enter(connection, executor);
    std::shared_ptr<TlsContext> tls;
    {
        std::lock_guard lock(self->mutex);
        tls = self->tls;
    }
    co_await connection->serve(std::move(tls));
}

/// Accepts until the listener stops. When descriptors or memory are short, whoever waits is sent away rather than left
/// waiting, one in each pause: the exchanges in flight need what is left.
asio::awaitable<void> Listener::Parts::accept_all(std::shared_ptr<Parts> self) {
    Reserve reserve;
    Shortage shortage(self->settings.name);
    asio::steady_timer pause(self->where);
    while (!self->stopping) {
        auto& target = self->threads.next();
        tcp::socket socket(target);
        auto [error] = co_await self->acceptor.async_accept(socket, as_result);
        if (self->stopping) break;
        if (error && is_shortage(error)) self->turn_one_away(reserve);
        const bool few_left = !error && is_among_the_last(socket.native_handle());
        shortage.note(error ? error.message() : few_left ? "few descriptors are left" : std::string());
        if (error || few_left) {
            boost::system::error_code ignored;
            socket.close(ignored);
            pause.expires_after(breath);
            co_await pause.async_wait(as_result);
            continue;
        }
        boost::system::error_code gone;
        const auto caller = socket.remote_endpoint(gone);
        if (gone) continue;
        auto address = counted_as(caller.address());
        if (!self->admit(address)) continue;
        self->threads.spawn(target, "connection", carry(self, std::move(socket), std::move(address)));
    }
    boost::system::error_code ignored;
    self->acceptor.close(ignored);
    std::lock_guard lock(self->mutex);
    self->accepting = false;
    self->ended.notify_all();
}

Listener::Listener(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Listener>> Listener::open(Threads& threads, ListenerSettings settings, Route route) {
    auto parts = std::make_shared<Parts>(threads, threads.next());
    parts->settings = std::move(settings);
    parts->tls = parts->settings.tls;
    parts->route = std::move(route);
    auto bound = parts->bind();
    if (!bound) return bound.error();
    threads.spawn(parts->where, "accept", Parts::accept_all(parts));
    return std::unique_ptr<Listener>(new Listener(std::move(parts)));
}

Listener::~Listener() {
    if (parts_->threads.stopped()) return;
    stop_accepting();
    if (parts_->threads.here()) return;  // a listener destroyed by a route cannot wait for it
    parts_->close_all(false);
    std::unique_lock lock(parts_->mutex);
    const auto all_over = [this] { return parts_->admitted == 0 && !parts_->accepting; };
    if (!parts_->ended.wait_for(lock, farewell, all_over))
        log::error("listener.abandoned", {{"listener", parts_->settings.name}, {"connections", parts_->admitted}});
}

std::uint16_t Listener::port() const { return parts_->port; }

void Listener::set_tls(std::shared_ptr<TlsContext> tls) {
    std::lock_guard lock(parts_->mutex);
    parts_->tls = std::move(tls);
}

void Listener::stop_accepting() {
    if (parts_->stopping.exchange(true)) return;
    auto close = [parts = parts_] {
        boost::system::error_code ignored;
        parts->acceptor.close(ignored);
    };
    asio::post(parts_->where, std::move(close));
    parts_->close_all(true);
}

std::size_t Listener::in_flight() const { return parts_->in_flight; }
std::size_t Listener::connections() const {
    std::lock_guard lock(parts_->mutex);
    return parts_->admitted;
}

}  // namespace onceway::channel
