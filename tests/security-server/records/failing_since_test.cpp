#include "security-server/records/failing_since.hpp"

#include "schemas/base/failpoint.hpp"
#include "security-server/records/timestamper.hpp"
#include "tests/security-server/records/samples.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::records;
using namespace onceway::tests;

TEST_CASE("since when stamping fails is written, read, and gone when it is over") {
    const TemporaryFolder folder;
    const auto file = folder / "since";
    CHECK_FALSE(must(read_failing_since(file, test_time())));
    must(write_failing_since(file, test_time()));
    CHECK(must(read_failing_since(file, test_time() + std::chrono::hours(1))) == test_time());
    CHECK(must(read_failing_since(file, test_time() - std::chrono::hours(1))) == test_time() - std::chrono::hours(1));
    must(write_failing_since(file, std::nullopt));
    CHECK_FALSE(std::filesystem::exists(file));
    must(write_failing_since(file, std::nullopt));  // twice is no harm
    write_file(file, "yesterday");
    CHECK_FALSE(read_failing_since(file, test_time()));
}

namespace {

struct Silent {
    Silent() {
        auto snapshot = std::make_shared<registry_view::Snapshot>();
        snapshot->trust = member.trust();
        snapshot->expires = test_time() + std::chrono::hours(24);
        view.set(snapshot);
        settings.authorities = {"http://tsa"};
        settings.memory = folder / "failing-since";
    }
    Timestamper stamper() { return Timestamper(*log, view, clock, settings, nobody); }

    TemporaryFolder folder;
    FixedClock clock{test_time()};
    SealingMember member;
    registry_view::GivenView view;
    Timestamper::Settings settings;
    std::unique_ptr<MessageLog> log = open_log(folder / "log");
    const AskAuthority nobody = [](std::string, Octets) -> Async<Octets> {
        co_return fault(FaultCode::mlog_timestamp_provider_connection_failed, "silent");
    };
};

}  // namespace

TEST_CASE("a disk that does not take the note is asked again at the next failure, and the first moment counts") {
    if (!failpoint::built) return;
    Silent silent;
    append(*silent.log, with_evidence(request("m")));
    auto stamper = silent.stamper();
    {
        const failpoint::Set full("file.write@failing-since=full");
        REQUIRE_FALSE(outcome_of(stamper.run_once()));
        CHECK(full.struck() == 1);
    }
    CHECK_FALSE(std::filesystem::exists(silent.settings.memory));
    CHECK(stamper.state().failing_since == test_time());
    silent.clock.advance(std::chrono::minutes(5));
    REQUIRE_FALSE(outcome_of(stamper.run_once()));
    CHECK(contents_of(silent.settings.memory) == "2026-02-02T10:15:30.000Z\n");
}

TEST_CASE("a note that outlived its reason is taken away at the start") {
    Silent silent;
    must(write_failing_since(silent.settings.memory, test_time() - std::chrono::hours(9)));
    const auto stamper = silent.stamper();  // no record waits for a stamp
    CHECK(stamper.admits());
    CHECK_FALSE(std::filesystem::exists(silent.settings.memory));
}
