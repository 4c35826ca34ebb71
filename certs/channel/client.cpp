#include "certs/channel/client.hpp"

#include "certs/channel/receiver.hpp"
#include "certs/channel/transport.hpp"
#include "schemas/base/limits.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

namespace onceway::channel {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr int interim_most = 20;  // answers of 1xx in front of the one that counts
const Pace usual_pace{limits::between_body_octets, limits::least_octets_per_second};

/// A name being resolved by the operating system, which cannot be hurried: whoever waits may leave before it is done.
struct Resolving {
    explicit Resolving(const asio::any_io_executor& executor) : resolver(executor), done(executor) {}
    tcp::resolver resolver;
    asio::steady_timer done;
    boost::system::error_code error;
    std::vector<tcp::endpoint> endpoints;
    bool answered = false;
};

void start(const std::shared_ptr<Resolving>& resolving, const std::string& host, std::uint16_t port) {
    auto take = [resolving](boost::system::error_code error, const tcp::resolver::results_type& found) {
        resolving->error = error;
        for (const auto& entry : found) resolving->endpoints.push_back(entry.endpoint());
        resolving->answered = true;
        resolving->done.cancel();
    };
    resolving->resolver.async_resolve(host, std::to_string(port), tcp::resolver::numeric_service, std::move(take));
}

Async<std::vector<tcp::endpoint>> resolve(std::string host, std::uint16_t port, Moment until) {
    std::vector<tcp::endpoint> endpoints;
    boost::system::error_code numeric;
    const auto address = asio::ip::make_address(host, numeric);
    if (!numeric) {
        endpoints.emplace_back(address, port);
        co_return endpoints;
    }

    const auto executor = co_await asio::this_coro::executor;
    auto resolving = std::make_shared<Resolving>(executor);
    resolving->done.expires_at(until);
    start(resolving, host, port);
    co_await resolving->done.async_wait(as_result);
    if (!resolving->answered)
        co_return fault(FaultCode::timed_out, fmt::format("Resolving the name '{}': no answer in time.", host));
    if (resolving->error || resolving->endpoints.empty())
        co_return fault(FaultCode::unknown_host,
                        fmt::format("Resolving the name '{}': {}.", host, resolving->error.message()));
    co_return resolving->endpoints;
}

/// Those of `endpoints` that may be called; why none may, when there is none.
Result<std::vector<tcp::endpoint>> permitted_of(std::vector<tcp::endpoint> endpoints, const AddressPolicy& policy) {
    Fault last;
    std::erase_if(endpoints, [&](const tcp::endpoint& endpoint) {
        const auto passes = policy.check(endpoint.address());
        if (!passes) last = passes.error();
        return !passes;
    });
    if (endpoints.empty()) return last;
    return endpoints;
}

/// A connection being made, and the alarm that ends the attempt. Shared, because an alarm may ring late.
struct Connecting : std::enable_shared_from_this<Connecting> {
    Connecting(const asio::any_io_executor& executor, Moment until) : socket(executor), alarm(executor, until) {}

    void set_alarm() {
        alarm.async_wait([self = shared_from_this()](boost::system::error_code stopped) {
            if (stopped || self->ended) return;
            self->expired = true;
            boost::system::error_code ignored;
            self->socket.cancel(ignored);
        });
    }
    boost::system::error_code bind_to(const tcp::endpoint& remote, const std::string& from) {
        boost::system::error_code error;
        socket.open(remote.protocol(), error);
        if (error || from.empty()) return error;
        const auto own = asio::ip::make_address(from, error);
        if (!error) socket.bind(tcp::endpoint(own, 0), error);
        return error;
    }

    tcp::socket socket;
    asio::steady_timer alarm;
    bool expired = false, ended = false;
};

/// An answer may be long in coming; a machine that is gone is noticed within two minutes all the same.
void notice_when_gone(tcp::socket& socket) {
    constexpr int on = 1, after_s = 60, every_s = 20, times = 3;
    const int descriptor = socket.native_handle();
    ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &after_s, sizeof after_s);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof every_s);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
}

Async<tcp::socket> connect_one(tcp::endpoint endpoint, std::string from, Moment until) {
    const auto executor = co_await asio::this_coro::executor;
    const auto doing = fmt::format("Connecting to {} port {}", endpoint.address().to_string(), endpoint.port());
    auto attempt = std::make_shared<Connecting>(executor, until);
    const auto bound = attempt->bind_to(endpoint, from);
    if (bound) co_return fault(FaultCode::network_error, fmt::format("{}: {}.", doing, bound.message()));

    attempt->set_alarm();
    auto [failed] = co_await attempt->socket.async_connect(endpoint, as_result);
    attempt->ended = true;
    attempt->alarm.cancel();
    if (failed && attempt->expired) co_return fault(FaultCode::timed_out, fmt::format("{}: no answer in time.", doing));
    if (failed) co_return fault(FaultCode::network_error, fmt::format("{}: {}.", doing, failed.message()));
    notice_when_gone(attempt->socket);
    co_return std::move(attempt->socket);
}

Async<tcp::socket> connect(std::vector<tcp::endpoint> endpoints, std::string from, Moment until) {
    Fault last;
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        // Each address gets its share of the time that is left.
        const auto now = std::chrono::steady_clock::now();
        const auto share = (until - now) / static_cast<long>(endpoints.size() - i);
        auto socket = co_await connect_one(endpoints[i], from, now + share);
        if (socket) co_return std::move(*socket);
        last = socket.error();
    }
    co_return last;
}

class ClientConnection final : public Connection {
public:
    explicit ClientConnection(tcp::socket socket) : transport_(std::move(socket)), receiver_(transport_) {}

    Transport& transport() { return transport_; }

    const std::vector<x509::Certificate>& peer_certificates() const override { return transport_.peer_certificates(); }
    std::string peer_address() const override { return transport_.peer_address(); }
    bool resumed() const override { return transport_.resumed(); }
    bool anything_sent() const override { return sent_; }

    Async<void> write(OctetsView octets) override {
        if (!octets.empty()) sent_ = true;
        return transport_.write(octets, limits::between_body_octets, sending_);
    }

    Async<message::ResponseHead> read_head(message::HeadRules rules, std::chrono::milliseconds within) override {
        const auto until = from_now(within);
        for (int interim = 0;; ++interim) {
            if (interim > interim_most)
                co_return fault(FaultCode::http_error,
                                fmt::format("More than {} interim answers came in front of the answer.", interim_most));
            auto octets = co_await receiver_.head(until, std::chrono::milliseconds(0), rules.octets);
            if (!octets) co_return octets.error();
            if (octets->empty())
                co_return fault(FaultCode::network_error,
                                fmt::format("{} closed the connection without an answer.", transport_.peer_address()));
            auto head = message::parse_response_head(*octets, rules);
            if (!head) co_return head.error();
            if (head->status == 101)
                co_return fault(FaultCode::http_error, "The answer switches protocols, which was not asked for.");
            if (head->status < 200) continue;
            receiver_.expect(head->framing);
            keep_alive_ = head->keep_alive && head->framing.kind != message::Framing::Kind::until_close;
            answered_ = true;
            co_return head;
        }
    }

    // No least rate here: a service may pause in the middle of its answer for as long as whoever asked it allows.
    Async<OctetsView> read_body(std::chrono::milliseconds within) override {
        Pace unhurried(within, 0);
        auto octets = co_await receiver_.body(within, unhurried);
        if (!octets) keep_alive_ = false;
        co_return octets;
    }

    bool reusable() const override { return answered_ && keep_alive_ && receiver_.body_ended() && receiver_.empty(); }
    void next() override {
        if (!reusable()) throw std::logic_error("a connection that is not reusable carries no further request");
        answered_ = sent_ = false;
        sending_ = usual_pace;
    }
    bool still_open() override { return receiver_.empty() && transport_.quiet(); }
    void close() override { transport_.close(); }

private:
    Transport transport_;
    Receiver receiver_;
    Pace sending_ = usual_pace;
    bool sent_ = false, answered_ = false, keep_alive_ = true;
};

std::chrono::milliseconds left_until(Moment until) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    return std::max(left, std::chrono::milliseconds(1));
}

Async<FetchAnswer> exchange(Connection& connection, std::string request, std::size_t most, bool head_only,
                            Moment until) {
    auto written = co_await connection.write(request);
    message::HeadRules rules;
    rules.answers_head = head_only;
    auto head = co_await connection.read_head(rules, left_until(until));
    if (!head) co_return written ? head.error() : written.error();
    FetchAnswer answer{head->status, std::move(head->fields), {}};
    for (;;) {
        auto octets = co_await connection.read_body(left_until(until));
        if (!octets) co_return octets.error();
        if (octets->empty()) co_return answer;
        if (answer.body.size() + octets->size() > most)
            co_return fault(FaultCode::too_large, fmt::format("The answer is longer than {} octets.", most));
        if (std::chrono::steady_clock::now() > until)
            co_return fault(FaultCode::timed_out, "The answer did not end in time.");
        answer.body.append(*octets);
    }
}

}  // namespace

Async<std::unique_ptr<Connection>> Connection::open(ConnectTo to) {
    const auto until = from_now(to.connect_timeout);
    auto endpoints = co_await resolve(to.host, to.port, until);
    if (!endpoints) co_return endpoints.error();
    if (to.permitted) endpoints = permitted_of(std::move(*endpoints), *to.permitted);
    if (!endpoints) co_return endpoints.error();
    auto socket = co_await connect(std::move(*endpoints), to.from, until);
    if (!socket) co_return socket.error();
    auto connection = std::make_unique<ClientConnection>(std::move(*socket));
    if (to.tls) {
        auto peer = fmt::format("{}:{}", to.host, to.port);
        auto shaken =
            co_await connection->transport().shake_hands(to.tls, std::move(peer), to.server_name, to.handshake_timeout);
        if (!shaken) co_return shaken.error();
    }
    co_return std::unique_ptr<Connection>(std::move(connection));
}

Async<FetchAnswer> fetch(FetchRequest request) {
    if (request.url.tls && !request.tls)
        co_return fault(FaultCode::invalid_argument,
                        fmt::format("Fetching {}: no TLS configuration was given.", request.url.text()));
    const auto until = from_now(request.total);
    ConnectTo to;
    to.host = request.url.host;
    to.port = request.url.port;
    to.connect_timeout = std::min(request.connect, request.total);
    to.permitted = request.permitted;
    if (request.url.tls) {
        boost::system::error_code not_numeric;
        asio::ip::make_address(to.host, not_numeric);
        to.tls = request.tls;
        to.server_name = not_numeric ? to.host : std::string();
        to.handshake_timeout = left_until(until);
    }
    auto connection = co_await Connection::open(std::move(to));
    if (!connection) co_return connection.error();

    message::Framing framing;
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT")
        framing = {message::Framing::Kind::length, request.body.size()};
    auto octets =
        write_request_head(request.method, request.url.target, request.url.authority(), request.fields, framing);
    octets += request.body;
    auto answer = co_await exchange(**connection, std::move(octets), request.most, request.method == "HEAD", until);
    (*connection)->close();
    co_return answer;
}

std::string write_request_head(std::string_view method, std::string_view target, std::string_view host,
                               const message::Fields& fields, const message::Framing& framing) {
    if (target.find_first_of(" \r\n") != std::string_view::npos ||
        method.find_first_of(" \r\n") != std::string_view::npos)
        throw std::logic_error("a request line was about to be written with a blank or a line end inside");
    std::string head;
    head.reserve(512);
    head.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
    message::append_field(head, "Host", host);
    for (const auto& [name, value] : fields) message::append_field(head, name, value);
    if (framing.kind == message::Framing::Kind::length)
        message::append_field(head, "Content-Length", std::to_string(framing.length));
    if (framing.kind == message::Framing::Kind::chunked) message::append_field(head, "Transfer-Encoding", "chunked");
    head += "\r\n";
    return head;
}

std::string write_chunk(OctetsView octets) {
    if (octets.empty()) return "0\r\n\r\n";
    auto chunk = fmt::format("{:x}\r\n", octets.size());
    chunk.reserve(chunk.size() + octets.size() + 2);
    chunk.append(octets).append("\r\n");
    return chunk;
}

}  // namespace onceway::channel
