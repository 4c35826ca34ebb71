// The OCSP responder is away, slow or lying: traffic goes on until freshness ends, then a defined fault, and it comes
// back by itself. What was revoked is refused within freshness and one refresh. Rule: threats §6, message-transport
// §3.3.
#include "tests/security-server/outage_world.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using namespace std::chrono_literals;

namespace {

constexpr auto no_fresh_answer = "server.clientproxy.cannot_create_signature";

/// From fresh answers on, with a responder that gives none any more; then it is well again.
void outlive(OutageWorld& world, const std::function<void()>& begin, const std::function<void()>& end) {
    world.pass(21min);  // an answer is due
    world.rounds();
    CHECK(world.ask() == "answered");
    begin();
    world.pass(21min);
    world.rounds();
    CHECK(world.ask() == "answered");
    world.pass(38min);  // 59 minutes after the last answer
    world.rounds();
    CHECK(world.ask() == "answered");
    const auto executed = world.executed();
    world.pass(2min);
    world.rounds();
    CHECK(world.ask() == no_fresh_answer);
    CHECK(world.took < at_once);
    CHECK(world.executed() == executed);
    end();
    world.rounds();
    CHECK(world.ask() == "answered");
}

}  // namespace

TEST_CASE("when the OCSP responder cannot be reached, traffic goes on until freshness ends, and comes back after") {
    OutageWorld world;
    for (const auto& fault : network_faults()) {
        CAPTURE(std::string(fault.name));
        auto& proxy = *world.trust.ocsp.proxy;
        outlive(world, [&] { fault.begin(proxy); }, [&] { make_fair(proxy); });
    }
}

TEST_CASE("when the OCSP responder lies, nothing of it is believed, and traffic comes back when it tells the truth") {
    OutageWorld world;
    struct {
        const char* what;
        Lie lie;
    } const lies[] = {{"declines", Lie::refusal},
                      {"answers about another certificate", Lie::about_another},
                      {"is somebody else", Lie::by_a_stranger},
                      {"gives an answer of yesterday", Lie::of_yesterday}};
    for (const auto& [what, lie] : lies) {
        CAPTURE(std::string(what));
        const Lie told = lie;
        outlive(world, [&] { world.trust.ocsp.lie = told; }, [&] { world.trust.ocsp.lie = Lie::none; });
    }
}

TEST_CASE("a server that loses its responder finds it again by itself") {
    OutageWorld world;
    world.trust.ocsp.proxy->down();
    world.pass(61min);
    world.threads.spawn(world.threads.context(0), "OCSP of the asker", world.asking.keys.keep_ocsp_fresh(20min));
    world.threads.spawn(world.threads.context(0), "OCSP of the provider", world.answering.keys.keep_ocsp_fresh(20min));
    CHECK(world.ask() == no_fresh_answer);
    world.trust.ocsp.proxy->up();
    const auto until = std::chrono::steady_clock::now() + 20s;
    std::string told;
    while ((told = world.ask()) != "answered" && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(50ms);
    CHECK(told == "answered");
}

TEST_CASE("what was revoked is refused within freshness and one refresh, and nothing is executed after that") {
    OutageWorld world;
    CHECK(world.ask() == "answered");
    struct {
        const char* whose;
        const x509::Certificate& certificate;
        const char* code;
    } const row[] = {{"the asker's signing certificate", *world.asking.signing, no_fresh_answer},
                     {"the provider's authentication certificate", *world.answering.authentication,
                      "server.clientproxy.ssl_authentication_failed"}};
    for (const auto& [whose, certificate, code] : row) {
        CAPTURE(std::string(whose));
        world.trust.revoke(certificate);
        world.pass(20min + 1s);  // one refresh
        world.rounds();
        world.pass(60min);  // and freshness, for what others remember
        world.rounds();
        const auto executed = world.executed();
        for (int i = 0; i < 3; ++i) CHECK(world.ask().starts_with(code));
        CHECK(world.executed() == executed);
        world.trust.revoked.clear();
        world.pass(20min + 1s);
        world.rounds();
        CHECK(world.ask() == "answered");
    }
}

TEST_CASE(
    "when the provider's server does not answer for its certificate, what is remembered serves until it is stale") {
    OutageWorld world;
    for (const auto& fault : network_faults()) {
        CAPTURE(std::string(fault.name));
        auto& proxy = *world.peer_ocsp_proxy;
        CHECK(world.ask() == "answered");
        fault.begin(proxy);
        world.pass(21min);
        world.rounds();
        CHECK(world.ask() == "answered");
        world.pass(41min);
        world.rounds();
        CHECK(world.ask().starts_with("server.clientproxy.ssl_authentication_failed"));
        CHECK(world.took < patience + at_once);
        make_fair(proxy);
        CHECK(world.ask() == "answered");
    }
}
