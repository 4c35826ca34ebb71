#include "security-server/records/pressed.hpp"

#include "tests/security-server/records/samples.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::records;
using namespace onceway::tests;

namespace {

Presser::Pressed press(Presser& presser, std::vector<OctetsView> sections) { return presser.press(sections); }

}  // namespace

TEST_CASE("octets come back as they were, in one piece, and what repeats takes less room") {
    Presser presser;
    std::string numbers;
    for (int i = 0; i < 20'000; ++i) numbers += std::to_string(i) + ' ';
    const auto noise = random_octets(100);
    for (const auto& plain : {std::string(1'000, 'a'), std::string(300'000, 'b'), numbers, std::string(200, 'c')}) {
        const auto pressed = press(presser, {noise, plain, ""});
        CHECK(pressed.plain == noise.size() + plain.size());
        CHECK(pressed.octets.size() < pressed.plain);
        CHECK(must(unpress(pressed.octets, pressed.plain)) == noise + plain);
    }
}

TEST_CASE("what would not become smaller stays as it is") {
    Presser presser;
    for (const std::size_t size : {0u, 1u, 2u, 100u, 70'000u}) {
        const auto octets = random_octets(size);
        const auto pressed = press(presser, {"a", octets});
        CHECK(pressed.plain == 0);
        CHECK(pressed.octets == "a" + octets);
    }
}

TEST_CASE("a damaged block is refused with a reason, and takes no room beforehand, when") {
    Presser presser;
    const std::string plain(1'000, 'a');
    const Octets block(press(presser, {plain}).octets);
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
