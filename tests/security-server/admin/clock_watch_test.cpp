#include "security-server/admin/clock_watch.hpp"

#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using std::chrono::milliseconds;

namespace {

channel::FetchAnswer dated(std::string date) { return {200, {{"Date", std::move(date)}}, {}}; }

channel::Url url_of(const std::string& host) { return must(channel::Url::parse("http://" + host + ":8888/")); }

/// An exchange that takes two seconds, with a machine whose clock shows `date`.
struct Elsewhere {
    FixedClock clock{must(parse_rfc3339("2026-02-02T10:15:30Z"))};
    admin::ClockWatch watch{clock};
    std::string date;
    bool silent = false;

    Async<channel::FetchAnswer> answer(channel::FetchRequest) {
        clock.advance(milliseconds(2'000));
        if (silent) co_return fault(FaultCode::timed_out, "no answer");
        co_return date.empty() ? channel::FetchAnswer{200, {}, {}} : dated(date);
    }
    void ask(const std::string& host) {
        const auto fetch = watch.watching([this](channel::FetchRequest request) { return answer(std::move(request)); });
        channel::FetchRequest request;
        request.url = url_of(host);
        [[maybe_unused]] auto answered = run(fetch(std::move(request)));
    }
};

}  // namespace

TEST_CASE("a date of HTTP is read in its one form, and anything else is none") {
    CHECK(must(admin::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT")) == must(parse_rfc3339("1994-11-06T08:49:37Z")));
    CHECK(must(admin::parse_http_date("Thu, 29 Feb 2024 23:59:59 GMT")) == must(parse_rfc3339("2024-02-29T23:59:59Z")));
    for (const char* text :
         {"", "Sun, 06 Nov 1994 08:49:37", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
          "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 ovD 1994 08:49:37 GMT",
          "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT"}) {
        CAPTURE(text);
        const auto read = admin::parse_http_date(text);
        REQUIRE_FALSE(read);
        CHECK(contains(read.error().detail, "it is none"));
    }
}

TEST_CASE("a clock is compared with the middle of the exchange, and known to its length and the second of the date") {
    Elsewhere world;
    world.date = "Mon, 02 Feb 2026 10:15:30 GMT";  // 30.5 in the middle; ours is 31.0 there
    world.ask("registry");
    const auto offsets = world.watch.offsets();
    REQUIRE(offsets.size() == 1);
    CHECK(offsets.front().source == "registry:8888");
    CHECK(offsets.front().offset == milliseconds(500));
    CHECK(offsets.front().uncertainty == milliseconds(1'500));
}

TEST_CASE("an answer without a date, and none at all, say nothing about the clock") {
    Elsewhere world;
    world.ask("registry");
    world.date = "yesterday";
    world.ask("registry");
    world.silent = true;
    world.ask("registry");
    CHECK(world.watch.offsets().empty());
}

TEST_CASE("the last comparison with each source counts, for an hour") {
    Elsewhere world;
    world.date = "Mon, 02 Feb 2026 10:15:30 GMT";
    world.ask("registry");
    world.ask("registry");
    world.ask("responder");
    CHECK(world.watch.offsets().size() == 2);
    world.clock.advance(std::chrono::hours(2));
    CHECK(world.watch.offsets().empty());
}

TEST_CASE("of several clocks the one in the middle convinces") {
    const auto at = [](int seconds) {
        return admin::ClockOffset{std::to_string(seconds), std::chrono::seconds(seconds)};
    };
    CHECK_FALSE(admin::middle_of({}));
    CHECK(admin::middle_of({at(3)})->source == "3");
    CHECK(admin::middle_of({at(3'600), at(0), at(1)})->source == "1");
    CHECK(admin::middle_of({at(-3'600), at(0), at(1), at(2)})->source == "0");
}
