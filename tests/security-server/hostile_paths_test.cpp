// Every way to write a path so that one reads it otherwise than another, in every place of a path: what is refused
// never reaches the information system, what is legal arrives octet for octet. From an information system, and from a
// hostile member who signs what it likes. Threat row 8.
#include "tests/security-server/hostile_member.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// Where a form may stand; `@` is the form.
constexpr std::array in_segments{"/@/s", "/a/@/s", "/a/@"};       // as a segment of its own
constexpr std::array in_names{"/a@b", "/a@", "/@b", "/a/x@y/z"};  // within a name

std::string placed(std::string_view place, std::string_view form) {
    std::string path(place);
    return path.replace(path.find('@'), 1, form);
}

template <class... Places>
std::vector<std::string> every(const std::vector<const char*>& forms, const Places&... places) {
    std::vector<std::string> paths;
    const auto add = [&](const auto& list) {
        for (const auto* place : list)
            for (const auto* form : forms) paths.push_back(placed(place, form));
    };
    (add(places), ...);
    return paths;
}

const std::vector<const char*> one_dot{".", "%2e", "%2E", "%252e", "%25%32%65", ".;", ".;v=1", "%2e;", "%252e;v"};
const std::vector<const char*> two_dots{
    "..",  "%2e%2e", "%2E%2e",     ".%2e", "%2e.",     "%252e%252e", ".%252e", "%25%32%65%25%32%65",
    "..;", "..;v=1", "%2e%2e;v=1", "...",  "%2e%2e%2e"};
const std::vector<const char*> hidden{"%2F",          "%2f",       "%5C",          "%5c",          "%00",    "%0a",
                                      "%0D%0A",       "%09",       "%1b",          "%7f",          "%C2%85", "%C2%80",
                                      "%C0%AE",       "%C0%AF",    "%E0%80%AF",    "%F0%80%80%AF", "%80",    "%FF",
                                      "%C3",          "%ED%A0%80", "%F4%90%80%80", "%2F..",        "..%2F",  "..%5c",
                                      "%2F%2e%2e%2F", "%3F/../",   "%23/../../",   "/../",         "/./",    "//"};
const std::vector<const char*> broken{"%", "%2g", "%zz", "%u002e", "%2%65", "%%32e"};
const std::vector<const char*> raw{"\\", "\\..\\", "#", " ", "\"",       "<",    "{",
                                   "|",  "^",      "`", "[", "\xc3\xa4", "\xff", "\x01"};

const std::vector<const char*> legal_names{
    "%20",  "%25",   "%2d", "%2D", "%2A", "%3F",   "%23",   "%3B",       "%C3%A4",       "%c3%a4",
    "+",    "%2B",   "~",   "%7E", "%41", "%252F", "%255C", "%E2%80%AE", "%F0%9F%8F%9B", "!$&'()*+,=:@",
    ";v=1", "%25zz", ".x",  "%2ex"};

/// An exchange through both servers: what the information system answered the question with.
channel::FetchAnswer asked(World& world, const std::string& path) {
    auto answer = world.get(path);
    REQUIRE(answer);
    return *answer;
}

/// The same from a hostile member, without our consumer's side.
std::string told(World& world, const Aim& aim, const std::string& path) {
    auto heard = run(speak(aim, signed_request(world, part_for("GET", World::target(path))), false));
    REQUIRE(heard);
    CHECK(heard->closed);
    return heard->octets;
}

}  // namespace

TEST_CASE(
    "a path that two readers would read differently never reaches the information system, from wherever it comes") {
    World world({.pooled = true});
    const auto aim = as_member(world);
    auto paths = every(one_dot, in_segments);
    for (const auto& more : {every(two_dots, in_segments, in_names), every(hidden, in_names), every(broken, in_names)})
        paths.insert(paths.end(), more.begin(), more.end());
    CHECK(paths.size() >= 200);
    for (const auto& path : paths) {
        CAPTURE(path);
        const auto code = error_code(asked(world, path));
        const bool refused = code == "server.serverproxy.access_denied" || code == "server.clientproxy.internal_error";
        CHECK_MESSAGE(refused, code);
        const auto heard = told(world, aim, path);
        const bool refused_as_well = contains(heard, "<faultcode>server.serverproxy.access_denied</faultcode>") ||
                                     contains(heard, "the path holds an incomplete escape");
        CHECK_MESSAGE(refused_as_well, heard);
    }
    CHECK(world.seen_by_service().empty());
}

TEST_CASE("a character that must be escaped and is not never reaches the information system, though it was signed") {
    World world({.pooled = true});
    const auto aim = as_member(world);
    for (const auto& path : every(raw, in_names)) {
        CAPTURE(path);
        CHECK(contains(told(world, aim, path), "<faultcode>server.serverproxy."));
    }
    CHECK(world.seen_by_service().empty());
}

TEST_CASE("a legal path arrives octet for octet, from wherever it comes") {
    World world({.pooled = true});
    const auto aim = as_member(world);
    auto paths = every(legal_names, in_names, in_segments);
    for (const char* path : {"/", "/a/", "", "/a?b=c", "/a?b=%2e%2e/../x", "/a?b=c%00&d=/..;/", "/a?", "/a/?/?"})
        paths.emplace_back(path);
    CHECK(paths.size() >= 100);
    std::size_t seen = 0;
    for (const auto& path : paths) {
        CAPTURE(path);
        CHECK(asked(world, path).status == 200);
        CHECK(contains(told(world, aim, path), "application/x-road-rest-response"));
        const auto all = world.seen_by_service();
        REQUIRE(all.size() == seen + 2);
        const std::string expected = path.empty() || path.front() == '?' ? "/" + path : path;
        CHECK(all[seen].head.target == expected);
        CHECK(all[seen + 1].head.target == expected);
        seen += 2;
    }
}

TEST_CASE("a right for one path opens no other, however it is written") {
    World world({.pooled = true});
    const auto aim = as_member(world);
    world.change_owner([](access::Client& owner) { owner.rights.front().path = "/public/*"; });
    for (const char* path : {"/public/1", "/public/%31", "/publi%63/1", "/public/a%20b", "/public/"}) {
        CAPTURE(path);
        CHECK(asked(world, path).status == 200);
        CHECK(contains(told(world, aim, path), "application/x-road-rest-response"));
    }
    const auto seen = world.seen_by_service().size();
    CHECK(seen == 10);
    for (const char* path : {"/secret", "/public", "/public/../secret", "/public/%2e%2e/secret", "/public/..%2fsecret",
                             "/public/1/../../secret", "/public/1%2F2", "/public/1/2", "/PUBLIC/1", "/public%2F1",
                             "/public/%0a/secret", "/./public/1", "/public;x/1", "/x/..;/public/1", "/public/1%0a"}) {
        CAPTURE(path);
        CHECK(asked(world, path).status == 500);
        CHECK(contains(told(world, aim, path), "<faultcode>server.serverproxy.access_denied</faultcode>"));
    }
    CHECK(world.seen_by_service().size() == seen);
}
