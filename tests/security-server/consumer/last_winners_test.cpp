#include "security-server/consumer/last_winners.hpp"

#include <doctest/doctest.h>

using namespace onceway::consumer;
using namespace std::chrono_literals;

TEST_CASE("the address that answered last comes first for an hour, for exactly its set") {
    LastWinners winners;
    const LastWinners::Time start{};
    const auto set = LastWinners::name_of({"c", "a", "b"});
    CHECK(set == LastWinners::name_of({"a", "b", "c"}));
    CHECK(set != LastWinners::name_of({"a", "b"}));
    winners.won(set, "c", start);

    std::vector<std::string> addresses{"a", "b", "c"};
    winners.to_front(set, addresses, start + 59min);
    CHECK(addresses == std::vector<std::string>{"c", "a", "b"});
    addresses = {"a", "b", "c"};
    winners.to_front(set, addresses, start + 61min);
    CHECK(addresses.front() == "a");
    winners.to_front(LastWinners::name_of({"a", "b"}), addresses, start);
    CHECK(addresses.front() == "a");
}
