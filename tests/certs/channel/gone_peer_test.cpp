// A peer that vanished without a word: the kernel is told to ask whether it is still there.
#include "certs/channel/client.hpp"
#include "certs/channel/server.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/run.hpp"

#include <fmt/format.h>

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// The timers of established connections to `port`, as the kernel lists them: 0 none, 2 keep-alive.
std::vector<std::string> timers_towards(std::uint16_t port) {
    std::ifstream table("/proc/net/tcp");
    std::vector<std::string> timers;
    for (std::string line; std::getline(table, line);) {
        std::istringstream fields(line);
        std::string number, local, remote, state, queues, timer;
        fields >> number >> local >> remote >> state >> queues >> timer;
        if (remote.ends_with(fmt::format(":{:04X}", port)) && state == "01") timers.push_back(timer.substr(0, 2));
    }
    return timers;
}

}  // namespace

TEST_CASE("an outgoing connection asks after a silent peer, so that a long wait for an answer can be allowed") {
    channel::Threads threads(1);
    const channel::Route silent = [](channel::Exchange&) -> boost::asio::awaitable<void> { co_return; };
    const auto door = must(channel::Listener::open(threads, {.name = "peer", .address = "127.0.0.1"}, silent));
    channel::ConnectTo to{.host = "127.0.0.1", .port = door->port()};
    const auto connection = must(run_on(threads.context(0), channel::Connection::open(std::move(to))));
    CHECK(timers_towards(door->port()) == std::vector<std::string>{"02"});
}
