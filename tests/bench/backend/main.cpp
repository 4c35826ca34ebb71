// bench_backend ADDRESS PORT THREADS: the information system at the end of both chains. Answers a POST with 1 KiB of
// JSON; `POST …/digest` with the size and SHA-512 of what it received; `POST …/echo?N` and `GET …/octets?N` with N
// octets that it makes; and SOAP, as soap.hpp says.
#include "tests/bench/backend/octets.hpp"
#include "tests/bench/backend/soap.hpp"

#include <fmt/format.h>
#include <csignal>
#include <cstdio>
#include <string>

namespace onceway::bench {
namespace {

using boost::asio::awaitable;
using channel::Exchange;

const message::Fields json{{"Content-Type", "application/json"}};

/// A kibibyte of JSON, as an information system might answer.
std::string kibibyte() { return fmt::format(R"({{"answer":"{}"}})", letters(1011)); }

awaitable<void> give_octets(Exchange& exchange, std::uint64_t size) {
    const message::Fields fields{{"Content-Type", "application/octet-stream"}};
    const Exchange::Streaming how{size, false};
    auto given = co_await exchange.begin(200, "OK", fields, how);
    if (given) given = co_await write_octets(exchange, size);
    if (given) given = co_await exchange.finish();
    if (!given) exchange.close_after();
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
    if (path.ends_with("/soap")) {
        co_await answer_soap(exchange);
        co_return;
    }
    if (path == "/wsdl") {
        co_await give_wsdl(exchange);
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
        digesting ? fmt::format(R"({{"bytes":{},"sha512":"{}"}})", *size, to_hex(hasher.value())) : kibibyte();
    auto responded = co_await exchange.respond(200, "OK", json, body);
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
}  // namespace onceway::bench

int main(int count, char** words) {
    if (count != 4) {
        fmt::print(stderr, "usage: bench_backend ADDRESS PORT THREADS\n");
        return 2;
    }
    return onceway::bench::serve(words[1], std::atoi(words[2]), std::atoi(words[3]));
}
