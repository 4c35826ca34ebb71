#include "security-server/records/message_log.hpp"

#include "schemas/base/failpoint.hpp"
#include "schemas/store/database.hpp"
#include "security-server/records/tables.hpp"
#include "tests/security-server/records/samples.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/spawn.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include <numeric>
#include <set>
#include <thread>

using namespace onceway;
using namespace onceway::records;
using namespace onceway::tests;

namespace {

store::Database tables_of(const std::filesystem::path& folder) {
    return must(store::Database::open({.path = folder / "messages.db", .migrations = log_tables}));
}

std::size_t files_in(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

Fault refused(MessageLog& log, Record record) {
    auto number = outcome_of(log.append(std::move(record)));
    REQUIRE_FALSE(number);
    return number.error();
}

}  // namespace

TEST_CASE("records are numbered from one without a gap, refusals included, and go on after a restart") {
    const TemporaryFolder folder;
    {
        auto log = open_log(folder.path());
        CHECK(append(*log, with_evidence(request("a"))) == 1);
        auto refusal = request("b");
        refusal.outcome = "server.serverproxy.access_denied";
        CHECK(append(*log, refusal) == 2);
        CHECK(append(*log, with_evidence(request("c"))) == 3);
        CHECK(log->health().last_number == 3);
        CHECK(log->health().unstamped == 2);
    }
    auto log = open_log(folder.path());
    CHECK(log->health().last_number == 3);
    CHECK(log->health().unstamped == 2);
    CHECK(log->health().oldest_unstamped == test_time());
    CHECK(append(*log, with_evidence(request("d"))) == 4);
}

TEST_CASE("a record is found by its message id and its local party, and says what it is") {
    const TemporaryFolder folder;
    auto log = open_log(folder.path());
    auto asked = with_evidence(request("id-1"));
    auto answered = asked;
    answered.direction = Direction::response;
    auto served = asked;
    served.side = Side::provider;
    for (const auto& record : {asked, answered, served, with_evidence(request("id-2"))}) append(*log, record);

    const auto found = must(log->find(consumer, "id-1"));
    REQUIRE(found.size() == 2);
    CHECK(found[0].number == 1);
    CHECK(found[0].side == Side::client);
    CHECK(found[0].direction == Direction::request);
    CHECK(found[1].direction == Direction::response);
    CHECK(found[0].message_id == "id-1");
    CHECK(found[0].request_id == asked.request_id);
    CHECK(found[0].outcome == "accepted");
    CHECK(found[0].at == test_time());
    CHECK_FALSE(found[0].stamped);
    CHECK(must(log->find(service.provider, "id-1")).size() == 1);
    CHECK(must(log->find(consumer, "id-3")).empty());
    CHECK(must(log->find(consumer, "ID-1")).empty());
}

TEST_CASE("what was refused, or never had a signature, is recorded but is no signed document") {
    const TemporaryFolder folder;
    auto log = open_log(folder.path());
    auto refusal = with_evidence(request("id-1"));
    refusal.outcome = "access_denied";
    append(*log, refusal);
    append(*log, request("id-1"));
    CHECK(must(log->find(consumer, "id-1")).empty());
    CHECK(must(log->unstamped(10)).empty());
    CHECK(log->health().unstamped == 0);
}

TEST_CASE("a request id that is no UUID comes back as it was") {
    const TemporaryFolder folder;
    auto log = open_log(folder.path());
    const std::string ids[] = {"",
                               "x",
                               "6A60C558-16F1-40F0-8450-7CAEFEED3225",
                               "6a60c55816f140f084507caefeed3225",
                               "6a60c558-16f1-40f0-8450-7caefeed3225",
                               "0123456789abcdef"};
    for (const auto& id : ids) {
        auto record = with_evidence(request("m"));
        record.request_id = id;
        append(*log, record);
    }
    const auto found = must(log->find(consumer, "m"));
    REQUIRE(found.size() == std::size(ids));
    for (std::size_t i = 0; i < found.size(); ++i) CHECK(found[i].request_id == ids[i]);
}

namespace {

/// Appends `count` records one after the other; notes their numbers, and whether each came back where it was asked.
boost::asio::awaitable<void> append_many(MessageLog& log, std::string prefix, int count,
                                         std::vector<std::uint64_t>& numbers, bool& at_home) {
    const auto home = std::this_thread::get_id();
    for (int i = 0; i < count; ++i) {
        auto record = with_evidence(request(prefix + std::to_string(i)));
        auto number = co_await log.append(std::move(record));
        at_home = at_home && number && std::this_thread::get_id() == home;
        if (number) numbers.push_back(*number);
    }
}

}  // namespace

TEST_CASE("many who wait are committed together, and each goes on where it came from") {
    constexpr int stories = 40, each = 25;
    const TemporaryFolder folder;
    auto log = open_log(folder.path());
    std::vector<std::vector<std::uint64_t>> numbers(2 * stories);
    bool at_home[2 * stories];
    std::vector<std::thread> threads;
    for (int side = 0; side < 2; ++side)
        threads.emplace_back([&, side] {
            boost::asio::io_context context;
            for (int i = side * stories; i < (side + 1) * stories; ++i) {
                at_home[i] = true;
                spawn(context, append_many(*log, std::to_string(i) + "-", each, numbers[static_cast<std::size_t>(i)],
                                           at_home[i]));
            }
            context.run();
        });
    for (auto& thread : threads) thread.join();

    std::set<std::uint64_t> all;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        CHECK(at_home[i]);
        CHECK(std::is_sorted(numbers[i].begin(), numbers[i].end()));
        all.insert(numbers[i].begin(), numbers[i].end());
    }
    CHECK(all.size() == 2 * stories * each);
    CHECK(*all.begin() == 1);
    CHECK(*all.rbegin() == all.size());
    CHECK(must(log->find(consumer, "7-3")).size() == 1);
}

TEST_CASE("a closing log commits what is queued and tells who waited") {
    const TemporaryFolder folder;
    std::optional<Result<std::uint64_t>> outcome;
    boost::asio::io_context context;
    {
        auto log = open_log(folder.path());
        spawn(context, keep_result(log->append(with_evidence(request("a"))), &outcome));
        context.run_one();  // as far as the queue
    }
    context.run();
    REQUIRE(outcome);
    CHECK(must(std::move(*outcome)) == 1);
    CHECK(open_log(folder.path())->health().last_number == 1);
}

TEST_CASE("the gate is asked before an accepted record is taken, and its word is within logging_failed") {
    const TemporaryFolder folder;
    auto log = open_log(folder.path());
    bool closed = true;
    log->admit_by([&]() -> Result<void> {
        if (closed) return fault(FaultCode::timestamping_failed, "Cannot time-stamp messages");
        return {};
    });
    CHECK(refused(*log, with_evidence(request("a"))).wire_code() == "logging_failed.timestamping_failed");
    auto refusal = request("b");
    refusal.outcome = "access_denied";
    CHECK(append(*log, refusal) == 1);
    closed = false;
    CHECK(append(*log, with_evidence(request("a"))) == 2);
}

TEST_CASE("a body lies in the database up to 256 KiB, and beside it above") {
    const TemporaryFolder folder;
    auto log = open_log(folder / "log");
    const struct {
        std::size_t octets;
        std::size_t files;
    } rows[] = {{1, 0}, {64 * 1024, 0}, {100'000, 0}, {256 * 1024, 0}, {256 * 1024 + 1, 1}, {3'000'000, 2}};
    for (const auto& [octets, files] : rows) {
        CAPTURE(octets);
        append(*log, with_evidence(request("m", body_of(random_octets(octets), folder.path()))));
        CHECK(files_in(folder / "log/bodies") == files);
    }
}

TEST_CASE("a body over the limit is refused, one at the limit is not") {
    const TemporaryFolder folder;
    auto log = open_log(folder / "log", 1'000);
    const auto fault = refused(*log, with_evidence(request("m", body_of(random_octets(1'001), folder.path()))));
    CHECK(fault.wire_code() == "logging_failed");
    CHECK(contains(fault.detail, "at most 1000"));
    CHECK(append(*log, with_evidence(request("m", body_of(random_octets(1'000), folder.path())))) == 1);
}

TEST_CASE("files in the folder of bodies that no record names are removed behind the opening; the others stay") {
    const TemporaryFolder folder;
    append(*open_log(folder / "log"), with_evidence(request("m", body_of(random_octets(300'000), folder.path()))));
    write_file(folder / "log/bodies/left-by-a-crash", "half a body");
    REQUIRE(files_in(folder / "log/bodies") == 2);
    const auto log = open_log(folder / "log");
    append(*log, with_evidence(request("m", body_of(random_octets(300'000), folder.path()))));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (files_in(folder / "log/bodies") > 2 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    CHECK(files_in(folder / "log/bodies") == 2);
    CHECK_FALSE(std::filesystem::exists(folder / "log/bodies/left-by-a-crash"));
}

TEST_CASE("a log is not opened when") {
    const TemporaryFolder folder;
    {
        auto log = open_log(folder / "log");
        for (int i = 0; i < 5; ++i) append(*log, with_evidence(request("m")));
        append(*log, with_evidence(request("m", body_of(random_octets(300'000), folder.path()))));
    }
    const auto body = std::filesystem::directory_iterator(folder / "log/bodies")->path();
    std::string_view says;
    SUBCASE("nothing is wrong: it is") {}
    SUBCASE("a number is missing") {
        tables_of(folder / "log").execute("DELETE FROM pack WHERE first = 3");
        says = "the pack of record 4 is not what was written there, or the one before it is missing";
    }
    SUBCASE("the body of one of the last records is missing") {
        std::filesystem::remove(body);
        says = "cannot be found";
    }
    SUBCASE("the body of one of the last records has another size") {
        std::filesystem::resize_file(body, 299'999);
        says = "should hold 300000";
    }
    SUBCASE("the tables are no database") {
        write_file(folder / "log/messages.db", std::string(8192, 'x'));
        says = "messages.db";
    }
    const auto log = MessageLog::open({folder / "log", 0}, Clock::system());
    if (says.empty()) {
        CHECK(log);
        return;
    }
    REQUIRE_FALSE(log);
    CHECK(log.error().code == FaultCode::database_error);
    CHECK(contains(log.error().detail, says));
}

TEST_CASE("the search index is made again when it") {
    const TemporaryFolder folder;
    constexpr int records = 30;
    {
        auto log = open_log(folder.path());
        for (int i = 0; i < records; ++i) append(*log, with_evidence(request("id-" + std::to_string(i))));
    }
    const auto index = folder / "index.db";
    SUBCASE("is as it was left") {}
    SUBCASE("is gone") { std::filesystem::remove(index); }
    SUBCASE("is damaged") { write_file(index, std::string(8192, 'x')); }
    SUBCASE("knows more than the log has") {
        auto database = must(store::Database::open({.path = index, .migrations = index_tables}));
        database.execute("UPDATE filled SET up_to = 1000");
    }
    auto log = open_log(folder.path());
    for (int i = 0; i < records; ++i) CHECK(must(log->find(consumer, "id-" + std::to_string(i))).size() == 1);
}

TEST_CASE("records are found whether the index holds them already or not") {
    const TemporaryFolder folder;
    constexpr std::uint64_t records = 6'100;  // the index takes two thousand at a time
    const auto check = [](MessageLog& log) {
        for (const auto number : {1u, 1'999u, 2'000u, 2'001u, 4'000u, 6'100u}) {
            const auto found = must(log.find(consumer, "id-" + std::to_string(number)));
            REQUIRE(found.size() == 1);
            CHECK(found.front().number == number);
        }
    };
    {
        auto log = open_log(folder.path());
        boost::asio::io_context context;
        std::vector<std::optional<Result<std::uint64_t>>> outcomes(records);
        for (std::uint64_t i = 1; i <= records; ++i) {
            auto story = log->append(with_evidence(request("id-" + std::to_string(i))));
            spawn(context, keep_result(std::move(story), &outcomes[i - 1]));
        }
        context.run();
        REQUIRE(log->health().last_number == records);
        check(*log);
    }
    const auto filled = [&] {
        auto database = must(store::Database::open({.path = folder / "index.db", .migrations = index_tables}));
        auto up_to = database.prepare("SELECT up_to FROM filled");
        REQUIRE(up_to.step());
        return up_to.number(0);
    };
    check(*open_log(folder.path()));
    CHECK(filled() >= 4'000);

    // Made again behind the scenes, when much is missing: what is asked meanwhile is found as well.
    std::filesystem::remove(folder / "index.db");
    auto log = open_log(folder.path());
    check(*log);
    CHECK(append(*log, with_evidence(request("id-new"))) == records + 1);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (filled() < 6'100 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    CHECK(filled() == 6'100);
    check(*log);
    CHECK(must(log->find(consumer, "id-new")).size() == 1);
}

TEST_CASE("after a broken disk nothing is acknowledged any more until the log is opened again") {
    const TemporaryFolder folder;
    auto log = open_log(folder.path());
    append(*log, with_evidence(request("before")));
    std::optional<Result<std::uint64_t>> outcome;
    {
        const failpoint::Set cable_lost("sqlite.sync@messages.db=fail");  // once only: a failed sync is not tried again
        outcome = outcome_of(log->append(with_evidence(request("during"))));
    }
    const auto& first = *outcome;
    REQUIRE_FALSE(first);
    CHECK(first.error().wire_code() == "logging_failed.database_error");
    CHECK(contains(first.error().detail, "restart the server"));
    CHECK_FALSE(log->health().writable);
    CHECK(contains(log->health().trouble, "check the disk"));
    CHECK(refused(*log, with_evidence(request("after"))).wire_code() == "logging_failed.database_error");
    log.reset();
    log = open_log(folder.path());
    CHECK(log->health().writable);
    const auto number = append(*log, with_evidence(request("again")));
    CHECK(number == log->health().last_number);
    CHECK(must(log->find(consumer, "before")).size() == 1);
    CHECK(must(log->find(consumer, "after")).empty());
}
