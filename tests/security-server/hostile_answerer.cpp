#include "tests/security-server/hostile_answerer.hpp"

#include "certs/channel/threads.hpp"
#include "certs/channel/transport.hpp"
#include "schemas/message/http_head.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <mutex>
#include <optional>

namespace onceway::tests {

namespace {

using boost::asio::ip::tcp;

constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);

/// One request, head and body; empty at the end of the connection.
Async<std::string> request(channel::Transport& line) {
    std::string got;
    char room[16384];
    for (;;) {
        const auto end = message::head_end(got);
        const auto head = end ? message::parse_request_head(OctetsView(got).substr(0, *end))
                              : Result<message::RequestHead>(fault(FaultCode::io_error, ""));
        const bool chunked = head && head->framing.kind == message::Framing::Kind::chunked;
        if (chunked && got.ends_with("0\r\n\r\n") && got.size() > *end) co_return got;
        if (head && !chunked && got.size() >= *end + head->framing.length) co_return got;
        auto more = co_await line.read_some(room, sizeof room, channel::from_now(std::chrono::seconds(10)));
        if (!more || *more == 0) co_return std::string();
        got.append(room, *more);
    }
}

}  // namespace

struct HostileAnswerer::Parts {
    Parts(const std::string& address, std::uint16_t port, std::shared_ptr<channel::TlsContext> tls, std::string good,
          std::string unasked)
        : tls(std::move(tls)),
          good(std::move(good)),
          unasked(std::move(unasked)),
          acceptor(threads.context(0), {boost::asio::ip::make_address(address), port}) {
        threads.spawn(threads.context(0), "accept", accept_all());
    }

    boost::asio::awaitable<void> accept_all() {
        for (;;) {
            tcp::socket socket(threads.context(0));
            auto [error] = co_await acceptor.async_accept(socket, as_result);
            if (error) co_return;
            threads.spawn(threads.context(0), "answerer", serve(std::move(socket)));
        }
    }
    boost::asio::awaitable<void> serve(tcp::socket socket) {
        channel::Transport line(std::move(socket));
        constexpr std::chrono::seconds patience{10};
        if (tls) {
            auto shaken = co_await line.shake_hands(tls, patience);
            if (!shaken) co_return;
        }
        channel::Pace pace(patience, 0);
        for (;;) {
            auto asked = co_await request(line);
            if (!asked || asked->empty()) co_return;
            ++requests;
            std::optional<std::pair<std::string, Then>> answer;
            {
                const std::lock_guard lock(guard);
                answer.swap(armed);
            }
            const Then then = answer ? answer->second : Then::more;
            std::string octets = answer ? std::move(answer->first) : good;
            if (answer && then == Then::more) octets += unasked;
            auto written = co_await line.write(octets, patience, pace);
            if (then == Then::cut) line.abort();
            if (!written || then == Then::cut) co_return;
            if (then == Then::end) {
                auto ended = co_await line.end_sending(patience);
                if (ended) co_await line.discard(channel::from_now(patience));
                co_return;
            }
        }
    }

    const std::shared_ptr<channel::TlsContext> tls;
    const std::string good, unasked;
    std::mutex guard;
    std::optional<std::pair<std::string, Then>> armed;
    std::atomic<int> requests = 0;
    channel::Threads threads{1};
    tcp::acceptor acceptor;
};

HostileAnswerer::HostileAnswerer(const std::string& address, std::uint16_t port,
                                 std::shared_ptr<channel::TlsContext> tls, std::string good, std::string unasked)
    : parts_(std::make_unique<Parts>(address, port, std::move(tls), std::move(good), std::move(unasked))) {}

HostileAnswerer::~HostileAnswerer() { parts_->threads.stop(); }

std::uint16_t HostileAnswerer::port() const { return parts_->acceptor.local_endpoint().port(); }

void HostileAnswerer::arm(std::string octets, Then then) {
    const std::lock_guard lock(parts_->guard);
    parts_->armed = std::pair(std::move(octets), then);
}

int HostileAnswerer::requests() const { return parts_->requests; }

}  // namespace onceway::tests
