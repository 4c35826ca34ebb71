#include "certs/channel/server_connection.hpp"

#include "schemas/base/log.hpp"

#include <fmt/format.h>
#include <ctime>
#include <stdexcept>

namespace onceway::channel {

namespace asio = boost::asio;

namespace {

constexpr std::size_t gathered_octets = 16 * 1024;    // one TLS record
constexpr std::uint64_t leftover_octets = 64 * 1024;  // of an unread body, before the connection is given up

Pace pace_of(const Deadlines& deadlines) { return {deadlines.between, deadlines.octets_per_second}; }

/// Fields that say how a message is framed and kept: written here and nowhere else.
bool is_ours(std::string_view name) {
    for (std::string_view own : {"content-length", "transfer-encoding", "connection", "keep-alive"})
        if (same_ignoring_case(name, own)) return true;
    return false;
}

int status_of(const Fault& why) {
    if (why.code == FaultCode::too_large) return 431;
    return why.code == FaultCode::timed_out ? 408 : 400;
}

/// Counts an exchange for as long as it lasts.
class InFlight {
public:
    explicit InFlight(std::atomic<std::size_t>& count) : count_(count) { ++count_; }
    ~InFlight() { --count_; }
    InFlight(const InFlight&) = delete;

private:
    std::atomic<std::size_t>& count_;
};

}  // namespace

std::string_view http_date() {
    thread_local std::time_t second = 0;
    thread_local char text[32];
    const auto now = std::time(nullptr);
    if (now != second) {
        static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        std::tm at{};
        gmtime_r(&now, &at);
        const auto end =
            fmt::format_to_n(text, sizeof text - 1, "{}, {:02} {} {} {:02}:{:02}:{:02} GMT", days[at.tm_wday],
                             at.tm_mday, months[at.tm_mon], at.tm_year + 1900, at.tm_hour, at.tm_min, at.tm_sec);
        *end.out = 0;
        second = now;
    }
    return text;
}

std::string_view usual_reason(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 400:
            return "Bad Request";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 413:
            return "Content Too Large";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 503:
            return "Service Unavailable";
        default:
            return status < 400 ? "OK" : "Error";
    }
}

ServerConnection::ServerConnection(Door& door, asio::ip::tcp::socket socket)
    : door_(door),
      transport_(std::move(socket)),
      receiver_(transport_),
      sending_(pace_of(door.settings.deadlines)),
      receiving_(pace_of(door.settings.deadlines)) {}

// --- The story of a connection

asio::awaitable<void> ServerConnection::serve(std::shared_ptr<TlsContext> tls) {
    const auto& deadlines = door_.settings.deadlines;

    // 1. TLS, where this door speaks it.
    if (tls) {
        auto shaken = co_await transport_.shake_hands(std::move(tls), deadlines.handshake);
        if (!shaken) {
            log::info("handshake.refused", {{"listener", door_.settings.name},
                                            {"address", peer_address()},
                                            {"code", spelling(shaken.error().code)},
                                            {"reason", shaken.error().detail}});
            if (shaken.error().code != FaultCode::timed_out) co_await transport_.discard(from_now(deadlines.linger));
            co_return;
        }
    }

    // 2. One exchange after the other; the first head is expected sooner than a later one.
    auto patience = deadlines.head;
    while (keep_ && !door_.stopping) {
        idle_ = true;
        auto octets = co_await receiver_.head(from_now(patience), deadlines.head, door_.settings.rules.octets);
        idle_ = false;
        if (octets && octets->empty()) break;         // closed between two exchanges
        if (!octets && receiver_.empty()) co_return;  // idle for too long, or gone
        auto head = octets ? message::parse_request_head(*octets, door_.settings.rules)
                           : Result<message::RequestHead>(octets.error());
        if (!head) {
            co_await refuse(head.error());
            break;
        }
        InFlight counted(door_.in_flight);
        begin_exchange(std::move(*head));
        co_await answer_in_full();
        patience = deadlines.idle;
    }

    // 3. Goodbye, such that the last answer is read.
    co_await leave();
}

void ServerConnection::begin_exchange(message::RequestHead head) {
    head_ = std::move(head);
    receiver_.expect(head_.framing);
    sending_ = receiving_ = pace_of(door_.settings.deadlines);
    how_ = {};
    streamed_ = 0;
    answered_ = finished_ = bodiless_ = false;
    continued_ = !head_.expects_continue || head_.minor_version == 0;
    keep_ = head_.keep_alive && head_.minor_version == 1;
    out_.clear();
}

asio::awaitable<void> ServerConnection::answer_in_full() {
    std::string thrown;
    try {
        co_await door_.route(*this);
    } catch (const std::exception& e) {
        thrown = e.what();
    }
    if (!thrown.empty())
        log::error("route.failed",
                   {{"listener", door_.settings.name}, {"address", peer_address()}, {"reason", thrown}});

    // What the route left undone.
    if (!answered_) {
        keep_ = false;
        const message::Fields fields{{"Content-Type", "text/plain;charset=utf-8"}};
        auto responded = co_await respond(500, usual_reason(500), fields, "The request could not be answered.\n");
        if (!responded) co_return;
    } else if (!finished_) {
        broken_ = true;  // an answer that ends in the middle must look like one
        keep_ = false;
        co_return;
    }
    if (!receiver_.body_ended() && keep_) {
        auto drained = co_await drain(leftover_octets);
        if (!drained) keep_ = false;
    }
    unread_ = !receiver_.body_ended();
}

asio::awaitable<void> ServerConnection::refuse(Fault why) {
    log::info("request.refused", {{"listener", door_.settings.name},
                                  {"address", peer_address()},
                                  {"code", spelling(why.code)},
                                  {"reason", why.detail}});
    keep_ = false;
    unread_ = true;
    late_ = why.code == FaultCode::timed_out;
    head_ = {};
    answered_ = false;
    const int status = status_of(why);
    const auto& settings = door_.settings;
    const auto body = settings.refusal_body ? settings.refusal_body(why) : why.detail + "\n";
    const message::Fields fields{{"Content-Type", settings.refusal_type}};
    auto responded = co_await respond(status, usual_reason(status), fields, body);
    if (!responded) broken_ = true;
}

asio::awaitable<void> ServerConnection::leave() {
    // Whoever has used up its time is not given much more of it.
    const auto linger = door_.settings.deadlines.linger / (late_ ? 10 : 1);
    if (broken_) {
        transport_.abort();
        co_return;
    }
    auto ended = co_await transport_.end_sending(linger);
    if (ended && unread_) co_await transport_.discard(from_now(linger));
    transport_.close();
}

void ServerConnection::close_if_idle() {
    if (idle_ && receiver_.empty()) transport_.close();
}

// --- The request's body

Async<OctetsView> ServerConnection::read_body() {
    const auto between = door_.settings.deadlines.between;
    if (!continued_ && !receiver_.body_ended() && receiver_.empty() && !answered_) {
        auto said = co_await transport_.write("HTTP/1.1 100 Continue\r\n\r\n", between, sending_);
        if (!said) co_return said.error();
    }
    continued_ = true;
    auto octets = co_await receiver_.body(between, receiving_);
    if (!octets) keep_ = false;
    if (!octets && octets.error().code == FaultCode::timed_out) late_ = true;
    co_return octets;
}

Async<void> ServerConnection::drain(std::uint64_t most) {
    while (!receiver_.body_ended()) {
        auto octets = co_await read_body();
        if (!octets) co_return octets.error();
        if (octets->size() > most)
            co_return fault(FaultCode::too_large, "The rest of the request is longer than is read.");
        most -= octets->size();
    }
    co_return Result<void>{};
}

// --- The answer

void ServerConnection::write_head(int status, std::string_view reason, const message::Fields& fields) {
    if (answered_) throw std::logic_error("an exchange is answered once");
    if (status < 200 || status > 999 || reason.find_first_of("\r\n") != std::string_view::npos)
        throw std::logic_error("a status line was about to be written that is none");
    answered_ = true;
    bodiless_ = head_.method == "HEAD" || status == 204 || status == 304;
    // What the client still sends would be taken for its next request; only what is here already is skipped.
    if (door_.stopping || (!receiver_.body_ended() && !receiver_.rest_is_here()) || !continued_) keep_ = false;

    out_.clear();
    fmt::format_to(std::back_inserter(out_), "HTTP/1.1 {} {}\r\n", status, reason);
    bool dated = !door_.settings.date_header;
    for (const auto& [name, value] : fields) {
        if (is_ours(name)) continue;
        dated = dated || same_ignoring_case(name, "date");
        message::append_field(out_, name, value);
    }
    if (!dated) out_.append("Date: ").append(http_date()).append("\r\n");
}

void ServerConnection::end_head() { out_ += keep_ ? "\r\n" : "Connection: close\r\n\r\n"; }

Async<void> ServerConnection::respond(int status, std::string_view reason, const message::Fields& fields,
                                      OctetsView body) {
    write_head(status, reason, fields);
    finished_ = true;
    if (status != 204 && status != 304) fmt::format_to(std::back_inserter(out_), "Content-Length: {}\r\n", body.size());
    end_head();
    if (!bodiless_) {
        auto sent = co_await send(body);
        if (!sent) co_return sent.error();
    }
    co_return co_await flush();
}

Async<void> ServerConnection::begin(int status, std::string_view reason, const message::Fields& fields, Streaming how) {
    write_head(status, reason, fields);
    how_ = how;
    if (!how.length && head_.minor_version == 0) how_.until_close = true;  // it cannot read chunked coding
    if (how_.until_close) keep_ = false;
    if (how.length)
        fmt::format_to(std::back_inserter(out_), "Content-Length: {}\r\n", *how.length);
    else if (!how_.until_close && status != 204 && status != 304)
        out_ += "Transfer-Encoding: chunked\r\n";
    end_head();
    co_return Result<void>{};
}

Async<void> ServerConnection::write(OctetsView octets) {
    streamed_ += octets.size();
    if (bodiless_ || octets.empty()) co_return Result<void>{};
    const bool chunked = !how_.length && !how_.until_close;
    if (how_.length && streamed_ > *how_.length)
        co_return fault(FaultCode::internal_error, "An answer is longer than the length it promised.");
    if (chunked) fmt::format_to(std::back_inserter(out_), "{:x}\r\n", octets.size());
    auto sent = co_await send(octets);
    if (!sent) co_return sent.error();
    if (chunked) out_ += "\r\n";
    co_return Result<void>{};
}

/// Small octets join what waits; large ones go out behind it, in full records, without being copied.
Async<void> ServerConnection::send(OctetsView octets) {
    const auto space = gathered_octets - std::min(out_.size(), gathered_octets);
    const auto first = octets.substr(0, space);
    out_.append(first);
    octets.remove_prefix(first.size());
    if (octets.empty()) co_return Result<void>{};

    auto flushed = co_await flush();
    if (!flushed) co_return flushed.error();
    const auto direct = octets.substr(0, octets.size() - octets.size() % gathered_octets);
    out_.append(octets.substr(direct.size()));
    co_return co_await put(direct);
}

Async<void> ServerConnection::flush() {
    auto written = co_await put(out_);
    out_.clear();
    co_return written;
}

/// Whatever is sent goes through here: after an answer that broke off, nothing else may follow on this connection.
Async<void> ServerConnection::put(OctetsView octets) {
    auto written = co_await transport_.write(octets, door_.settings.deadlines.between, sending_);
    if (!written) {
        broken_ = true;
        keep_ = false;
    }
    co_return written;
}

Async<void> ServerConnection::finish() {
    if (!answered_ || finished_) throw std::logic_error("an answer that was not begun cannot be finished");
    if (how_.length && streamed_ != *how_.length && !bodiless_)
        co_return fault(FaultCode::internal_error,
                        fmt::format("An answer of {} octets ends after {}.", *how_.length, streamed_));
    finished_ = true;
    if (!how_.length && !how_.until_close && !bodiless_) out_ += "0\r\n\r\n";
    co_return co_await flush();
}

}  // namespace onceway::channel
