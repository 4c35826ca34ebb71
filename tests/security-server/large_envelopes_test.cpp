// Envelopes stay in memory whole while they are read, and callers may take their time: what all of them hold is
// bounded.
#include "tests/security-server/hostile_soap.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <thread>

using namespace onceway;
using namespace onceway::tests;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t large = 1'500'000, most = 1'000'000;

/// A question whose envelope is large, plain or in a multipart.
std::string large_question(std::string_view kind) {
    return hostile_soap::sendable(
               hostile_soap::changed(hostile_soap::question(kind), fmt::format("CA 123 => {{*{}:x}}", large)))
        .octets;
}

Async<std::unique_ptr<channel::Connection>> connect(Aim aim) {
    const channel::ConnectTo to{.host = aim.address, .port = aim.port, .tls = nullptr};
    auto connection = co_await channel::Connection::open(to);
    co_return connection;
}

Async<std::string> answer_on(channel::Connection& connection) {
    auto head = co_await connection.read_head({}, 20s);
    if (!head) co_return head.error();
    std::string body;
    for (;;) {
        auto octets = co_await connection.read_body(20s);
        if (!octets) co_return octets.error();
        if (octets->empty()) co_return body;
        body += *octets;
    }
}

Async<std::string> ask(Aim aim, std::string question) {
    auto connection = co_await connect(aim);
    if (!connection) co_return connection.error();
    auto written = co_await (*connection)->write(question);
    if (!written) co_return written.error();
    auto answer = co_await answer_on(**connection);
    co_return answer;
}

/// Waits until so much is held, or nothing; the servers have threads of their own.
bool comes_to(const transport::BodyMemory& memory, bool full) {
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (full ? memory.held() < most : memory.held() > 0) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::yield();
    }
    return true;
}

struct Heard {
    std::string slow, meanwhile;
};

/// One caller sends all but the last octets and takes its time; another one asks meanwhile.
Async<Heard> ask_beside_slow(Aim aim, std::string question, const transport::BodyMemory& memory) {
    const std::string_view whole = question;
    auto slow = co_await connect(aim);
    if (!slow) co_return slow.error();
    auto begun = co_await (*slow)->write(whole.substr(0, whole.size() - 40));
    if (!begun) co_return begun.error();
    CHECK(comes_to(memory, true));
    auto meanwhile = co_await ask(aim, question);
    if (!meanwhile) co_return meanwhile.error();
    auto ended = co_await (*slow)->write(whole.substr(whole.size() - 40));
    if (!ended) co_return ended.error();
    auto answer = co_await answer_on(**slow);
    if (!answer) co_return answer.error();
    Heard heard{std::move(*answer), std::move(*meanwhile)};
    co_return heard;
}

}  // namespace

TEST_CASE("while an envelope that is being read holds all the memory there is, no other one grows large") {
    for (const char* kind : {"plain", "swa"}) {
        CAPTURE(kind);
        HostileSoapWorld soap({.body_octets = most});
        const auto question = large_question(kind);
        const auto heard = run(ask_beside_slow(soap.consumer(), question, *soap.world.consumer_bodies));
        REQUIRE(heard);
        CHECK(contains(heard->meanwhile, "<faultcode>server.clientproxy.overloaded</faultcode>"));
        CHECK(contains(heard->slow, "getPermitResponse"));
        CHECK(comes_to(*soap.world.consumer_bodies, false));
        const auto later = run(ask(soap.consumer(), question));
        REQUIRE(later);
        CHECK(contains(*later, "getPermitResponse"));
    }
}

TEST_CASE("an envelope counts beyond 64 KiB, grows while others leave room, and is forgotten with its message") {
    auto memory = std::make_shared<transport::BodyMemory>(most);
    std::shared_ptr<const void> first_message;
    {
        transport::CountedEnvelope first(memory), second(memory);
        CHECK(first.grows_to(64 * 1024));
        CHECK(memory->held() == 0);
        CHECK(first.grows_to(2 * most));  // others hold nothing
        CHECK(memory->held() == 2 * most);
        CHECK(second.grows_to(64 * 1024));
        const auto wrong = second.grows_to(64 * 1024 + 1);
        REQUIRE_FALSE(wrong);
        CHECK(wrong.error().code == FaultCode::overloaded);
        first_message = first.held();
    }
    CHECK(memory->held() == 2 * most);
    first_message.reset();
    CHECK(memory->held() == 0);
    transport::CountedEnvelope uncounted(nullptr);
    CHECK(uncounted.grows_to(2 * most));
    CHECK(uncounted.held() == nullptr);
}
