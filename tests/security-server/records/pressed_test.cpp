#include "security-server/records/pressed.hpp"

#include "tests/security-server/records/samples.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::records;
using namespace onceway::tests;

TEST_CASE("octets come back as they were, and what repeats takes less room") {
    Presser presser;
    std::string numbers;
    for (int i = 0; i < 20'000; ++i) numbers += std::to_string(i) + ' ';
    for (const auto& plain : {std::string(1'000, 'a'), std::string(300'000, 'b'), numbers, std::string(100, 'c')}) {
        const auto block = presser.press(plain);
        REQUIRE_FALSE(block.empty());
        CHECK(block.size() < plain.size());
        CHECK(must(unpress(block, plain.size())) == plain);
    }
}

TEST_CASE("what would not become smaller is not pressed") {
    Presser presser;
    for (const std::size_t size : {0u, 1u, 2u, 100u, 70'000u}) CHECK(presser.press(random_octets(size)).empty());
}

TEST_CASE("a damaged block is refused with a reason, and takes no room beforehand, when") {
    Presser presser;
    const std::string plain(1'000, 'a');
    const Octets block(presser.press(plain));
    const std::tuple<const char*, Octets, std::uint64_t, std::string_view> wrong[] = {
        {"it says that it holds more", block, 1'001, "1000 octets and not 1001"},
        {"it says that it holds less", block, 999, "zstd says"},
        {"it says that it holds more than a value can", block, std::uint64_t{1} << 40, "claims to hold"},
        {"it is empty", "", 5, "and not 5"},
        {"its end is missing", block.substr(0, block.size() - 1), 1'000, ""},
        {"it is noise", random_octets(500), 1'000, ""},
    };
    for (const auto& [why, octets, size, says] : wrong) SUBCASE(why) {
            const auto unpressed = unpress(octets, size);
            REQUIRE_FALSE(unpressed);
            CHECK(unpressed.error().code == FaultCode::database_error);
            CHECK(contains(unpressed.error().detail, says));
        }
}
