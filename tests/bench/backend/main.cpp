// bench_backend ADDRESS PORT THREADS: the information system at the end of both chains. Answers a POST with 1 KiB of
// JSON; `POST …/digest` with the size and SHA-512 of what it received; `POST …/echo?N` and `GET …/octets?N` with N
// octets that it makes.
#include "certs/channel/server.hpp"
#include "certs/keys/digest.hpp"

#include <fmt/format.h>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace onceway {
namespace {

using boost::asio::awaitable;
using channel::Exchange;

constexpr std::size_t block_octets = 1024 * 1024;
const message::Fields json{{"Content-Type", "application/json"}};

/// A kibibyte of JSON, as an information system might answer: letters at random, another one each time until all were
/// given, so that a log which stores repetitions once gains nothing from them.
std::string_view kibibyte() {
    static const std::vector<std::string> prepared = [] {
        constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        std::minstd_rand draw;
        std::vector<std::string> answers(512, R"({"answer":")");
        for (auto& text : answers) {
            while (text.size() < 1022) text += letters[draw() / 64 % letters.size()];
            text += "\"}";
        }
        return answers;
    }();
    thread_local std::size_t next = 0;
    return prepared[next++ % prepared.size()];
}

/// Writes block `number` of the body that `GET …/octets` gives: the reader at the other end makes the same. Its first
/// octets are its number, so that no two are alike.
void number_block(std::string& block, std::uint64_t number) {
    for (std::size_t i = 0; i < 8 && i < block.size(); ++i) block[i] = static_cast<char>(number >> (56 - 8 * i) & 0xff);
}

std::string usual_block() {
    std::string block(block_octets, ' ');
    for (std::size_t i = 0; i < block_octets; ++i) block[i] = static_cast<char>((i * 31 + i / 251) & 0xff);
    return block;
}

awaitable<void> refuse(Exchange& exchange, int status, std::string why) {
    const message::Fields text{{"Content-Type", "text/plain"}};
    auto responded = co_await exchange.respond(status, "Refused", text, why);
    if (!responded) exchange.close_after();
}

awaitable<void> give_octets(Exchange& exchange, std::uint64_t size) {
    const message::Fields fields{{"Content-Type", "application/octet-stream"}};
    const Exchange::Streaming how{size, false};
    auto begun = co_await exchange.begin(200, "OK", fields, how);
    if (!begun) co_return;
    static const std::string pattern = usual_block();
    std::string block = pattern.substr(0, std::min<std::uint64_t>(size, block_octets));
    for (std::uint64_t number = 0, left = size; left > 0; ++number) {
        number_block(block, number);
        const auto piece = OctetsView(block).substr(0, std::min<std::uint64_t>(left, block_octets));
        auto written = co_await exchange.write(piece);
        if (!written) co_return;
        left -= piece.size();
    }
    auto finished = co_await exchange.finish();
    if (!finished) exchange.close_after();
}

/// Reads the body; its octets go into `hasher` when there is one.
Async<std::uint64_t> read_body(Exchange& exchange, keys::Hasher* hasher) {
    std::uint64_t size = 0;
    for (;;) {
        auto octets = co_await exchange.read_body();
        if (!octets) co_return octets.error();
        if (octets->empty()) co_return size;
        size += octets->size();
        if (hasher) hasher->feed(*octets);
    }
}

/// The number behind `?`.
std::optional<std::uint64_t> number_in(std::string_view target) {
    const auto mark = target.find('?');
    const auto given = mark == target.npos ? target.substr(target.size()) : target.substr(mark + 1);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), number);
    if (given.empty() || error != std::errc{} || end != given.data() + given.size()) return std::nullopt;
    return number;
}

/// Octets of the asked size, after the question was read.
awaitable<void> answer_at_length(Exchange& exchange) {
    auto read = co_await read_body(exchange, nullptr);
    const auto size = number_in(exchange.head().target);
    if (!read)
        co_await refuse(exchange, 400, read.error().detail);
    else if (!size)
        co_await refuse(exchange, 400, "a number of octets is wanted behind the question mark");
    else
        co_await give_octets(exchange, *size);
}

awaitable<void> answer(Exchange& exchange) {
    const std::string_view target = exchange.head().target;
    const auto path = target.substr(0, target.find('?'));
    if (path.ends_with("/octets") || path.ends_with("/echo")) {
        co_await answer_at_length(exchange);
        co_return;
    }
    const bool digesting = target.ends_with("/digest");
    keys::Hasher hasher;
    auto size = co_await read_body(exchange, digesting ? &hasher : nullptr);
    if (!size) {
        co_await refuse(exchange, 400, size.error().detail);
        co_return;
    }
    const auto body =
        digesting ? fmt::format(R"({{"bytes":{},"sha512":"{}"}})", *size, to_hex(hasher.value())) : std::string();
    auto responded = co_await exchange.respond(200, "OK", json, digesting ? OctetsView(body) : kibibyte());
    if (!responded) exchange.close_after();
}

int serve(const std::string& address, int port, int count) {
    sigset_t ending;  // waited for below; every thread inherits that it is blocked
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ending, nullptr);

    channel::Threads threads(static_cast<unsigned>(count));
    channel::ListenerSettings settings;
    settings.name = "backend";
    settings.address = address;
    settings.port = static_cast<std::uint16_t>(port);
    settings.connections_per_address = settings.connections;  // all come from one server
    auto listener = channel::Listener::open(threads, settings, answer);
    if (!listener) {
        fmt::print(stderr, "bench_backend: {}\n", listener.error().detail);
        return 2;
    }
    int signal = 0;
    sigwait(&ending, &signal);
    return 0;
}

}  // namespace
}  // namespace onceway

int main(int count, char** words) {
    if (count != 4) {
        fmt::print(stderr, "usage: bench_backend ADDRESS PORT THREADS\n");
        return 2;
    }
    return onceway::serve(words[1], std::atoi(words[2]), std::atoi(words[3]));
}
