#include "security-server/transport/idle_lines.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using transport::IdleLines;
using transport::Line;
using namespace std::chrono_literals;

namespace {

/// What a line can tell about itself; it carries nothing.
struct State {
    bool reusable = true, open = true, closed = false;
    int nexts = 0;
};
class StillConnection : public channel::Connection {
public:
    explicit StillConnection(State& state) : state_(state) {}
    const std::vector<x509::Certificate>& peer_certificates() const override { return none_; }
    std::string peer_address() const override { return {}; }
    bool resumed() const override { return false; }
    Async<void> write(OctetsView) override { co_return fault(FaultCode::network_error, "never"); }
    bool anything_sent() const override { return false; }
    Async<message::ResponseHead> read_head(message::HeadRules, std::chrono::milliseconds) override {
        co_return fault(FaultCode::network_error, "never");
    }
    Async<OctetsView> read_body(std::chrono::milliseconds) override {
        co_return fault(FaultCode::network_error, "never");
    }
    bool reusable() const override { return state_.reusable; }
    void next() override { ++state_.nexts; }
    bool still_open() override { return state_.open; }
    void close() override { state_.closed = true; }

private:
    State& state_;
    std::vector<x509::Certificate> none_;
};

Line line(State& state, std::string to, std::uint64_t generation = 1) {
    return {std::make_unique<StillConnection>(state), std::move(to), generation};
}

const IdleLines::Time start{};

}  // namespace

TEST_CASE("the youngest line to a wanted address is taken, once") {
    State old, young, other;
    IdleLines lines(30s);
    lines.keep(line(old, "a"), start);
    lines.keep(line(young, "a"), start + 1s);
    lines.keep(line(other, "b"), start + 2s);
    CHECK(young.nexts == 1);
    auto taken = lines.take({"c", "a"}, 1, start + 3s);
    REQUIRE(taken);
    CHECK(taken->to == "a");
    taken->connection->close();
    CHECK(young.closed);
    CHECK(lines.take({"a"}, 1, start + 3s));
    CHECK_FALSE(lines.take({"a"}, 1, start + 3s));
    CHECK(lines.size() == 1);
}

TEST_CASE("a line is closed rather than kept or taken, when it") {
    State state;
    IdleLines lines(30s, 2);
    SUBCASE("cannot carry another message") {
        state.reusable = false;
        lines.keep(line(state, "a"), start);
    }
    SUBCASE("was closed by the other side meanwhile") {
        lines.keep(line(state, "a"), start);
        state.open = false;
    }
    SUBCASE("is of an earlier generation") { lines.keep(line(state, "a", 0), start); }
    SUBCASE("has been idle for too long") {
        lines.keep(line(state, "a"), start);
        CHECK_FALSE(lines.take({"a"}, 1, start + 31s));
    }
    SUBCASE("is the oldest of too many") {
        static State others[2];
        lines.keep(line(state, "a"), start);
        for (auto& other : others) lines.keep(line(other, "b"), start + 1s);
        CHECK(lines.size() == 2);
    }
    CHECK_FALSE(lines.take({"a"}, 1, start + 1s));
    CHECK(state.closed);
}
