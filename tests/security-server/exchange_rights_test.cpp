// Who may call what, asked through both servers: subjects, endpoints, and changes between two messages.
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace onceway;
using namespace onceway::tests;
using access::Subject;

namespace {

const identity::ClientId member{"ZA", "GOV", "101", std::nullopt}, toll{"ZA", "GOV", "101", "toll"};

Subject to(identity::ClientId id) { return {.kind = Subject::Kind::client, .client = std::move(id)}; }
Subject global_group(std::string code, std::string instance = "ZA") {
    return {.kind = Subject::Kind::global_group, .instance = std::move(instance), .group = std::move(code)};
}
Subject local_group(std::string code) { return {.kind = Subject::Kind::local_group, .group = std::move(code)}; }

/// Two servers, where the consumer's serves the member itself and two of its subsystems.
struct Neighbourhood : World {
    Neighbourhood() : World({.pooled = true}) {
        consumer_server.set_state({.revision = 2, .clients = {{.id = client()}, {.id = member}, {.id = toll}}});
        set_groups({{"everyone", "", {client()}}, {"members", "", {member}}, {"empty", "", {}}});
        auto state = provider_server.state();
        access::Client neighbour{.id = {"ZA", "GOV", "202", "bridges"}};
        neighbour.groups = {{"theirs", "", {client()}}};
        state.clients.push_back(neighbour);
        provider_server.set_state(std::move(state));
    }
    void set_groups(std::vector<registry::GlobalGroup> groups) {
        auto parameters = shared();
        parameters.servers.front().clients = {client(), toll};
        parameters.groups = std::move(groups);
        set_view(std::move(parameters));
    }
    void grant(std::vector<access::Right> rights) {
        change_owner([&](access::Client& owner) { owner.rights = std::move(rights); });
    }
    /// True when the call arrives at the service; false when it is refused as access denied, and only then.
    bool allowed(std::string method, const std::string& path, const identity::ClientId& caller = client()) {
        const auto before = seen_by_service().size();
        auto answer = call(std::move(method), target(path), {{"X-Road-Client", caller.url()}});
        REQUIRE(answer);
        const bool arrived = seen_by_service().size() > before;
        CHECK(answer->status == (arrived ? 200 : 500));
        if (!arrived) CHECK(error_code(*answer) == "server.serverproxy.access_denied");
        return arrived;
    }
};

}  // namespace

TEST_CASE("MT-111, MT-112: a right opens the service for exactly those whom its subject names") {
    Neighbourhood world;
    world.change_owner([](access::Client& owner) {
        owner.groups = {{"friends", "", {World::client(), member}}, {"strangers", "", {toll}}, {"nobody", "", {}}};
    });
    struct {
        const char* who;
        Subject subject;
        bool tax, toll, member;  // whom it lets in
    } const rows[] = {
        {"one subsystem", to(World::client()), true, false, false},
        {"the member", to(member), false, false, true},
        {"another subsystem", to(toll), false, true, false},
        {"another spelling", to({"ZA", "GOV", "101", "Tax"}), false, false, false},
        {"another class", to({"ZA", "COM", "101", "tax"}), false, false, false},
        {"another instance", to({"EE", "GOV", "101", "tax"}), false, false, false},
        {"the provider itself", to(World::owner()), false, false, false},
        {"a global group of one subsystem", global_group("everyone"), true, false, false},
        {"a global group of the member", global_group("members"), false, false, true},
        {"a global group of nobody", global_group("empty"), false, false, false},
        {"a global group of another instance", global_group("everyone", "EE"), false, false, false},
        {"a global group in another spelling", global_group("Everyone"), false, false, false},
        {"a global group that there is not", global_group("friends"), false, false, false},
        {"a local group of a subsystem and the member", local_group("friends"), true, false, true},
        {"a local group of another subsystem", local_group("strangers"), false, true, false},
        {"a local group of nobody", local_group("nobody"), false, false, false},
        {"a local group of a neighbour", local_group("theirs"), false, false, false},
        {"a local group with a global group's code", local_group("everyone"), false, false, false},
    };
    for (const auto& [who, subject, tax, to_toll, to_member] : rows) {
        CAPTURE(who);
        world.grant({{subject, "permit"}});
        CHECK(world.allowed("GET", "/1", World::client()) == tax);
        CHECK(world.allowed("GET", "/1", toll) == to_toll);
        CHECK(world.allowed("GET", "/1", member) == to_member);
    }
}

TEST_CASE("MT-107 to MT-109: an endpoint opens its methods and its paths, and nothing else of the service") {
    Neighbourhood world;
    struct {
        const char *method, *pattern;                              // of the right
        std::vector<std::pair<const char*, const char*>> in, out;  // method and path of calls
    } const rows[] = {
        {"*", "**", {{"GET", ""}, {"DELETE", "/"}, {"POST", "/a/b/c?d=e"}, {"PATCH", "/%2A"}}, {}},
        {"GET", "**", {{"GET", ""}, {"GET", "/a/b"}}, {{"POST", ""}, {"OPTIONS", "/a"}}},
        {"*",
         "/pets/*",
         {{"GET", "/pets/1"}, {"PUT", "/pets/"}, {"GET", "/pets/1?x=/y"}, {"GET", "/pets/a%20b"}},
         {{"GET", "/pets"}, {"GET", "/pets/1/x"}, {"GET", "/Pets/1"}, {"GET", "/pets/1/"}, {"GET", ""}}},
        {"*", "/pets/**", {{"GET", "/pets/1"}, {"TRACE", "/pets/1/x/y"}, {"GET", "/pets/"}}, {{"GET", "/pets"}}},
        {"POST",
         "/pets",
         {{"POST", "/pets"}, {"POST", "/pe%74s"}},
         {{"POST", "/pets/"}, {"PUT", "/pets"}, {"POST", "/petss"}, {"POST", "/x/pets"}}},
        {"GET", "/*/toys", {{"GET", "/1/toys"}}, {{"GET", "/1/2/toys"}, {"GET", "/toys"}}},
        {"GET", "/a*b", {}, {{"GET", "/ab"}, {"GET", "/axb"}}},  // a star gives nothing back
        {"GET", "/a\\*b", {{"GET", "/a*b"}, {"GET", "/a%2Ab"}}, {{"GET", "/axb"}}},
        {"GET", "pets", {}, {{"GET", "/pets"}, {"GET", ""}}},
    };
    for (const auto& [method, pattern, in, out] : rows) {
        CAPTURE(fmt::format("{} {}", method, pattern));
        world.grant({{to(World::client()), "permit", method, pattern}});
        for (const auto& [verb, path] : in) {
            CAPTURE(fmt::format("{} {}", verb, path));
            CHECK(world.allowed(verb, path));
        }
        for (const auto& [verb, path] : out) {
            CAPTURE(fmt::format("{} {}", verb, path));
            CHECK_FALSE(world.allowed(verb, path));
        }
    }
}

TEST_CASE("rights add up, whatever their order, and none takes away what another gives") {
    Neighbourhood world;
    const std::vector<access::Right> rights{{to(toll), "permit"},
                                            {global_group("everyone"), "permit", "GET", "/public/**"},
                                            {to(World::client()), "permit", "POST", "/public/forms"},
                                            {to(World::client()), "other"}};
    for (const bool reversed : {false, true}) {
        CAPTURE(reversed);
        world.grant(reversed ? std::vector(rights.rbegin(), rights.rend()) : rights);
        CHECK(world.allowed("GET", "/public/a"));
        CHECK(world.allowed("POST", "/public/forms"));
        CHECK_FALSE(world.allowed("POST", "/public/a"));
        CHECK_FALSE(world.allowed("GET", "/private"));
        CHECK(world.allowed("DELETE", "/private", toll));
    }
}

TEST_CASE("a base path stands in front of what is called, and plays no part in what is allowed") {
    Neighbourhood world;
    world.change_owner([](access::Client& owner) { owner.services.front().url += "/base/v2/"; });
    world.grant({{to(World::client()), "permit", "GET", "/pets/*"}});
    CHECK(world.allowed("GET", "/pets/1?x=1"));
    CHECK(world.seen_by_service().back().head.target == "/base/v2/pets/1?x=1");
    world.grant({{to(World::client()), "permit", "GET", "/base/v2/pets/*"}});
    CHECK_FALSE(world.allowed("GET", "/pets/1"));
}

TEST_CASE("what is granted, taken away, grouped or disabled counts from the next message on, on kept connections too") {
    Neighbourhood world;
    REQUIRE(world.allowed("GET", "/1"));
    world.grant({});
    CHECK_FALSE(world.allowed("GET", "/1"));

    world.grant({{local_group("friends"), "permit"}});
    CHECK_FALSE(world.allowed("GET", "/1"));
    world.change_owner([](access::Client& owner) { owner.groups = {{"friends", "", {World::client()}}}; });
    CHECK(world.allowed("GET", "/1"));
    world.change_owner([](access::Client& owner) { owner.groups.front().members.clear(); });
    CHECK_FALSE(world.allowed("GET", "/1"));

    world.grant({{global_group("everyone"), "permit"}});
    CHECK(world.allowed("GET", "/1"));
    world.set_groups({{"everyone", "", {toll}}});  // another configuration
    CHECK_FALSE(world.allowed("GET", "/1"));
    CHECK(world.allowed("GET", "/1", toll));
    world.set_groups({{"everyone", "", {World::client(), toll}}});
    CHECK(world.allowed("GET", "/1"));

    world.change_owner([](access::Client& owner) { owner.services.front().disabled = "Back on Monday"; });
    auto disabled = world.get();
    REQUIRE(disabled);
    CHECK(error_code(*disabled) == "server.serverproxy.service_disabled");
    CHECK(contains(disabled->body, "is disabled"));
    CHECK(contains(disabled->body, "Back on Monday"));
    world.change_owner([](access::Client& owner) { owner.services.front().disabled.reset(); });
    CHECK(world.allowed("GET", "/1"));
}
