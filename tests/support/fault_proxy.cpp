#include "tests/support/fault_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <utility>

namespace onceway::tests {
namespace {

constexpr std::size_t packet = 1'448;

sockaddr_in address_of(const std::string& host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) throw std::runtime_error("no address: " + host);
    return address;
}

const sockaddr* plain(const sockaddr_in& address) { return reinterpret_cast<const sockaddr*>(&address); }

void reset_when_closed(int socket) {
    const linger now{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

bool send_all(int socket, std::string_view octets) {
    while (!octets.empty()) {
        const auto sent = ::send(socket, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        octets.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

}  // namespace

/// One connection: two sockets, and a thread for each direction.
struct FaultProxy::Line {
    int sockets[2] = {-1, -1};  // who connected; to whom
    std::mutex guard;           // of closing
    std::thread threads[2];
    std::atomic<bool> ended{false};
    std::atomic<int> finished{0};

    /// Both sides learn that it is over: by a reset, or by an orderly end.
    void end(bool by_reset) {
        if (ended.exchange(true)) return;
        const std::lock_guard lock(guard);
        for (const int socket : sockets) {
            if (socket < 0) continue;
            if (by_reset) reset_when_closed(socket);
            ::shutdown(socket, by_reset ? SHUT_RD : SHUT_RDWR);
        }
    }
    /// Called by each direction as it ends; the second closes.
    void finish() {
        if (++finished < 2) return;
        const std::lock_guard lock(guard);
        for (int& socket : sockets)
            if (socket >= 0) ::close(std::exchange(socket, -1));
    }
    ~Line() {
        for (auto& thread : threads)
            if (thread.joinable()) thread.join();
        finished = 2;
        finish();
    }
};

FaultProxy::FaultProxy(std::string to_address, std::uint16_t to_port, std::string at_address)
    : to_address_(std::move(to_address)), at_address_(std::move(at_address)), to_port_(to_port) {
    listen();
}

FaultProxy::~FaultProxy() { down(); }

void FaultProxy::there(Weather weather) {
    const std::lock_guard lock(guard_);
    weather_[0] = std::move(weather);
}
void FaultProxy::back(Weather weather) {
    const std::lock_guard lock(guard_);
    weather_[1] = std::move(weather);
}
Weather FaultProxy::weather(int direction) {
    const std::lock_guard lock(guard_);
    return weather_[direction];
}

void FaultProxy::listen() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    auto address = address_of(at_address_, port_);
    socklen_t length = sizeof address;
    if (::bind(socket, plain(address), sizeof address) != 0 || ::listen(socket, 256) != 0)
        throw std::runtime_error("the proxy cannot listen at " + at_address_);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    listener_ = socket;
    stopping_ = false;
    acceptor_ = std::thread([this] { accept(); });
}

void FaultProxy::up() {
    if (listener_ < 0) listen();
}

void FaultProxy::down() {
    if (listener_ < 0) return;
    stopping_ = true;
    acceptor_.join();
    ::close(listener_.exchange(-1));
    reset_all();
}

void FaultProxy::reset_all() {
    std::list<std::unique_ptr<Line>> lines;
    {
        const std::lock_guard lock(guard_);
        lines.swap(lines_);
    }
    for (const auto& line : lines) line->end(true);
}

void FaultProxy::accept() {
    while (!stopping_) {
        pollfd waits{listener_, POLLIN, 0};
        if (::poll(&waits, 1, 10) <= 0) continue;
        const int from = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (from < 0) continue;
        ++connections_;
        auto line = std::make_unique<Line>();
        line->sockets[0] = from;
        line->sockets[1] = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const auto to = address_of(to_address_, to_port_);
        const int yes = 1;
        for (const int socket : line->sockets) ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (::connect(line->sockets[1], plain(to), sizeof to) != 0) {
            line->end(true);
            continue;
        }
        auto* raw = line.get();
        for (const int direction : {0, 1}) line->threads[direction] = std::thread([=, this] { pump(*raw, direction); });
        const std::lock_guard lock(guard_);
        std::erase_if(lines_, [](const auto& old) { return old->finished == 2; });
        lines_.push_back(std::move(line));
    }
}

void FaultProxy::pump(Line& line, int direction) {
    const int from = line.sockets[direction], to = line.sockets[1 - direction];
    std::uint64_t passed = 0;
    bool goes_on = true;
    std::string room(16 * 1024, '\0');
    while (goes_on && !line.ended) {
        const auto now = weather(direction);
        if (now.instead) {
            send_all(to, *now.instead);
            line.end(false);
            break;
        }
        std::size_t most = room.size();
        if (now.stalled_share > 0) most = packet;
        if (now.octets_per_second > 0) most = std::clamp<std::size_t>(now.octets_per_second / 20, 1, packet);
        pollfd waits{from, POLLIN, 0};
        if (::poll(&waits, 1, 10) == 0) continue;
        const auto got = ::recv(from, room.data(), most, 0);
        if (got < 0) line.end(true);
        if (got <= 0) break;
        goes_on = pass(line, direction, room.substr(0, static_cast<std::size_t>(got)), passed);
        passed += static_cast<std::uint64_t>(got);
        octets_[direction] += static_cast<std::uint64_t>(got);
    }
    if (!line.ended) ::shutdown(to, SHUT_WR);
    line.finish();
}

bool FaultProxy::pass(Line& line, int direction, std::string piece, std::uint64_t before) {
    const auto now = weather(direction);
    const auto left_until = [&](const std::optional<std::uint64_t>& mark) {
        return mark ? *mark - std::min(*mark, before) : std::uint64_t(piece.size()) + 1;
    };
    const int to = line.sockets[1 - direction];
    thread_local std::minstd_rand chance{7};
    if (now.delay.count() > 0) wait(line, now.delay);
    if (now.stalled_share > 0 && std::uniform_real_distribution<>(0, 1)(chance) < now.stalled_share)
        wait(line, now.stalled_for);
    if (now.octets_per_second > 0) wait(line, std::chrono::milliseconds(piece.size() * 1000 / now.octets_per_second));
    if (now.flip_at && *now.flip_at >= before && *now.flip_at < before + piece.size())
        piece[*now.flip_at - before] ^= 1;

    const auto passes =
        std::min({left_until(now.cut_after), left_until(now.stall_after), left_until(now.half_close_after)});
    const bool sent = send_all(to, std::string_view(piece).substr(0, passes));
    if (passes > piece.size()) return sent;
    if (now.cut_after && left_until(now.cut_after) == passes) line.end(true);
    if (now.stall_after && left_until(now.stall_after) == passes)
        while (!line.ended && !stopping_ && weather(direction).stall_after) wait(line, std::chrono::milliseconds(10));
    return false;
}

void FaultProxy::wait(const Line& line, std::chrono::milliseconds time) const {
    const auto until = std::chrono::steady_clock::now() + time;
    while (!line.ended && !stopping_ && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(
            until - std::chrono::steady_clock::now(), std::chrono::milliseconds(10)));
}

}  // namespace onceway::tests
