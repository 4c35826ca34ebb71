#include "security-server/records/timestamper.hpp"

#include "certs/container/asic.hpp"
#include "certs/timestamp/timestamp.hpp"
#include "security-server/records/failing_since.hpp"
#include "tests/security-server/records/samples.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/spawn.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>

#include <thread>

using namespace onceway;
using namespace onceway::records;
using namespace onceway::tests;

namespace {

/// Authorities by URL: what each does with a question.
struct Authorities {
    SealingMember member;
    Identity stranger = CertificateAuthority("Stranger").issue_time_stamper();
    std::map<std::string, std::string> behaviour;  // by URL: "good", "refuses", "stamps other data", …
    std::vector<std::string> asked;

    Async<Octets> answer(std::string url, Octets question) {
        asked.push_back(url);
        const auto& does = behaviour.at(url);
        if (does == "is silent") co_return fault(FaultCode::mlog_timestamp_provider_connection_failed, "no answer");
        if (does == "refuses") co_return timestamp::refusal(2, "not today");
        if (does == "answers garbage") co_return Octets("<html>It works!</html>");
        auto query = must(timestamp::read_query(question));
        if (does == "stamps other data") query.imprint[0] ^= 1;
        if (does == "answers another question") query.nonce_der = Octets(8, '\x42');
        const auto& tsa = does == "is somebody else" ? stranger : member.tsa;
        co_return timestamp::answer(query, tsa.certificate, *tsa.key, test_time(), "17");
    }
};

struct Stamping {
    TemporaryFolder folder;
    FixedClock clock{test_time()};
    Authorities authorities;
    registry_view::GivenView view;
    std::unique_ptr<MessageLog> log = open_log(folder / "log");
    Timestamper::Settings settings;
    std::unique_ptr<Timestamper> stamper;

    Stamping() {
        authorities.behaviour = {{"http://one", "good"}, {"http://two", "good"}};
        settings.authorities = {"http://one", "http://two"};
        auto snapshot = std::make_shared<registry_view::Snapshot>();
        snapshot->trust = authorities.member.trust();
        snapshot->expires = test_time() + std::chrono::hours(24);
        view.set(snapshot);
        restart();
    }
    void restart() {
        AskAuthority ask = [this](std::string url, Octets question) {
            return authorities.answer(std::move(url), std::move(question));
        };
        stamper = std::make_unique<Timestamper>(*log, view, clock, settings, ask);
    }
    void append_sealed(int count) {
        for (int i = 0; i < count; ++i)
            append(*log, sealed(request("m" + std::to_string(++records)), authorities.member));
    }
    Result<std::size_t> run_once() { return outcome_of(stamper->run_once()); }
    container::Verdict verdict(std::uint64_t number) {
        auto zip = must(container::ZipReader::from_memory(must(exported(*log, number))));
        return container::verify_container(zip, *authorities.member.trust(), signature::Mode::strict, std::nullopt);
    }
    int records = 0;
};

}  // namespace

TEST_CASE("one record alone gets a token of its own, several share one, and each document is valid") {
    Stamping s;
    const std::pair<int, std::string_view> rounds[] = {{1, "V1"}, {5, "V3"}};
    for (const auto& [count, variant] : rounds) {
        s.append_sealed(count);
        CHECK(must(s.run_once()) == static_cast<std::size_t>(count));
        CHECK(s.log->health().unstamped == 0);
        const auto verdict = s.verdict(static_cast<std::uint64_t>(s.records));
        CHECK(verdict.verdict == "valid");
        CHECK(verdict.reason == "");
        CHECK(verdict.variant == variant);
    }
    CHECK(must(s.run_once()) == 0);
    CHECK(s.authorities.asked.size() == 2);
}

TEST_CASE("batches follow at once as long as full ones were there") {
    Stamping s;
    s.settings.batch = 4;
    s.restart();
    s.append_sealed(10);
    CHECK(must(s.run_once()) == 10);
    CHECK(s.authorities.asked.size() == 3);
    for (std::uint64_t number = 1; number <= 10; ++number) CHECK(s.verdict(number).verdict == "valid");
}

TEST_CASE("the next authority is asked when the one before it") {
    const std::pair<const char*, std::string_view> rows[] = {
        {"is silent", "mlog.timestamp_provider_connection_failed"},
        {"refuses", "mlog.timestamp_non_granted_response"},
        {"answers garbage", "mlog.reading_timestamp_response_failed"},
        {"stamps other data", "mlog.timestamp_response_validation_failed"},
        {"answers another question", "mlog.timestamp_response_validation_failed"},
        {"is somebody else", "mlog.tsp_certificate_not_found"},
    };
    for (const auto& [does, code] : rows)
        for (const int records : {1, 2}) SUBCASE((std::string(does) + ", " + std::to_string(records)).c_str()) {
                Stamping s;
                s.authorities.behaviour["http://one"] = does;
                s.append_sealed(records);
                CHECK(must(s.run_once()) == static_cast<std::size_t>(records));
                CHECK(s.authorities.asked == std::vector<std::string>{"http://one", "http://two"});
                CHECK(contains(s.stamper->state().authorities.at("http://one"), code));
                CHECK(s.stamper->state().authorities.at("http://two").empty());
                CHECK_FALSE(s.stamper->state().failing_since);
                CHECK(s.verdict(1).verdict == "valid");
            }
}

TEST_CASE("authorities are asked in the order of the operator, and of the configuration where he selected none") {
    Stamping s;
    auto shared = *s.view.current()->trust->instance("TEST");
    shared.approved_tsas.front().url = "http://two";
    shared.approved_tsas.push_back(shared.approved_tsas.front());
    shared.approved_tsas.back().url = "http://one";
    auto snapshot = std::make_shared<registry_view::Snapshot>(*s.view.current());
    snapshot->trust = trust_of(shared);
    s.view.set(snapshot);
    for (auto& [url, does] : s.authorities.behaviour) does = "refuses";
    s.append_sealed(1);
    const std::vector<std::string> by_configuration{"http://two", "http://one"},
        by_operator{"http://one", "http://two"};
    REQUIRE_FALSE(s.run_once());
    CHECK(s.authorities.asked == by_operator);

    s.authorities.asked.clear();
    s.settings.authorities.clear();
    s.restart();
    REQUIRE_FALSE(s.run_once());
    CHECK(s.authorities.asked == by_configuration);
}

TEST_CASE("an authority that the configuration names no more stamps nothing, and one that it never named is told of") {
    Stamping s;
    s.append_sealed(1);
    auto shared = shared_parameters(s.authorities.member.authority);
    auto snapshot = std::make_shared<registry_view::Snapshot>(*s.view.current());
    snapshot->trust = trust_of(shared);
    s.view.set(snapshot);
    const auto failed = s.run_once();
    REQUIRE_FALSE(failed);
    CHECK(contains(failed.error().detail, "mlog.no_timestamping_provider_found"));
    CHECK(s.log->health().unstamped == 1);
    CHECK(s.stamper->state().unknown == std::vector<std::string>{"http://one", "http://two"});
}

TEST_CASE("a token of an authority that the configuration does not approve is not kept") {
    Stamping s;
    const SealingMember stranger;
    s.authorities.member.tsa = stranger.tsa;  // answers as itself; the view still approves the former one
    s.append_sealed(1);
    const auto failed = s.run_once();
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == FaultCode::timestamping_failed);
    CHECK(contains(failed.error().detail, "mlog.tsp_certificate_not_found"));
    CHECK(s.log->health().unstamped == 1);
}

TEST_CASE("when nobody stamps, one record tries until somebody does; then all follow") {
    Stamping s;
    s.authorities.behaviour = {{"http://one", "is silent"}, {"http://two", "refuses"}};
    s.append_sealed(6);
    const auto failed = s.run_once();
    REQUIRE_FALSE(failed);
    CHECK(failed.error().wire_code() == "timestamping_failed");
    CHECK(contains(failed.error().detail, "http://one: mlog.timestamp_provider_connection_failed"));
    CHECK(contains(failed.error().detail, "http://two: mlog.timestamp_non_granted_response"));
    CHECK(s.stamper->state().failing_since == test_time());
    s.clock.advance(std::chrono::minutes(1));
    REQUIRE_FALSE(s.run_once());
    CHECK(s.stamper->state().failing_since == test_time());  // the first failure counts

    s.authorities.behaviour["http://two"] = "good";
    CHECK(must(s.run_once()) == 6);
    CHECK_FALSE(s.stamper->state().failing_since);
    CHECK(s.stamper->state().last_success == s.clock.now());
    auto zip = must(container::ZipReader::from_memory(must(exported(*s.log, 1))));
    CHECK(zip.find("META-INF/timestamp.tst") == nullptr);  // the one that tried
    zip = must(container::ZipReader::from_memory(must(exported(*s.log, 2))));
    CHECK(zip.find("META-INF/timestamp.tst") != nullptr);
}

TEST_CASE("messages are admitted for exactly the acceptable period of failure") {
    Stamping s;
    s.settings.acceptable_failure = std::chrono::seconds(100);
    SUBCASE("zero never refuses") { s.settings.acceptable_failure = std::chrono::seconds(0); }
    SUBCASE("a hundred seconds") {}
    s.restart();
    s.authorities.behaviour = {{"http://one", "is silent"}, {"http://two", "is silent"}};
    s.append_sealed(1);
    REQUIRE_FALSE(s.run_once());
    CHECK(s.stamper->admits());
    s.clock.advance(std::chrono::seconds(100));
    CHECK(s.stamper->admits());
    s.clock.advance(std::chrono::milliseconds(1));
    const auto admitted = s.stamper->admits();
    if (s.settings.acceptable_failure.count() == 0) {
        CHECK(admitted);
        return;
    }
    REQUIRE_FALSE(admitted);
    CHECK(admitted.error().code == FaultCode::timestamping_failed);
    CHECK(contains(admitted.error().detail, "Cannot time-stamp messages"));
    s.authorities.behaviour["http://one"] = "good";
    must(s.run_once());
    CHECK(s.stamper->admits());
}

TEST_CASE("a failure is remembered over a restart, until a stamp is had") {
    Stamping s;
    s.settings.acceptable_failure = std::chrono::seconds(100);
    s.settings.memory = s.folder / "failing-since";
    s.restart();
    s.authorities.behaviour = {{"http://one", "is silent"}, {"http://two", "is silent"}};
    s.append_sealed(2);
    REQUIRE_FALSE(s.run_once());
    CHECK(contents_of(s.settings.memory) == "2026-02-02T10:15:30.000Z\n");

    s.clock.advance(std::chrono::seconds(101));
    s.restart();
    const auto admitted = s.stamper->admits();
    REQUIRE_FALSE(admitted);
    CHECK(contains(admitted.error().detail, "since 2026-02-02T10:15:30.000Z"));

    s.authorities.behaviour["http://one"] = "good";
    CHECK(must(s.run_once()) == 2);
    CHECK(s.stamper->admits());
    CHECK_FALSE(std::filesystem::exists(s.settings.memory));
}

TEST_CASE("what is remembered of a failure does not refuse messages when") {
    Stamping s;
    s.settings.acceptable_failure = std::chrono::seconds(100);
    s.settings.memory = s.folder / "failing-since";
    std::string remembered = "2026-02-02T09:00:00.000Z\n";
    int waiting = 1;
    SUBCASE("no record waits any more") { waiting = 0; }
    SUBCASE("it is no moment in time") { remembered = "yesterday\n"; }
    SUBCASE("it lies in the future, for the clock went back") { remembered = "2026-02-02T12:00:00.000Z\n"; }
    write_file(s.settings.memory, remembered);
    s.append_sealed(waiting);
    s.restart();
    CHECK(s.stamper->admits());
}

TEST_CASE("where each message waits for its stamp, a failure of the past refuses none, and a single stamp is had") {
    Stamping s;
    s.settings.acceptable_failure = std::chrono::seconds(100);
    s.settings.immediately = true;
    s.restart();
    s.log->stamp_by([&s](std::uint64_t number) { return s.stamper->stamp_now({number}); });
    s.append_sealed(1);
    CHECK(s.log->health().unstamped == 0);
    CHECK(s.verdict(1).variant == "V1");
    s.append_sealed(1);
    CHECK(s.authorities.asked.size() == 2);  // one token each

    s.authorities.behaviour = {{"http://one", "is silent"}, {"http://two", "refuses"}};
    const auto failed = outcome_of(s.log->append(sealed(request("late"), s.authorities.member)));
    REQUIRE_FALSE(failed);
    CHECK(failed.error().wire_code() == "logging_failed.timestamping_failed");
    CHECK(contains(failed.error().detail, "http://two: mlog.timestamp_non_granted_response"));
    CHECK(s.log->health().unstamped == 1);  // the record stays, and is stamped later
    REQUIRE_FALSE(s.run_once());
    s.clock.advance(std::chrono::hours(10));
    CHECK(s.stamper->admits());
    s.authorities.behaviour["http://one"] = "good";
    CHECK(must(s.run_once()) == 1);
    CHECK(s.verdict(3).verdict == "valid");
}

TEST_CASE("a message that was refused is not stamped, immediately or later") {
    Stamping s;
    s.log->stamp_by([&s](std::uint64_t number) { return s.stamper->stamp_now({number}); });
    auto refused = sealed(request("m"), s.authorities.member);
    refused.outcome = "server.serverproxy.access_denied";
    append(*s.log, std::move(refused));
    CHECK(s.authorities.asked.empty());
    CHECK(must(s.run_once()) == 0);
}

TEST_CASE("a backlog is stamped in bounded batches once somebody stamps again") {
    Stamping s;
    s.settings.batch = 4;
    s.restart();
    s.authorities.behaviour = {{"http://one", "is silent"}, {"http://two", "is silent"}};
    s.append_sealed(11);
    REQUIRE_FALSE(s.run_once());
    s.authorities.asked.clear();
    s.authorities.behaviour["http://one"] = "good";
    CHECK(must(s.run_once()) == 11);
    CHECK(s.authorities.asked.size() == 4);  // 1, 4, 4, 2
    CHECK(s.log->health().unstamped == 0);
    for (std::uint64_t number = 1; number <= 11; ++number) CHECK(s.verdict(number).verdict == "valid");
}

TEST_CASE("a server that stops ends between two batches, and the rest waits on disk") {
    Stamping s;
    s.settings.batch = 2;
    s.restart();
    s.append_sealed(6);
    s.stamper->stop();
    CHECK(must(s.run_once()) == 2);
    CHECK(s.log->health().unstamped == 4);
    s.restart();
    CHECK(must(s.run_once()) == 4);
}

TEST_CASE("without any authority every message is refused") {
    Stamping s;
    s.settings.authorities.clear();  // and none is approved with a URL that the test answers
    auto parameters = shared_parameters(s.authorities.member.authority);
    auto snapshot = std::make_shared<registry_view::Snapshot>(*s.view.current());
    snapshot->trust = trust_of(std::move(parameters));
    s.view.set(snapshot);
    SUBCASE("none is approved") {}
    SUBCASE("none is of the wanted kind") {
        s.settings.authorities = {"http://one"};
        s.settings.preference = Preference::only_free;
    }
    s.settings.immediately = true;
    for (int i = 0; i < 2; ++i) {
        s.restart();
        const auto admitted = s.stamper->admits();
        REQUIRE_FALSE(admitted);
        CHECK(admitted.error().code == FaultCode::mlog_no_timestamping_provider_found);
        s.settings.immediately = false;
    }
}

TEST_CASE("an expired configuration stamps nothing and asks nobody") {
    Stamping s;
    s.append_sealed(2);
    s.clock.advance(std::chrono::hours(25));
    const auto failed = s.run_once();
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == FaultCode::global_conf_outdated);
    CHECK(s.authorities.asked.empty());
    CHECK(s.stamper->state().failing_since);
}

TEST_CASE("the oldest record without a stamp tells how long a stamp still serves") {
    Stamping s;
    CHECK_FALSE(s.stamper->state().stamp_before);
    s.authorities.behaviour = {{"http://one", "is silent"}, {"http://two", "is silent"}};
    s.append_sealed(2);
    REQUIRE_FALSE(s.run_once());
    CHECK(s.stamper->state().stamp_before == test_time() + std::chrono::hours(1));  // as long as OCSP answers are fresh
    s.authorities.behaviour["http://one"] = "good";
    must(s.run_once());
    must(s.run_once());
    CHECK_FALSE(s.stamper->state().stamp_before);
}

TEST_CASE("records can be stamped on request, one by one, and keep their first stamp") {
    Stamping s;
    s.append_sealed(3);
    must(outcome_of(s.stamper->stamp_now({2, 3})));
    CHECK(s.log->health().unstamped == 1);
    CHECK(s.verdict(2).variant == "V1");
    const auto first = must(exported(*s.log, 2));
    must(outcome_of(s.stamper->stamp_now({2})));
    CHECK(must(exported(*s.log, 2)) == first);
    CHECK(must(s.run_once()) == 1);
}

TEST_CASE("the time between two runs is") {
    Stamping s;
    const struct {
        const char* why;
        int own, configured, retry;
        bool failing;
        int seconds;
    } rows[] = {
        {"what the private parameters say", 0, 90, 60, false, 90},
        {"what the operator says, from one second", 1, 90, 60, false, 1},
        {"at least one second", 0, 0, 60, false, 1},
        {"at most a day", 0, 1'000'000, 60, false, 86'400},
        {"the retry delay after a failure", 0, 90, 5, true, 5},
        {"the interval after a failure, when that is shorter", 3, 90, 5, true, 3},
        {"the interval after a failure without a retry delay", 0, 90, 0, true, 90},
    };
    for (const auto& row : rows) SUBCASE(row.why) {
            s.settings.interval = std::chrono::seconds(row.own);
            s.settings.retry_delay = std::chrono::seconds(row.retry);
            auto snapshot = std::make_shared<registry_view::Snapshot>(*s.view.current());
            snapshot->private_parameters.time_stamping_interval_seconds = row.configured;
            s.view.set(snapshot);
            s.restart();
            if (row.failing) {
                s.authorities.behaviour = {{"http://one", "is silent"}, {"http://two", "is silent"}};
                s.append_sealed(1);
                REQUIRE_FALSE(s.run_once());
            }
            CHECK(s.stamper->delay().count() == row.seconds);
        }
}

TEST_CASE("in the background records are stamped until it is told to stop") {
    Stamping s;
    s.append_sealed(2);
    boost::asio::io_context context;
    spawn(context, s.stamper->run());
    std::thread watching([&] {
        while (s.log->health().unstamped > 0) std::this_thread::yield();
        s.stamper->stop();
    });
    context.run();  // ends when the story does
    watching.join();
    CHECK(s.verdict(1).verdict == "valid");
}

TEST_CASE("a stamp on request ends the pause after a failure, and the others follow at once") {
    Stamping s;
    s.settings.interval = s.settings.retry_delay = std::chrono::hours(1);
    s.restart();
    s.authorities.behaviour = {{"http://one", "is silent"}, {"http://two", "is silent"}};
    s.append_sealed(3);
    boost::asio::io_context context;
    spawn(context, s.stamper->run());
    std::thread watching([&] {
        while (!s.stamper->state().failing_since) std::this_thread::yield();
        s.authorities.behaviour["http://one"] = "good";
        must(outcome_of(s.stamper->stamp_now({2})));
        while (s.log->health().unstamped > 0) std::this_thread::yield();
        s.stamper->stop();
    });
    context.run();
    watching.join();
    CHECK(s.verdict(1).verdict == "valid");
    CHECK(s.verdict(3).verdict == "valid");
}
