#include "security-server/admin/state_store.hpp"

#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using admin::StateStore;

namespace {

const identity::ServerId server{{"ZA-WC", "GOV", "HOME"}, "ss1"};

access::State state_with(const std::string& subsystem) {
    access::Client client;
    client.id = {"ZA-WC", "GOV", "HOME", subsystem};
    access::State state;
    state.clients.push_back(std::move(client));
    return state;
}

}  // namespace

TEST_CASE("a state is kept as a revision, is in force at once, and is there after a restart") {
    const TemporaryFolder folder;
    const FixedClock clock(test_time());
    auto store = must(StateStore::open(folder / "server.db", server, clock));
    CHECK(store->current()->revision == 0);
    CHECK(store->current()->clients.empty());

    CHECK(must(store->apply(state_with("people"), 0)) == 1);
    const auto first = store->current();
    CHECK(must(store->apply(state_with("passports"), 1)) == 2);
    CHECK(first->clients[0].id.subsystem == "people");  // a message in flight keeps its own
    CHECK(store->current()->clients[0].id.subsystem == "passports");

    store.reset();
    store = must(StateStore::open(folder / "server.db", server, clock));
    CHECK(store->current()->revision == 2);
    CHECK(store->current()->clients[0].id.subsystem == "passports");
    const auto history = store->history(10);
    REQUIRE(history.size() == 2);
    CHECK(history[0].number == 2);
    CHECK(history[1].at == "2026-02-02T10:15:30.000Z");
    CHECK(contains(history[0].changes, "- client ZA-WC/GOV/HOME/people"));
}

TEST_CASE("a state that changes nothing is no revision") {
    const TemporaryFolder folder;
    const FixedClock clock(test_time());
    const auto store = must(StateStore::open(folder / "server.db", server, clock));
    CHECK(must(store->apply(state_with("people"), 0)) == 1);
    CHECK(must(store->apply(state_with("people"), 1)) == 1);
    CHECK(store->history(10).size() == 1);
}

TEST_CASE("a state that was compared with another revision is refused, and nothing changes") {
    const TemporaryFolder folder;
    const FixedClock clock(test_time());
    const auto store = must(StateStore::open(folder / "server.db", server, clock));
    must(store->apply(state_with("people"), 0));
    const auto refused = store->apply(state_with("passports"), 0);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == FaultCode::invalid_request);
    CHECK(contains(refused.error().detail, "revision 0 was compared, but 1 is in force"));
    CHECK(store->current()->clients[0].id.subsystem == "people");
}

TEST_CASE("a file that is no database is refused, and left as it is") {
    const TemporaryFolder folder;
    write_file(folder / "server.db", std::string(4096, 'x'));
    const auto refused = StateStore::open(folder / "server.db", server, Clock::system());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == FaultCode::database_error);
    CHECK(contents_of(folder / "server.db") == std::string(4096, 'x'));
}
