#include "security-server/provider/repetitions.hpp"

#include "certs/keys/digest.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace std::chrono_literals;
using provider::Repetitions;

namespace {

Octets digest(int number) { return keys::sha512(std::to_string(number)); }

}  // namespace

TEST_CASE("a digest is known from its first coming on, for a window and no longer than two") {
    Repetitions repetitions(10s, 1'000);
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(repetitions.note(digest(1), begin));
    CHECK(repetitions.note(digest(1), begin));
    CHECK_FALSE(repetitions.note(digest(2), begin));
    CHECK(repetitions.note(digest(1), begin + 10s));
    CHECK(repetitions.note(digest(1), begin + 11s));
    CHECK_FALSE(repetitions.note(digest(1), begin + 40s));
    CHECK(repetitions.note(digest(1), begin + 41s));
}

TEST_CASE("what is remembered is bounded, and what came last is known") {
    Repetitions repetitions(1h, 1'600);
    const auto now = std::chrono::steady_clock::now();
    for (int i = 0; i < 20'000; ++i) CHECK_FALSE(repetitions.note(digest(i), now));
    int known = 0;
    for (int i = 19'500; i < 20'000; ++i) known += repetitions.note(digest(i), now) ? 1 : 0;
    CHECK(known == 500);
    CHECK_FALSE(repetitions.note(digest(1), now));  // long since pushed out
}
