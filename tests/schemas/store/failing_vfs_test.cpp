// Every step of SQLite and of a file written whole is made to fail once, then for ever, until a run is clean.
#include "schemas/base/failpoint.hpp"
#include "schemas/base/log.hpp"
#include "schemas/store/database.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <set>

using namespace onceway;
using namespace onceway::store;
using namespace onceway::tests;

namespace {

constexpr Migration tables[] = {{1, "CREATE TABLE word (text TEXT NOT NULL UNIQUE)"}};

/// What a run over a failing disk was told is kept.
struct Told {
    std::set<std::string> kept;
    bool refused = false;
    bool went_on_after_broken = false;
};

Told write_words(const std::filesystem::path& path) {
    Told told;
    auto database = Database::open({.path = path, .migrations = tables});
    if (!database) return told.refused = true, told;
    bool broken = false;
    for (int i = 0; i < 3; ++i) {
        const auto word = fmt::format("{}-{}", i, std::string(900, 'w'));
        try {
            database->transaction([&] {
                auto add = database->prepare("INSERT INTO word (text) VALUES (?)");
                add.bind_text(1, word).step();
            });
            told.kept.insert(word);
            told.went_on_after_broken = told.went_on_after_broken || broken;
        } catch (const StoreBroken&) {
            told.refused = broken = true;
        } catch (const StoreError&) {
            told.refused = true;
        }
    }
    return told;
}

std::set<std::string> words_in(const std::filesystem::path& path) {
    auto database = Database::open({.path = path, .migrations = tables});  // looks for damage
    REQUIRE_MESSAGE(database, database.error().detail);
    auto all = database->prepare("SELECT text FROM word");
    std::set<std::string> words;
    while (all.step()) words.insert(all.text(0));
    return words;
}

}  // namespace

TEST_CASE("what a commit has confirmed is there, whichever step of SQLite fails, once or for ever") {
    if (!failpoint::built) {
        MESSAGE("skipped: a release build has no failpoints");
        return;
    }
    log::set_up(log::Level::error, log::Format::text);
    int runs = 0;
    for (const auto* point : {"sqlite.open", "sqlite.write", "sqlite.sync", "sqlite.truncate", "sqlite.delete"})
        for (const auto* action : {"=fail", "+=fail", "=full", "+=full"})
            for (int n = 1;; ++n) {
                const auto setting = fmt::format("{}:{}{}", point, n, action);
                CAPTURE(setting);
                const TemporaryFolder folder;
                std::uint64_t struck = 0;
                Told told;
                {
                    const failpoint::Set set(setting);
                    told = write_words(folder / "words.db");
                    struck = set.struck();
                }
                ++runs;
                const auto found = words_in(folder / "words.db");
                for (const auto& word : told.kept) CHECK(found.contains(word));
                CHECK_FALSE(told.went_on_after_broken);
                if (struck == 0) {
                    CHECK(told.kept.size() == 3);
                    break;
                }
                REQUIRE(n < 200);
            }
    CHECK(runs > 40);
}

TEST_CASE("a file is the old one or the new one, whichever step fails") {
    if (!failpoint::built) {
        MESSAGE("skipped: a release build has no failpoints");
        return;
    }
    struct {
        const char* point;
        const char* then;  // what the file holds afterwards
    } const steps[] = {{"file.create", "old"},
                       {"file.write", "old"},
                       {"file.sync", "old"},
                       {"file.rename", "old"},
                       {"file.sync_folder", "new"}};
    for (const auto& [point, then] : steps)
        for (const auto* action : {"=fail", "=full"}) {
            CAPTURE(point);
            const TemporaryFolder folder;
            const auto path = folder / "token.key";
            REQUIRE(write_whole(path, "old"));
            const failpoint::Set set(std::string(point) + "@token.key" + action);
            const auto written = write_whole(path, "new");
            REQUIRE_FALSE(written);
            CHECK(written.error().code == FaultCode::io_error);
            CHECK(contains(written.error().detail,
                           std::string_view(action) == "=full" ? "No space left" : "Input/output error"));
            CHECK(contents_of(path) == then);
            int entries = 0;
            for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++entries;
            CHECK(entries == 1);
        }
}
