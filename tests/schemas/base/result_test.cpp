#include "schemas/base/result.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace onceway;

namespace {

Result<int> half(int number) {
    if (number % 2 != 0) return fault(FaultCode::invalid_argument, "odd");
    return number / 2;
}

}  // namespace

TEST_CASE("a result holds a value or the fault in its place") {
    const auto four = half(8);
    REQUIRE(four);
    CHECK(*four == 4);
    CHECK(four.value_or(7) == 4);
    const auto none = half(3);
    CHECK_FALSE(none);
    CHECK(none.error().code == FaultCode::invalid_argument);
    CHECK(none.error().detail == "odd");
    CHECK(none.value_or(7) == 7);
}

TEST_CASE("steps follow each other until one is refused") {
    CHECK(*half(8).and_then(half) == 2);
    CHECK(half(6).and_then(half).error().detail == "odd");
    CHECK(*half(8).transform([](int n) { return n + 0.5; }) == 4.5);
    CHECK(half(3).transform([](int n) { return n + 0.5; }).error().detail == "odd");
    const auto renamed = half(3).transform_error([](Fault f) { return f.within("outer"); });
    CHECK(renamed.error().wire_code() == "outer.invalid_argument");
    CHECK(*half(2).transform_error([](Fault f) { return f.within("outer"); }) == 1);
}

TEST_CASE("a result carries what can only be moved") {
    Result<std::unique_ptr<int>> made(std::make_unique<int>(3));
    auto taken = std::move(made).value();
    CHECK(*taken == 3);
}

TEST_CASE("a result of nothing is done or refused") {
    Result<void> done;
    CHECK(done);
    int ran = 0;
    CHECK(std::move(done).and_then([&] { return ++ran, Result<void>{}; }));
    Result<void> refused = fault(FaultCode::io_error, "x");
    CHECK_FALSE(std::move(refused).and_then([&] { return ++ran, Result<void>{}; }));
    CHECK(ran == 1);
}

TEST_CASE("reading the value of a refusal is a bug and throws") {
    auto none = half(3);
    CHECK_THROWS(none.value());
    CHECK_THROWS(half(2).error());
}
