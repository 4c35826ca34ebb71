// Every kept input of every fuzz target, replayed: a finding stays found.
#include "schemas/store/database.hpp"
#include "tests/fuzz/target.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace onceway;

TEST_CASE("every fuzz target survives its corpus, the empty input and its own cuts") {
    REQUIRE(fuzz::targets().size() >= 30);
    for (const auto& [name, target] : fuzz::targets()) {
        SUBCASE(name.c_str()) {
            target("");
            const auto folder = std::filesystem::path(ONCEWAY_SOURCE_DIR) / "tests/corpus" / name;
            REQUIRE_MESSAGE(std::filesystem::is_directory(folder), "a target has seeds in tests/corpus/", name);
            int inputs = 0;
            for (const auto& entry : std::filesystem::directory_iterator(folder)) {
                const auto octets = store::read_whole(entry.path(), 1024 * 1024);
                REQUIRE(octets);
                target(*octets);
                for (std::size_t cut = 1; cut < octets->size(); cut = cut * 2 + 1)
                    target(OctetsView(*octets).substr(0, cut));
                ++inputs;
            }
            CHECK(inputs > 0);
        }
    }
}
