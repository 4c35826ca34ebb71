// Somebody who is asked, answers with given octets and adds an answer that nobody asked for; everybody else gets a good
// one. Plain, or over TLS with a server's own certificate.
#pragma once

#include "certs/channel/threads.hpp"
#include "certs/channel/transport.hpp"
#include "schemas/message/http_head.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace onceway::tests {

class HostileAnswerer {
public:
    enum class Then { more, end, cut };  // an answer that nobody asked for, an orderly end, an end without alert

    HostileAnswerer(const std::string& address, std::uint16_t port, std::shared_ptr<channel::TlsContext> tls,
                    std::string good, std::string unasked)
        : tls_(std::move(tls)),
          good_(std::move(good)),
          unasked_(std::move(unasked)),
          acceptor_(threads_.context(0), {boost::asio::ip::make_address(address), port}) {
        threads_.spawn(threads_.context(0), "accept", accept_all());
    }
    ~HostileAnswerer() { threads_.stop(); }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    /// The next request is answered with these octets.
    void arm(std::string octets, Then then) {
        const std::lock_guard lock(guard_);
        armed_ = std::pair(std::move(octets), then);
    }
    int requests() const { return requests_; }

private:
    boost::asio::awaitable<void> accept_all() {
        for (;;) {
            boost::asio::ip::tcp::socket socket(threads_.context(0));
            auto [error] = co_await acceptor_.async_accept(socket, as_result);
            if (error) co_return;
            threads_.spawn(threads_.context(0), "answerer", serve(std::move(socket)));
        }
    }
    /// One request, head and body; empty at the end of the connection.
    static Async<std::string> request(channel::Transport& line) {
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
    boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket) {
        channel::Transport line(std::move(socket));
        constexpr std::chrono::seconds patience{10};
        if (tls_) {
            auto shaken = co_await line.shake_hands(tls_, patience);
            if (!shaken) co_return;
        }
        channel::Pace pace(patience, 0);
        for (;;) {
            auto asked = co_await request(line);
            if (!asked || asked->empty()) co_return;
            ++requests_;
            std::optional<std::pair<std::string, Then>> answer;
            {
                const std::lock_guard lock(guard_);
                answer.swap(armed_);
            }
            const Then then = answer ? answer->second : Then::more;
            std::string octets = answer ? std::move(answer->first) : good_;
            if (answer && then == Then::more) octets += unasked_;
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

    static constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);
    const std::shared_ptr<channel::TlsContext> tls_;
    const std::string good_, unasked_;
    std::mutex guard_;
    std::optional<std::pair<std::string, Then>> armed_;
    std::atomic<int> requests_ = 0;
    channel::Threads threads_{1};
    boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace onceway::tests
