#include "schemas/base/time.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace std::chrono_literals;

TEST_CASE("an instant is written in RFC 3339 and read again") {
    const Instant at{1770027330123ms};
    CHECK(rfc3339(at) == "2026-02-02T10:15:30.123Z");
    CHECK(rfc3339_seconds(at) == "2026-02-02T10:15:30Z");
    CHECK(*parse_rfc3339("2026-02-02T10:15:30.123Z") == at);
    CHECK(rfc3339(Instant{-1ms}) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("an instant is read in every form in which others write it") {
    const auto at = *parse_rfc3339("2026-02-02T10:15:30Z");
    for (const auto* text : {"2026-02-02T12:15:30+02:00", "2026-02-02T00:15:30-10:00", "2026-02-02T10:15:30.000Z",
                             "2026-02-02T10:15:30.0009999Z", "2026-02-02T15:45:30+05:30"})
        CHECK_MESSAGE(*parse_rfc3339(text) == at, text);
    CHECK(*parse_rfc3339("2026-02-02T10:15Z") == at - 30s);
    CHECK(*parse_rfc3339("2026-02-02T10:15:30.5Z") == at + 500ms);
    CHECK(*parse_rfc3339("2028-02-29T00:00:00Z") - *parse_rfc3339("2028-02-28T00:00:00Z") == 24h);
}

TEST_CASE("a text that is no instant is refused and repeated in the reason") {
    for (const auto* text :
         {"", "2026-02-02", "2026-02-02T10:15:30", "2026-02-02 10:15:30Z", "2026-2-2T10:15:30Z", "2026-02-30T10:15:30Z",
          "2026-13-01T10:15:30Z", "2026-02-02T24:00:00Z", "2026-02-02T10:60:00Z", "2026-02-02T10:15:60Z",
          "2026-02-02T10:15:30.Z", "2026-02-02T10:15:30+2:00", "2026-02-02T10:15:30+19:00", "2026-02-02T10:15:30ZZ",
          "2026-02-02T10:15:30z", "-026-02-02T10:15:30Z", "2026-02-02T-1:15:30Z", "tomorrow"}) {
        const auto at = parse_rfc3339(text);
        CAPTURE(text);
        REQUIRE_FALSE(at);
        CHECK(at.error().code == FaultCode::invalid_argument);
        CHECK(at.error().detail.find(text) != std::string::npos);
    }
}

TEST_CASE("a fixed clock moves only when told") {
    FixedClock clock(*parse_rfc3339("2026-02-02T10:15:30Z"));
    const Clock& seen = clock;
    CHECK(seen.now() == seen.now());
    clock.advance(1s);
    CHECK(rfc3339_seconds(seen.now()) == "2026-02-02T10:15:31Z");
    clock.set(Instant{});
    CHECK(seen.now() == Instant{});
    CHECK(Clock::system().now() > *parse_rfc3339("2026-01-01T00:00:00Z"));
}
