#include "certs/channel/transport.hpp"

#include "certs/channel/tls_parts.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace onceway::channel {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto longest_sleep =
    10s;  // no deadline is set nearer than this once a connection talks, so none wakes the timer
constexpr std::size_t cipher_octets = 17 * 1024;  // a whole TLS record

/// What the system holds for one who does not read: no more than this beside what is on its way.
using Unsent = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;
constexpr int unsent_octets = 128 * 1024;

/// The one timer of a connection: it sleeps, looks whether the deadline has passed, and sleeps on.
class Watch : public std::enable_shared_from_this<Watch> {
public:
    explicit Watch(tcp::socket& socket) : socket_(&socket), timer_(socket.get_executor()) {}

    void expect_by(Moment deadline) {
        deadline_ = deadline;
        expired_ = false;
        if (wakes_ > deadline) sleep();
    }
    void relax() { deadline_ = Moment::max(); }
    bool expired() const { return expired_; }
    void end() {
        socket_ = nullptr;
        timer_.cancel();
    }

private:
    void sleep() {
        wakes_ = std::min(deadline_, std::chrono::steady_clock::now() + longest_sleep);
        timer_.expires_at(wakes_);
        timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
            if (!error && self->socket_) self->wake();
        });
    }
    void wake() {
        if (std::chrono::steady_clock::now() >= deadline_) {
            expired_ = true;
            deadline_ = Moment::max();
            boost::system::error_code ignored;
            socket_->cancel(ignored);
        }
        sleep();
    }

    tcp::socket* socket_;
    asio::steady_timer timer_;
    Moment deadline_ = Moment::max(), wakes_ = Moment::max();
    bool expired_ = false;
};

/// What the TLS library reads from and writes to: octets that were received for it, and the descriptor.
struct Wire {
    int descriptor = -1;
    std::unique_ptr<char[]> cipher;
    char *begin = nullptr, *end = nullptr;  // received, not yet read
    bool ended = false;
};

Wire& wire_of(BIO* bio) { return *static_cast<Wire*>(BIO_get_data(bio)); }

int wire_read(BIO* bio, char* into, std::size_t room, std::size_t* got) {
    auto& wire = wire_of(bio);
    BIO_clear_retry_flags(bio);
    *got = std::min(room, static_cast<std::size_t>(wire.end - wire.begin));
    if (*got == 0) {
        if (!wire.ended) BIO_set_retry_read(bio);
        return 0;
    }
    std::memcpy(into, wire.begin, *got);
    wire.begin += *got;
    return 1;
}

int wire_write(BIO* bio, const char* octets, std::size_t size, std::size_t* written) {
    BIO_clear_retry_flags(bio);
    const auto n = ::send(wire_of(bio).descriptor, octets, size, MSG_NOSIGNAL);
    if (n < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) BIO_set_retry_write(bio);
        return 0;
    }
    *written = static_cast<std::size_t>(n);
    return 1;
}

long wire_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return wire_of(bio).ended && wire_of(bio).begin == wire_of(bio).end;
    return 0;
}

BIO* new_wire(Wire& wire) {
    static BIO_METHOD* const method = [] {
        auto* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "onceway socket");
        BIO_meth_set_read_ex(made, wire_read);
        BIO_meth_set_write_ex(made, wire_write);
        BIO_meth_set_ctrl(made, wire_control);
        return made;
    }();
    auto* bio = BIO_new(method);
    if (!bio) throw std::bad_alloc();
    BIO_set_data(bio, &wire);
    BIO_set_init(bio, 1);
    return bio;
}

std::string address_of(const tcp::socket& socket) {
    boost::system::error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    return error ? std::string("unknown") : endpoint.address().to_string();
}

}  // namespace

Pace::Pace(std::chrono::milliseconds window, std::size_t octets_per_second)
    : window_(window), least_(octets_per_second * static_cast<std::size_t>(window.count()) / 1000) {}

bool Pace::kept(std::chrono::steady_clock::duration waited, std::size_t octets) {
    waited_ += waited;
    octets_ += octets;
    if (waited_ < window_) return true;
    const bool enough = octets_ >= least_;
    waited_ = {};
    octets_ = 0;
    return enough;
}

struct Transport::Parts {
    explicit Parts(tcp::socket&& connected)
        : socket(std::move(connected)), address(address_of(socket)), watch(std::make_shared<Watch>(socket)) {
        boost::system::error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        socket.set_option(Unsent(unsent_octets), ignored);
        socket.non_blocking(true, ignored);
    }
    ~Parts() { watch->end(); }

    tcp::socket socket;
    std::string address;
    std::shared_ptr<Watch> watch;
    Wire wire;
    TlsPeer peer;
    OwnedTlsConnection tls;  // freed before the wire and the peer it refers to
    bool sending_ended = false;
    bool receiving_ended = false;  // what has ended is not waited for again: Asio would not be told a second time

    Fault problem(std::string_view doing, std::string_view why) const {
        return fault(FaultCode::network_error, fmt::format("{} {}: {}.", doing, address, why));
    }
    Fault problem(std::string_view doing, const boost::system::error_code& error) const {
        if (watch->expired())
            return fault(FaultCode::timed_out, fmt::format("{} {}: nothing came in time.", doing, address));
        return problem(doing, error.message());
    }

    asio::awaitable<Result<std::size_t>> receive(char* into, std::size_t room, Moment until);
    asio::awaitable<Result<void>> wait_writable(Moment until);
    asio::awaitable<Result<void>> more_cipher(Moment until);
    asio::awaitable<Result<void>> try_again(int outcome, std::string_view doing, Moment until);
    Async<void> shake_hands(Moment until);
};

Transport::Transport(tcp::socket socket) : parts_(std::make_unique<Parts>(std::move(socket))) {}
Transport::~Transport() { close(); }

// --- The socket itself

asio::awaitable<Result<std::size_t>> Transport::Parts::receive(char* into, std::size_t room, Moment until) {
    if (receiving_ended) co_return std::size_t{0};
    watch->expect_by(until);
    const auto space = asio::buffer(into, room);
    auto [error, got] = co_await socket.async_read_some(space, as_result);
    watch->relax();
    receiving_ended = error == asio::error::eof;
    if (receiving_ended) co_return std::size_t{0};
    if (error) co_return problem("Receiving from", error);
    co_return got;
}

asio::awaitable<Result<void>> Transport::Parts::wait_writable(Moment until) {
    watch->expect_by(until);
    auto [error] = co_await socket.async_wait(tcp::socket::wait_write, as_result);
    watch->relax();
    if (error) co_return problem("Sending to", error);
    co_return Result<void>{};
}

// --- TLS on it

asio::awaitable<Result<void>> Transport::Parts::more_cipher(Moment until) {
    if (!wire.cipher) wire.cipher = std::make_unique_for_overwrite<char[]>(cipher_octets);
    auto got = co_await receive(wire.cipher.get(), cipher_octets, until);
    if (!got) co_return got.error();
    wire.begin = wire.cipher.get();
    wire.end = wire.begin + *got;
    wire.ended = *got == 0;
    co_return Result<void>{};
}

/// After a step of the library that returned no success: waits for what it wants, or says why it failed.
asio::awaitable<Result<void>> Transport::Parts::try_again(int outcome, std::string_view doing, Moment until) {
    switch (SSL_get_error(tls.get(), outcome)) {
        case SSL_ERROR_WANT_READ:
            co_return co_await more_cipher(until);
        case SSL_ERROR_WANT_WRITE:
            co_return co_await wait_writable(until);
        case SSL_ERROR_SYSCALL:
            if (ERR_peek_error() == 0) co_return problem(doing, std::generic_category().message(errno));
            [[fallthrough]];
        default:
            break;
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        keys::forget_errors();
        co_return problem(doing, "the connection ended without a TLS close alert");
    }
    auto why = keys::openssl_reason();
    const auto verdict = SSL_get_verify_result(tls.get());
    if (!peer.refusal.empty())
        why += ": " + peer.refusal;
    else if (verdict != X509_V_OK)
        why += fmt::format(": {}", X509_verify_cert_error_string(verdict));
    co_return problem(doing, why);
}

Async<void> Transport::Parts::shake_hands(Moment until) {
    wire.descriptor = socket.native_handle();
    auto* bio = new_wire(wire);
    SSL_set_bio(tls.get(), bio, bio);
    for (;;) {
        keys::forget_errors();
        const int outcome = SSL_do_handshake(tls.get());
        if (outcome == 1) break;
        auto again = co_await try_again(outcome, "The TLS handshake with", until);
        if (again) continue;
        auto why = again.error();
        if (why.code == FaultCode::network_error) why.code = FaultCode::ssl_authentication_failed;
        co_return why;
    }
    co_return collect_presented(tls.get(), peer);
}

Async<void> Transport::shake_hands(std::shared_ptr<TlsContext> tls, std::chrono::milliseconds within) {
    parts_->peer.context = std::move(tls);
    parts_->tls = new_connection(parts_->peer, false, {});
    return parts_->shake_hands(from_now(within));
}

Async<void> Transport::shake_hands(std::shared_ptr<TlsContext> tls, std::string peer, std::string server_name,
                                   std::chrono::milliseconds within) {
    parts_->peer.context = std::move(tls);
    parts_->peer.name = std::move(peer);
    parts_->tls = new_connection(parts_->peer, true, server_name);
    auto shaken = co_await parts_->shake_hands(from_now(within));
    if (!shaken) parts_->peer.context->parts().sessions.forget(parts_->peer.name);
    co_return shaken;
}

// --- Reading and writing

Async<std::size_t> Transport::read_some(char* into, std::size_t room, Moment until) {
    auto& parts = *parts_;
    if (!parts.tls) co_return co_await parts.receive(into, room, until);
    for (;;) {
        keys::forget_errors();
        std::size_t got = 0;
        const int outcome = SSL_read_ex(parts.tls.get(), into, room, &got);
        if (outcome == 1) co_return got;
        if (SSL_get_error(parts.tls.get(), outcome) == SSL_ERROR_ZERO_RETURN) co_return std::size_t{0};
        auto again = co_await parts.try_again(outcome, "Receiving from", until);
        if (!again) co_return again.error();
    }
}

Async<void> Transport::write(OctetsView octets, std::chrono::milliseconds between, Pace& pace) {
    auto& parts = *parts_;
    while (!octets.empty()) {
        std::size_t sent = 0;
        int outcome = 0;
        if (parts.tls) {
            keys::forget_errors();
            outcome = SSL_write_ex(parts.tls.get(), octets.data(), octets.size(), &sent);
        } else {
            const auto n = ::send(parts.socket.native_handle(), octets.data(), octets.size(), MSG_NOSIGNAL);
            if (n >= 0) sent = static_cast<std::size_t>(n);
            if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
                co_return parts.problem("Sending to", std::generic_category().message(errno));
        }
        octets.remove_prefix(sent);
        if (sent != 0) {
            pace.kept({}, sent);
            continue;
        }

        const auto began = std::chrono::steady_clock::now();
        auto waiting =
            parts.tls ? parts.try_again(outcome, "Sending to", began + between) : parts.wait_writable(began + between);
        auto waited = co_await std::move(waiting);
        if (!waited) co_return waited.error();
        if (!pace.kept(std::chrono::steady_clock::now() - began, 0))
            co_return fault(FaultCode::timed_out, fmt::format("Sending to {}: it reads too slowly.", parts.address));
    }
    co_return Result<void>{};
}

// --- Ending

Async<void> Transport::end_sending(std::chrono::milliseconds within) {
    auto& parts = *parts_;
    if (parts.sending_ended || !parts.socket.is_open()) co_return Result<void>{};
    parts.sending_ended = true;
    const auto until = from_now(within);
    while (parts.tls && SSL_is_init_finished(parts.tls.get())) {
        keys::forget_errors();
        const int outcome = SSL_shutdown(parts.tls.get());
        if (outcome >= 0) break;  // the alert is out; that of the other side is not waited for
        auto again = co_await parts.try_again(outcome, "Closing towards", until);
        if (!again) co_return again.error();
    }
    boost::system::error_code ignored;
    parts.socket.shutdown(tcp::socket::shutdown_send, ignored);
    co_return Result<void>{};
}

asio::awaitable<void> Transport::discard(Moment until) {
    boost::system::error_code ignored;
    parts_->socket.shutdown(tcp::socket::shutdown_send, ignored);
    const auto room = std::make_unique_for_overwrite<char[]>(cipher_octets);
    for (bool more = true; more;) {
        auto got = co_await parts_->receive(room.get(), cipher_octets, until);
        more = got && *got > 0 && std::chrono::steady_clock::now() < until;
    }
}

bool Transport::quiet() {
    auto& parts = *parts_;
    if (!parts.socket.is_open()) return false;
    char octet;
    if (!parts.tls) {
        const auto n = ::recv(parts.socket.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT);
        return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }
    if (parts.wire.begin == parts.wire.end && !parts.wire.ended) {  // it may be no more than a new session ticket
        if (!parts.wire.cipher) parts.wire.cipher = std::make_unique_for_overwrite<char[]>(cipher_octets);
        const auto n = ::recv(parts.socket.native_handle(), parts.wire.cipher.get(), cipher_octets, MSG_DONTWAIT);
        if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        parts.wire.begin = parts.wire.cipher.get();
        parts.wire.end = parts.wire.begin + n;
        parts.wire.ended = n == 0;
    }
    keys::forget_errors();
    std::size_t got = 0;
    const int outcome = SSL_peek_ex(parts.tls.get(), &octet, 1, &got);
    return outcome != 1 && SSL_get_error(parts.tls.get(), outcome) == SSL_ERROR_WANT_READ;
}

void Transport::close() {
    auto& parts = *parts_;
    if (!parts.socket.is_open()) return;
    if (parts.tls && SSL_is_init_finished(parts.tls.get())) {
        keys::forget_errors();
        if (!parts.sending_ended) SSL_shutdown(parts.tls.get());  // the alert, if there is room for it
        keys::forget_errors();
        // A connection dropped midway is no reason to forget its session.
        SSL_set_shutdown(parts.tls.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
    boost::system::error_code ignored;
    parts.socket.close(ignored);
}

void Transport::abort() {
    boost::system::error_code ignored;
    parts_->socket.set_option(asio::socket_base::linger(true, 0), ignored);
    parts_->socket.close(ignored);
}

bool Transport::resumed() const { return parts_->tls && SSL_session_reused(parts_->tls.get()) == 1; }
bool Transport::over_tls() const { return parts_->tls != nullptr; }
const std::vector<x509::Certificate>& Transport::peer_certificates() const { return parts_->peer.presented; }
const std::string& Transport::peer_address() const { return parts_->address; }

}  // namespace onceway::channel
