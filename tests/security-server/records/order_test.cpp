// Numbers, not clocks, say what came first; and stamping does not stand in the way of records.
#include "security-server/records/timestamper.hpp"
#include "tests/security-server/records/samples.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace onceway;
using namespace onceway::records;
using namespace onceway::tests;

namespace {

struct Office {
    Office() {
        auto snapshot = std::make_shared<registry_view::Snapshot>();
        snapshot->trust = member.trust();
        snapshot->expires = test_time() + std::chrono::hours(24);
        view.set(snapshot);
        settings.authorities = {"http://tsa"};
    }
    AskAuthority authority() {
        return [this](std::string, Octets question) { return answer(std::move(question)); };
    }
    Async<Octets> answer(Octets question) {
        if (while_asked) while_asked();
        const auto query = must(timestamp::read_query(question));
        co_return timestamp::answer(query, member.tsa.certificate, *member.tsa.key, test_time(), "17");
    }
    TemporaryFolder folder;
    FixedClock clock{test_time()};
    SealingMember member;
    registry_view::GivenView view;
    Timestamper::Settings settings;
    std::function<void()> while_asked;
    std::unique_ptr<MessageLog> log = open_log(folder / "log");
};

}  // namespace

TEST_CASE("a clock that goes back changes neither numbers nor who is stamped first") {
    Office office;
    for (int hour = 0; hour < 3; ++hour) {
        auto record = with_evidence(request("m" + std::to_string(hour)), "<s>" + std::to_string(hour) + "</s>");
        record.at = test_time() - std::chrono::hours(hour);
        CHECK(append(*office.log, std::move(record)) == static_cast<std::uint64_t>(hour) + 1);
    }
    const auto waiting = must(office.log->unstamped(2));
    REQUIRE(waiting.size() == 2);
    CHECK(waiting[0].number == 1);
    CHECK(waiting[1].number == 2);
    CHECK(office.log->health().oldest_unstamped == test_time());  // of the first in the queue
    Timestamper stamper(*office.log, office.view, office.clock, office.settings, office.authority());
    CHECK(must(outcome_of(stamper.run_once())) == 3);
    office.log.reset();
    office.log = open_log(office.folder / "log");
    CHECK(append(*office.log, with_evidence(request("after"))) == 4);
}

TEST_CASE("records are taken while a batch waits for its authority, and the next batch has them") {
    Office office;
    for (int i = 0; i < 50; ++i) append(*office.log, with_evidence(request("m" + std::to_string(i))));
    int taken = 0;
    office.while_asked = [&] {
        if (taken > 0) return;
        std::thread other([&] {
            for (; taken < 20; ++taken) append(*office.log, with_evidence(request("n" + std::to_string(taken))));
        });
        other.join();
    };
    Timestamper stamper(*office.log, office.view, office.clock, office.settings, office.authority());
    CHECK(must(outcome_of(stamper.run_once())) == 50);
    CHECK(taken == 20);
    CHECK(office.log->health().unstamped == 20);
    CHECK(must(outcome_of(stamper.run_once())) == 20);
    CHECK(office.log->health().last_number == 70);
}
