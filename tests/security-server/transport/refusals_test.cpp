#include "security-server/transport/refusals.hpp"

#include "tests/support/certificates.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace onceway;
using namespace onceway::tests;
using transport::Refusals;

namespace {

transport::Refused refused(std::string code, Instant at = test_time(), std::string reason = "no") {
    return {at, std::move(code), std::move(reason), "client", "id", "ZA/GOV/1", "ZA/GOV/2/s/x", "127.0.0.1"};
}

}  // namespace

TEST_CASE("the last refusals are kept newest first, fifty of them, their reasons cut") {
    Refusals refusals;
    CHECK(refusals.last(10).empty());
    for (int i = 0; i < 60; ++i) refusals.note(refused(std::to_string(i), test_time(), std::string(1'000, 'x')));
    const auto last = refusals.last(100);
    REQUIRE(last.size() == 50);
    CHECK(last.front().code == "59");
    CHECK(last.back().code == "10");
    CHECK(last.front().reason.size() == 200);
    CHECK(refusals.last(3).size() == 3);
    CHECK(refusals.in_all() == 60);
}

TEST_CASE("refusals are counted by code for an hour, and forgotten then") {
    using std::chrono::minutes;
    Refusals refusals;
    refusals.note(refused("access_denied", test_time() - minutes(70)));
    refusals.note(refused("access_denied", test_time() - minutes(30)));
    refusals.note(refused("access_denied", test_time()));
    refusals.note(refused("network_error", test_time()));
    const auto now = refusals.last_hour(test_time());
    CHECK(now.at("access_denied") == 2);
    CHECK(now.at("network_error") == 1);
    CHECK(refusals.last_hour(test_time() + minutes(45)).at("access_denied") == 1);
    CHECK(refusals.last_hour(test_time() + minutes(61)).empty());

    // A minute's place is used again an hour later, for the new hour's count alone.
    refusals.note(refused("access_denied", test_time() + minutes(60)));
    CHECK(refusals.last_hour(test_time() + minutes(60)).at("access_denied") == 1);
}

TEST_CASE("codes without end, as a peer may invent them, take no memory without end") {
    Refusals refusals;
    for (int i = 0; i < 1'000; ++i) refusals.note(refused("server.invented." + std::to_string(i)));
    const auto counts = refusals.last_hour(test_time());
    CHECK(counts.size() == 101);
    CHECK(counts.at("other") == 900);
    refusals.note(refused(std::string(10'000, 'x'), test_time() + std::chrono::minutes(1)));
    CHECK(refusals.last(1).front().code.size() == 200);
}

TEST_CASE("refusals are noted from several threads at a time") {
    Refusals refusals;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 500; ++i) refusals.note(refused("x"));
            });
    }
    CHECK(refusals.in_all() == 2'000);
    CHECK(refusals.last_hour(test_time()).at("x") == 2'000);
}
