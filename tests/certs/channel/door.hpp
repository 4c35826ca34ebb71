// A listener of a test's own, and a caller that writes octets to it as it likes and reads what comes back.
#pragma once

#include "certs/channel/client.hpp"
#include "certs/channel/server.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/run.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

namespace onceway::tests {

/// Answers every request with its method, target and body; asks for the body before it answers.
inline boost::asio::awaitable<void> echo(channel::Exchange& exchange) {
    std::string answer = exchange.head().method + " " + exchange.head().target + "\n";
    for (;;) {
        auto octets = co_await exchange.read_body();
        if (!octets) {
            const std::string why = std::string(spelling(octets.error().code)) + ": " + octets.error().detail;
            const message::Fields none;
            auto refused = co_await exchange.respond(400, "Bad Request", none, why);
            static_cast<void>(refused.has_value());
            co_return;
        }
        if (octets->empty()) break;
        answer.append(*octets);
    }
    const message::Fields fields{{"Content-Type", "text/plain"}};
    auto responded = co_await exchange.respond(200, "OK", fields, answer);
    static_cast<void>(responded.has_value());
}

/// A listener on a free port of 127.0.0.1.
struct OpenDoor {
    explicit OpenDoor(channel::Route route = echo, channel::ListenerSettings settings = {}) {
        settings.name = "test";
        settings.address = "127.0.0.1";
        listener = must(channel::Listener::open(threads, std::move(settings), std::move(route)));
    }
    std::uint16_t port() const { return listener->port(); }

    channel::Threads threads{2};
    std::unique_ptr<channel::Listener> listener;
};

/// Deadlines that a test can wait for; each test shortens the one it is about.
inline channel::ListenerSettings with_deadlines(channel::Deadlines deadlines) {
    channel::ListenerSettings settings;
    settings.deadlines = deadlines;
    return settings;
}

inline sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return to;
}

/// A blocking socket; gives up after ten seconds of silence.
class RawCaller {
public:
    explicit RawCaller(std::uint16_t port, const char* from = "127.0.0.1") {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        auto own = loopback(0);
        ::inet_pton(AF_INET, from, &own.sin_addr);
        ::bind(socket_, reinterpret_cast<const sockaddr*>(&own), sizeof own);
        const timeval patience{10, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        const auto to = loopback(port);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
            throw std::runtime_error("connecting to the test's listener failed");
    }
    RawCaller(const RawCaller&) = delete;
    ~RawCaller() { ::close(socket_); }

    void send(std::string_view octets) {
        while (!octets.empty()) {
            const auto n = ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
            if (n <= 0) return;  // the other side has closed; what it said is read all the same
            octets.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    void end() { ::shutdown(socket_, SHUT_WR); }

    /// Reads until `wanted` has come, or the connection ends.
    std::string read_to(std::string_view wanted) {
        while (!contains(got_, wanted) && more()) {
        }
        return got_;
    }
    std::string read_to_end() {
        while (more()) {
        }
        return got_;
    }
    /// Whether the other side ends the connection, orderly or not, before so much time has passed.
    bool closed_within(std::chrono::milliseconds patience) {
        pollfd waiting{socket_, POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) return false;
        char octet;
        return ::recv(socket_, &octet, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
    }
    bool ended() const { return ended_; }
    bool reset() const { return reset_; }

private:
    bool more() {
        char room[16384];
        const auto n = ::recv(socket_, room, sizeof room, 0);
        if (n > 0) got_.append(room, static_cast<std::size_t>(n));
        ended_ = n == 0;
        reset_ = n < 0 && errno == ECONNRESET;
        if (n < 0 && !reset_) throw std::runtime_error("the listener stayed silent for ten seconds");
        return n > 0;
    }
    int socket_ = -1;
    std::string got_;
    bool ended_ = false, reset_ = false;
};

/// The answer to one piece of octets, to the end of the connection.
inline std::string answer_to(const OpenDoor& door, std::string_view octets) {
    RawCaller caller(door.port());
    caller.send(octets);
    return caller.read_to_end();
}

}  // namespace onceway::tests
