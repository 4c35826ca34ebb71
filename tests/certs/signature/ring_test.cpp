// The bounded memory behind verifying: the newest is found first, the oldest gives way.
#include "certs/signature/ring.hpp"

#include <doctest/doctest.h>

#include <string>

using onceway::signature::Ring;

namespace {

struct Word {
    std::string text;
    int number;
};
constexpr auto any = [](const Word&) { return true; };

}  // namespace

TEST_CASE("an entry is found by its hint and by what it is") {
    Ring<Word> ring(4);
    CHECK(ring.find("a", any) == nullptr);
    ring.keep("a", {"apple", 1});
    ring.keep("a", {"acorn", 2});
    ring.keep("b", {"beech", 3});
    const auto named = [](const char* name) { return [name](const Word& word) { return word.text == name; }; };
    REQUIRE(ring.find("a", named("apple")));
    CHECK(ring.find("a", named("apple"))->number == 1);
    CHECK(ring.find("a", named("beech")) == nullptr);
    CHECK(ring.find("c", any) == nullptr);
}

TEST_CASE("of several entries under one hint the newest is found, and beyond the bound the oldest is gone") {
    Ring<Word> ring(3);
    for (int i = 1; i <= 10; ++i) {
        CHECK(ring.keep("same", {"word", i}).number == i);
        REQUIRE(ring.find("same", any));
        CHECK(ring.find("same", any)->number == i);
        for (int other = 1; other <= i; ++other) {
            const auto is_other = [other](const Word& word) { return word.number == other; };
            CHECK((ring.find("same", is_other) != nullptr) == (other > i - 3));
        }
        CHECK(ring.size() <= 3);
    }
    ring.clear();
    CHECK(ring.size() == 0);
    CHECK(ring.find("same", any) == nullptr);
    ring.keep("same", {"word", 11});
    CHECK(ring.find("same", any)->number == 11);
}
