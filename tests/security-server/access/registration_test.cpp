#include "security-server/access/registration.hpp"

#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

const identity::ServerId here{{"ZA", "GOV", "202"}, "ss1"}, there{{"ZA", "GOV", "303"}, "ss1"};

std::shared_ptr<const x509::Trust> trust() {
    registry::SharedParameters shared;
    shared.instance = "ZA";
    registry::SecurityServer ours, theirs;
    ours.id = here;
    ours.clients = {{"ZA", "GOV", "202", "roads"}, {"ZA", "GOV", "404", "guest"}};
    theirs.id = there;
    theirs.clients = {{"ZA", "GOV", "202", "bridges"}};
    shared.servers = {ours, theirs};
    return x509::Trust::build("ZA", {shared});
}

}  // namespace

TEST_CASE("SS-44: registered is who the configuration lists at this very server, letter by letter") {
    struct {
        const char* who;
        identity::ClientId client;
        bool registered;
    } const rows[] = {
        {"a listed subsystem", {"ZA", "GOV", "202", "roads"}, true},
        {"a listed subsystem of another member", {"ZA", "GOV", "404", "guest"}, true},
        {"the owner", {"ZA", "GOV", "202", std::nullopt}, true},
        {"another server's", {"ZA", "GOV", "202", "bridges"}, false},
        {"a member whose subsystem is listed", {"ZA", "GOV", "404", std::nullopt}, false},
        {"another case", {"ZA", "GOV", "202", "Roads"}, false},
        {"nobody's", {"ZA", "GOV", "505", "x"}, false},
    };
    for (const auto& [who, client, registered] : rows) SUBCASE(who) {
            CHECK(access::registered(client, here, *trust()) == registered);
        }
    CHECK_FALSE(access::registered({"ZA", "GOV", "202", "roads"}, {{"ZA", "GOV", "909"}, "ss1"}, *trust()));
}

TEST_CASE("a client is served when it is declared and registered, and the fault says which is missing") {
    access::State state;
    for (const char* subsystem : {"roads", "bridges"}) {
        access::Client client;
        client.id = {"ZA", "GOV", "202", subsystem};
        state.clients.push_back(client);
    }
    CHECK(must(access::registered_client(state, {"ZA", "GOV", "202", "roads"}, here, *trust())) == &state.clients[0]);
    const auto elsewhere = access::registered_client(state, {"ZA", "GOV", "202", "bridges"}, here, *trust());
    REQUIRE_FALSE(elsewhere);
    CHECK(elsewhere.error().code == FaultCode::unknown_member);
    CHECK(contains(elsewhere.error().detail, "does not list it as a client of"));
    const auto undeclared = access::registered_client(state, {"ZA", "GOV", "404", "guest"}, here, *trust());
    REQUIRE_FALSE(undeclared);
    CHECK(contains(undeclared.error().detail, "is not declared there"));
}
