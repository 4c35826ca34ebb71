// What the disk may do to the log: the n-th step fails, once or from then on, for every n until a run is clean.
// Whatever was acknowledged is there afterwards, once, under its number.
#include "schemas/base/failpoint.hpp"
#include "security-server/records/message_log.hpp"
#include "security-server/records/store.hpp"
#include "tests/security-server/records/samples.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/spawn.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <boost/asio/io_context.hpp>

#include <map>
#include <set>
#include <thread>

using namespace onceway;
using namespace onceway::records;
using namespace onceway::tests;

namespace {

using Acknowledged = std::map<std::string, std::uint64_t>;  // message id and number

/// A folder in memory where there is one: the sweep makes thousands of syncs, and is about their order.
struct QuickFolder {
    QuickFolder() {
        std::error_code none;
        if (!std::filesystem::is_directory("/dev/shm", none)) return;
        path = "/dev/shm/onceway-test-" + random_uuid();
        std::filesystem::create_directory(path);
    }
    ~QuickFolder() {
        std::error_code ignored;
        if (!path.empty()) std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path operator/(const char* name) const { return (path.empty() ? other.path() : path) / name; }

    TemporaryFolder other;
    std::filesystem::path path;
};

void note(MessageLog& log, std::vector<Record> group, Acknowledged& acknowledged) {
    boost::asio::io_context context;
    std::vector<std::optional<Result<std::uint64_t>>> outcomes(group.size());
    for (std::size_t i = 0; i < group.size(); ++i)
        spawn(context, keep_result(log.append(group[i]), &outcomes[i]), Thrown::is_ignored);
    context.run();
    for (std::size_t i = 0; i < group.size(); ++i)
        if (outcomes[i] && *outcomes[i]) acknowledged.emplace(group[i].message_id, **outcomes[i]);
}

/// Appends a record alone, one with a large body and a few together, as far as the disk lets it, and closes the log.
Acknowledged use(const std::filesystem::path& folder, const std::filesystem::path& spool) {
    static const std::string large = random_octets(300'000);
    Acknowledged acknowledged;
    auto opened = MessageLog::open({folder, 0}, Clock::system());
    if (!opened) return acknowledged;
    auto& log = **opened;
    note(log, {with_evidence(request("alone"))}, acknowledged);
    note(log, {with_evidence(request("large", body_of(large, spool)))}, acknowledged);
    note(log,
         {with_evidence(request("one of three")), with_evidence(request("two of three")),
          with_evidence(request("three of three"))},
         acknowledged);
    note(log, {with_evidence(request("last"))}, acknowledged);
    return acknowledged;
}

/// Opens the log again, on a disk that works, and reads all of it.
void check(const std::filesystem::path& folder, const Acknowledged& acknowledged) {
    auto log = MessageLog::open({folder, 0}, Clock::system());
    REQUIRE_MESSAGE(log, log.error().detail);
    const auto last = (*log)->health().last_number;
    for (const auto& [id, number] : acknowledged) {
        CAPTURE(id);
        const auto found = must((*log)->find(consumer, id));
        REQUIRE(found.size() == 1);
        CHECK(found.front().number == number);
        CHECK(number <= last);
    }
    auto reader = must(StoreReader::open(folder / "messages.db"));
    std::set<std::string> ids;
    for (std::uint64_t number = 1; number <= last; ++number) {
        const auto row = must(reader->row(number, true));
        REQUIRE(row);
        CHECK(ids.insert(row->stored.message_id).second);
    }
    CHECK(append(**log, with_evidence(request("afterwards"))) == last + 1);
}

}  // namespace

TEST_CASE("whatever step of the disk fails, once or for ever, no acknowledged record is lost or doubled:") {
    if (!failpoint::built) return;
    const char* steps[] = {"sqlite.write@messages.db",
                           "sqlite.sync@messages.db",
                           "sqlite.truncate@messages.db",
                           "sqlite.delete@messages.db",
                           "body.create",
                           "body.write",
                           "body.sync",
                           "body.sync_folder",
                           "log.commit"};
    QuickFolder folder;
    std::filesystem::create_directory(folder / "spool");
    must(MessageLog::open({folder / "model", 0}, Clock::system()));  // with its tables made
    for (const auto* step : steps)
        for (const auto* how : {"=fail", "+=fail", "+=full"}) SUBCASE(fmt::format("{}{}", step, how).c_str()) {
                int n = 0;
                for (bool struck = true; struck;) {
                    const auto setting = fmt::format("{}:{}{}", step, ++n, how);
                    CAPTURE(setting);
                    REQUIRE(n < 400);
                    std::filesystem::remove_all(folder / "log");
                    std::filesystem::copy(folder / "model", folder / "log", std::filesystem::copy_options::recursive);
                    Acknowledged acknowledged;
                    {
                        const failpoint::Set set(setting);
                        acknowledged = use(folder / "log", folder / "spool");
                        struck = set.struck() > 0;
                    }
                    check(folder / "log", acknowledged);
                    if (!struck) CHECK(acknowledged.size() == 6);
                }
            }
}

TEST_CASE(
    "after one failed sync nothing is acknowledged, though the next would succeed, until the log is opened again") {
    if (!failpoint::built) return;
    const TemporaryFolder folder;
    auto log = open_log(folder.path());
    const auto first = append(*log, with_evidence(request("before")));
    Acknowledged acknowledged;
    {
        const failpoint::Set once("sqlite.sync@messages.db=fail");
        note(*log, {with_evidence(request("during"))}, acknowledged);
        CHECK(once.struck() == 1);
    }
    for (const auto* id : {"after", "long after"}) note(*log, {with_evidence(request(id))}, acknowledged);
    CHECK(acknowledged.empty());
    CHECK_FALSE(log->health().writable);
    CHECK(contains(log->health().trouble, "restart the server"));
    log.reset();
    log = open_log(folder.path());
    CHECK(must(log->find(consumer, "before")).front().number == first);
    const auto last = log->health().last_number;
    CHECK(append(*log, with_evidence(request("again"))) == last + 1);
}

TEST_CASE("a failed sync of the database file, which happens behind the commits, is as final as one of its log") {
    if (!failpoint::built) return;
    const TemporaryFolder folder;
    auto store = must(StoreWriter::open(folder / "messages.db"));
    std::uint64_t number = 0;
    const auto commit = [&] {
        auto record = with_evidence(request("m"));
        record.message = random_octets(5'000'000, static_cast<std::uint32_t>(number));
        store->commit([&] { store->insert(++number, {record, std::nullopt, nullptr}); });
    };
    commit();
    {
        const failpoint::Set once("sqlite.sync@messages.db:2=fail");  // the first one is of the log
        CHECK_THROWS_AS(store->checkpoint_when_due(), store::StoreBroken);
        CHECK(once.struck() == 1);
    }
    CHECK_THROWS_AS(store->checkpoint_when_due(), store::StoreBroken);
    CHECK_THROWS_AS(commit(), store::StoreBroken);
    store.reset();
    CHECK(std::filesystem::file_size(folder / "messages.db-wal") > 5'000'000);  // left for the next opening
    store = must(StoreWriter::open(folder / "messages.db"));
    CHECK(store->last_number() == 1);
    number = 1;
    commit();
    CHECK(must(must(StoreReader::open(folder / "messages.db"))->row(2, false))->message.size() == 5'000'000);
}

TEST_CASE("a full disk refuses within a second, says so, and is left behind within five") {
    if (!failpoint::built) return;
    using Seconds = std::chrono::duration<double>;
    const auto now = [] { return std::chrono::steady_clock::now(); };
    const TemporaryFolder folder;
    auto log = open_log(folder.path());
    append(*log, with_evidence(request("before")));
    Acknowledged acknowledged;
    {
        const failpoint::Set full("sqlite.write@messages.db+=full");
        const auto asked = now();
        note(*log, {with_evidence(request("during")), with_evidence(request("as well"))}, acknowledged);
        CHECK(Seconds(now() - asked).count() < 1);
        CHECK(acknowledged.empty());
        CHECK_FALSE(log->health().writable);
        CHECK(contains(log->health().trouble, "Make room on the disk"));
    }
    const auto room_again = now();
    while (!log->health().writable && Seconds(now() - room_again).count() < 10) std::this_thread::yield();
    CHECK(Seconds(now() - room_again).count() < 5);
    CHECK(append(*log, with_evidence(request("again"))) == 2);
    CHECK(must(log->find(consumer, "during")).empty());
}
