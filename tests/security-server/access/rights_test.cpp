#include "security-server/access/rights.hpp"

#include "tests/support/effort.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::access;

namespace {

identity::ClientId client(std::string subsystem) { return {"ZA", "GOV", "101", std::move(subsystem)}; }
identity::ClientId member() { return {"ZA", "GOV", "101", std::nullopt}; }

std::shared_ptr<const x509::Trust> trust_with_group() {
    registry::SharedParameters shared;
    shared.instance = "ZA";
    shared.groups.push_back({"everyone", "", {client("tax")}});
    return x509::Trust::build("ZA", {shared});
}

Subject subject(identity::ClientId id) { return {.kind = Subject::Kind::client, .client = std::move(id)}; }
Subject global_group(std::string code) {
    return {.kind = Subject::Kind::global_group, .client = {}, .instance = "ZA", .group = std::move(code)};
}
Subject local_group(std::string code) {
    return {.kind = Subject::Kind::local_group, .client = {}, .instance = {}, .group = std::move(code)};
}

}  // namespace

TEST_CASE("a pattern matches the whole decoded path") {
    struct {
        std::string_view pattern, path;
        bool matches;
    } const rows[] = {
        {"**", "", true},
        {"**", "/", true},
        {"**", "/a/b", true},
        {"/**", "", false},
        {"/**", "/x/y", true},
        {"/*", "/x", true},
        {"/*", "/", true},
        {"/*", "/x/y", false},
        {"/*", "", false},
        {"", "", true},
        {"", "/", false},
        {"/pets", "/pets", true},
        {"/pets", "/Pets", false},
        {"/pets", "/pets/", false},
        {"/pets/*", "/pets/1", true},
        {"/pets/*", "/pets/1/x", false},
        {"/pets/*", "/pets", false},
        {"/pets/*/toys", "/pets/1/toys", true},
        {"/pets/*/toys", "/pets/1/2/toys", false},
        {"/pets/a*", "/pets/a", true},
        {"/pets/a*", "/pets/abc", true},
        {"/pets/a*", "/pets/a/b", false},
        {"/pets/**", "/pets/1/x", true},
        {"/pets/**", "/pets", false},
        {"/pets**", "/pets", true},
        {"/pets**", "/pets/1/2", true},
        {"/a/**/z", "/a/b/z", true},
        {"/a/**/z", "/a/b/c/z", true},
        {"/a/**/z", "/a/b/z/y", false},
        {"/a/**/z", "/a/z", false},
        {"**/z", "/a/zz/z", true},
        {"**a*b", "/ab", false},  // a star gives nothing back
        {"***", "/a/b", true},
        {"/\\*", "/*", true},
        {"/\\*", "/x", false},
        {"/\\\\", "/\\", true},
        {"/a\\b", "/a\\b", true},  // a backslash before anything else is itself
        {"/a.c/(x)+[1]", "/a.c/(x)+[1]", true},
        {"/a.c", "/abc", false},
        {"**/a/*/b/**/c", "/x/a/1/b/y/z/c", true},
        {"**/a/*/b/**/c", "/x/a/1/2/b/y/z/c", false},
        {"**/a/*/b", "/a/x/y/a/z/b", true},
    };
    for (const auto& [pattern, path, matches] : rows) {
        CAPTURE(pattern);
        CAPTURE(path);
        CHECK(path_matches(pattern, path) == matches);
    }
}

TEST_CASE("a pattern made to explode takes no longer than pattern times path") {
    std::string pattern, path;
    for (int i = 0; i < 100; ++i) pattern += "**a";
    path = std::string(8'000, 'a') + "b";
    const tests::Effort effort;
    CHECK_FALSE(path_matches(pattern, path));
    CHECK(effort.within(std::chrono::seconds(2)));
}

TEST_CASE("a method matches itself in any case, and a star matches all") {
    CHECK(method_matches("*", "GET"));
    CHECK(method_matches("get", "GET"));
    CHECK_FALSE(method_matches("GET", "HEAD"));
    CHECK_FALSE(method_matches("", "GET"));
}

TEST_CASE("a right opens a service for exactly the clients that its subject means") {
    const auto trust = trust_with_group();
    Client owner;
    owner.id = {"ZA", "GOV", "202", "roads"};
    owner.groups.push_back({"friends", "", {client("tax"), member()}});
    struct {
        const char* what;
        Subject subject;
        identity::ClientId caller;
        bool opens;
    } const rows[] = {
        {"the client itself", subject(client("tax")), client("tax"), true},
        {"another subsystem", subject(client("tax")), client("toll"), false},
        {"the subsystem does not follow from the member", subject(member()), client("tax"), false},
        {"the member does not follow from the subsystem", subject(client("tax")), member(), false},
        {"the member itself", subject(member()), member(), true},
        {"another case", subject(client("tax")), client("Tax"), false},
        {"listed in the global group", global_group("everyone"), client("tax"), true},
        {"not listed in the global group", global_group("everyone"), client("toll"), false},
        {"the member of a listed subsystem", global_group("everyone"), member(), false},
        {"a global group that is none", global_group("nobody"), client("tax"), false},
        {"listed in the local group", local_group("friends"), client("tax"), true},
        {"a member listed in the local group", local_group("friends"), member(), true},
        {"not listed in the local group", local_group("friends"), client("toll"), false},
        {"a local group that is none", local_group("nobody"), client("tax"), false},
    };
    for (const auto& [what, who, caller, opens] : rows) SUBCASE(what) {
            owner.rights = {{who, "permit"}};
            const auto path = ServicePath::read("/1");
            CHECK(may_call(owner, caller, "permit", "GET", *path, *trust) == opens);
        }
}

TEST_CASE("a right opens its own service, method and path, and the first that fits is the one reported") {
    const auto trust = trust_with_group();
    Client owner;
    owner.rights = {{subject(client("tax")), "permit", "GET", "/pets/*"},
                    {subject(client("tax")), "permit", "POST", "/pets"},
                    {subject(client("tax")), "permit", "*", "/**"}};
    const auto one = ServicePath::read("/pets/1");
    const auto* right = right_for(owner, client("tax"), "permit", "GET", *one, *trust);
    REQUIRE(right);
    CHECK(right->path == "/pets/*");
    owner.rights.pop_back();
    CHECK_FALSE(may_call(owner, client("tax"), "permit", "POST", *one, *trust));
    CHECK_FALSE(may_call(owner, client("tax"), "other", "GET", *one, *trust));
    const auto all = ServicePath::read("/pets");
    CHECK(may_call(owner, client("tax"), "permit", "POST", *all, *trust));
}
