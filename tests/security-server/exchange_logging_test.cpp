// A message that cannot be logged, or not be stamped where it must be at once: at each of the four positions, what its
// caller hears, whether the service ran, and what lies in the logs. Rule: message-log §1.8, §1.9.
#include "tests/security-server/exchange_world.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

struct Position {
    const char* what;
    bool provider;  // whose log
    int turn;       // 0: its request, 1: its response
    bool service_ran;
    std::uint64_t kept_by_consumer, kept_by_provider;  // records when this one is refused before it is taken
};
constexpr Position positions[] = {
    {"the consumer's request", false, 0, false, 0, 0},
    {"the provider's request", true, 0, false, 1, 0},
    {"the provider's response", true, 1, true, 1, 1},
    {"the consumer's response", false, 1, true, 1, 2},
};

}  // namespace

TEST_CASE("a message that may not be logged goes no further, and its caller hears whose log it was and why") {
    const std::pair<FaultCode, std::string_view> causes[] = {
        {FaultCode::mlog_no_timestamping_provider_found, "mlog.no_timestamping_provider_found"},
        {FaultCode::timestamping_failed, "timestamping_failed"},
    };
    for (const auto& position : positions)
        for (const auto& [cause, code] : causes) {
            CAPTURE(position.what);
            CAPTURE(code);
            World world;
            std::atomic<int> asked = 0;
            auto& log = position.provider ? *world.provider_server.log : *world.consumer_server.log;
            log.admit_by([&, cause = cause] {
                return asked++ == position.turn ? Result<void>(fault(cause, "as the test says")) : Result<void>();
            });
            auto answer = world.get();
            REQUIRE(answer);
            CHECK(answer->status == 500);
            const std::string side = position.provider ? "server.serverproxy" : "server.clientproxy";
            CHECK(error_code(*answer) == side + ".logging_failed." + std::string(code));
            CHECK(world.seen_by_service().size() == (position.service_ran ? 1 : 0));
            CHECK(world.consumer_server.records() == position.kept_by_consumer);
            CHECK(world.provider_server.records() == position.kept_by_provider);
        }
}

TEST_CASE("a message that must be stamped at once and is not goes no further, and its record stays and waits") {
    for (const auto& position : positions) {
        CAPTURE(position.what);
        World world;
        std::atomic<int> asked = 0;
        auto& log = position.provider ? *world.provider_server.log : *world.consumer_server.log;
        log.stamp_by([&](std::uint64_t) -> Async<void> {
            if (asked++ == position.turn) co_return fault(FaultCode::timestamping_failed, "No authority answered");
            co_return Result<void>();
        });
        auto answer = world.get();
        REQUIRE(answer);
        const std::string side = position.provider ? "server.serverproxy" : "server.clientproxy";
        CHECK(error_code(*answer) == side + ".logging_failed.timestamping_failed");
        CHECK(world.seen_by_service().size() == (position.service_ran ? 1 : 0));
        CHECK(world.consumer_server.records() == position.kept_by_consumer + (position.provider ? 0 : 1));
        CHECK(world.provider_server.records() == position.kept_by_provider + (position.provider ? 1 : 0));
        CHECK(log.health().unstamped == static_cast<std::uint64_t>(position.turn) + 1);

        auto again = world.get();  // the next one is not held up by it
        REQUIRE(again);
        CHECK(again->status == 200);
    }
}
