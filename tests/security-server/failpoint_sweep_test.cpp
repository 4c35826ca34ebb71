// Every step that can fail fails, at its first, second, third … time, until an exchange met it no more. Whatever
// failed: who saw success has its four records, a system that was called has the request in both logs, nothing is done
// or recorded twice, every refused call has a fault code, and both logs are whole. Promises P1, P2, P8.
#include "schemas/base/failpoint.hpp"
#include "security-server/records/store.hpp"
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// How many accepted records a log holds of each message and direction. It must be whole.
struct WholeLog {
    explicit WholeLog(const std::filesystem::path& folder) {
        auto reader = records::StoreReader::open(folder / "log" / "messages.db");
        REQUIRE(reader);
        const auto tail = (*reader)->check_tail();
        REQUIRE_MESSAGE(tail, tail.error().detail);
        for (std::uint64_t number = 1;; ++number) {
            const auto row = (*reader)->row(number, true);
            REQUIRE_MESSAGE(row, row.error().detail);
            if (!*row) break;
            if ((*row)->seal != 0) {
                const auto documents = (*reader)->documents(**row);
                REQUIRE_MESSAGE(documents, documents.error().detail);
            }
            last = number;
            if ((*row)->stored.outcome == "accepted") ++records[{(*row)->stored.message_id, (*row)->stored.direction}];
        }
    }
    int count(const std::string& message_id, records::Direction direction) const {
        const auto found = records.find({message_id, direction});
        return found == records.end() ? 0 : found->second;
    }
    std::map<std::pair<std::string, records::Direction>, int> records;
    std::uint64_t last = 0;
};

struct Outcome {
    bool answered = false;
    int status = 0;
    std::string fault;
    std::chrono::milliseconds took{};
};

Outcome ask(World& world, const std::string& id, std::size_t octets) {
    const auto begun = std::chrono::steady_clock::now();
    const auto answer = octets == 0
                            ? world.get("/1", {{"X-Road-Id", id}})
                            : world.call("POST", World::target("/1"), {{"X-Road-Id", id}}, std::string(octets, 'q'));
    Outcome outcome{.answered = answer.has_value()};
    outcome.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    if (!answer) return outcome;
    outcome.status = answer->status;
    outcome.fault = std::string(message::field(answer->fields, "X-Road-Error").value_or(""));
    return outcome;
}

int executed(World& world, const std::string& id) {
    int times = 0;
    for (const auto& seen : world.seen_by_service())
        times += message::field(seen.head.fields, "X-Road-Id") == id ? 1 : 0;
    return times;
}

void check_promises(World& world, const std::vector<std::pair<std::string, Outcome>>& calls) {
    using records::Direction;
    const WholeLog asking(world.folder / "ss1"), answering(world.folder / "ss2");
    for (const auto& [id, outcome] : calls) {
        CAPTURE(id);
        const int times = executed(world, id);
        CHECK(times <= 1);
        for (const auto* log : {&asking, &answering})
            for (const auto direction : {Direction::request, Direction::response})
                CHECK(log->count(id, direction) <= 1);
        if (times == 1 || outcome.status == 200) {
            CHECK(asking.count(id, Direction::request) == 1);
            CHECK(answering.count(id, Direction::request) == 1);
        }
        if (outcome.status == 200) {
            CHECK(times == 1);
            CHECK(asking.count(id, Direction::response) == 1);
            CHECK(answering.count(id, Direction::response) == 1);
        }
    }
}

bool broken(World& world) {
    return !world.consumer_server.log->health().writable || !world.provider_server.log->health().writable;
}

/// One point and one action. A world serves until its disk broke.
class Sweep {
public:
    Sweep(std::string_view point, bool pooled)
        : point_(point), pooled_(pooled), large_(point.starts_with("body.") || point.starts_with("payload.")) {}

    /// n = 1, 2, 3 … until a run is clean; gives the number of runs.
    int until_clean(std::string_view action) {
        for (int n = 1;; ++n) {
            REQUIRE(n < 100);
            if (!strike(fmt::format("{}:{}={}", point_, n, action))) return n;
        }
    }
    /// One run; true when something was struck.
    bool strike(const std::string& setting) {
        CAPTURE(setting);
        if (!world_) world_.emplace(World::Wishes{.pooled = pooled_});
        calls_.clear();
        call("before");
        REQUIRE(calls_.back().second.status == 200);
        std::uint64_t struck = 0;
        {
            const failpoint::Set set(setting);
            call("during");
            struck = set.struck();
        }
        call("after");
        const auto& last = calls_.back().second;
        // What the network did is over with it; a disk that broke is never trusted again.
        if (broken(*world_))
            CHECK(contains(last.fault, "database_error"));
        else
            CHECK(last.status == 200);
        check_promises(*world_, calls_);
        if (struck == 0)
            for (const auto& [id, outcome] : calls_) CHECK(outcome.status == 200);
        if (broken(*world_)) world_.reset();
        return struck > 0;
    }

private:
    void call(std::string_view when) {
        auto id = fmt::format("{} {}", when, ++number_);
        const auto outcome = ask(*world_, id, large_ ? 270'000 : 0);
        // P8: an answer with a code, in time; only who cannot be answered any more is left alone.
        if (point_ != "client.answer") {
            CHECK(outcome.answered);
            if (outcome.status != 200) CHECK(outcome.fault.starts_with("server."));
        }
        CHECK(outcome.took < std::chrono::seconds(3));
        calls_.emplace_back(std::move(id), outcome);
    }

    std::string_view point_;
    bool pooled_, large_;
    int number_ = 0;
    std::optional<World> world_;
    std::vector<std::pair<std::string, Outcome>> calls_;
};

/// Every point whose name begins so: each time once, and from the first time on; the disk also full.
void sweep(std::string_view prefix, bool disk) {
    if (!failpoint::built) {
        MESSAGE("skipped: a release build has no failpoints");
        return;
    }
    int runs = 0;
    for (const auto& row : failpoint::table) {
        if (!row.fails || !row.name.starts_with(prefix)) continue;
        CAPTURE(row.name);
        Sweep point(row.name, runs % 2 == 1);
        runs += point.until_clean("fail");
        runs += disk ? 3 : 1;
        point.strike(fmt::format("{}+=fail", row.name));
        if (disk) point.strike(fmt::format("{}=full", row.name));
        if (disk) point.strike(fmt::format("{}+=full", row.name));
    }
    CHECK(runs > 1);
    MESSAGE(runs << " runs");
}

}  // namespace

TEST_CASE("whatever the network does between two servers, promises hold and calls are answered") {
    sweep("peer.", false);
}

TEST_CASE("whatever the network does towards information systems, promises hold and calls are answered") {
    sweep("service.", false);
    sweep("client.", false);
}

TEST_CASE("whichever write, sync or file of a large body fails, promises hold and calls are answered") {
    sweep("payload.", true);
    sweep("body.", true);
}

TEST_CASE("whichever commit fails, promises hold and calls are answered") { sweep("log.", true); }

TEST_CASE("whichever step of SQLite fails, promises hold and calls are answered") { sweep("sqlite.", true); }
