#include "schemas/identity/identifiers.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

#include <unordered_set>

using namespace onceway;
using namespace onceway::identity;
using onceway::tests::contains;
using namespace std::string_literals;

namespace {

std::string repeated(std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

}  // namespace

TEST_CASE("a client identifier of three parts is a member, of four a subsystem") {
    const auto member = ClientId::from_header("DEV/COM/1111111-1");
    REQUIRE(member);
    CHECK_FALSE(member->subsystem);
    CHECK(member->text() == "MEMBER:DEV/COM/1111111-1");
    const auto subsystem = ClientId::from_header("DEV/COM/1111111-1/app");
    REQUIRE(subsystem);
    CHECK(subsystem->subsystem == "app");
    CHECK(subsystem->text() == "SUBSYSTEM:DEV/COM/1111111-1/app");
    CHECK(subsystem->member() == member->member());
    CHECK(ClientId::of(subsystem->member()) == *member);
}

TEST_CASE("identifiers are decoded once and compared octet by octet") {
    CHECK(ClientId::from_header("VEC/GOV/10001/%43onsumer")->subsystem == "Consumer");
    CHECK(ClientId::from_header("VEC/GOV/10001/%C3%A4")->subsystem == "ä");
    CHECK(ClientId::from_header("VEC/GOV/10001/%c3%a4")->subsystem == "ä");
    CHECK(ClientId::from_header("VEC/GOV/10001/a+b")->subsystem == "a+b");
    CHECK(ClientId::from_header("VEC/GOV/10001/a%20b")->subsystem == "a b");
    CHECK(*ClientId::from_header("VEC/GOV/10001/a") != *ClientId::from_header("VEC/GOV/10001/A"));
    CHECK(*ClientId::from_header("VEC/GOV/10001/a%20") != *ClientId::from_header("VEC/GOV/10001/a"));
    // é as one code point and as two: not the same, and neither is refused.
    CHECK(*ClientId::from_header("VEC/GOV/10001/caf%C3%A9") != *ClientId::from_header("VEC/GOV/10001/cafe%CC%81"));
}

TEST_CASE("an identifier component is refused as internal_error, with its reason, when it") {
    const struct {
        const char* why;
        std::string segment;
        std::string_view says;
    } wrong[] = {
        {"is empty", "", "cannot be empty"},
        {"is one blank", "%20", "blank"},
        {"is a no-break space", "%C2%A0", "blank"},
        {"is an ideographic space", "%E3%80%80", "blank"},
        {"has no hex digits", "a%zz", "incomplete escape"},
        {"has one hex digit", "a%4", "incomplete escape"},
        {"ends in a percent sign", "a%", "incomplete escape"},
        {"holds a raw blank", "a b", "must be escaped"},
        {"holds a raw umlaut", "ä", "must be escaped"},
        {"holds a raw quote", "a\"b", "must be escaped"},
        {"holds a raw query mark", "a?b", "must be escaped"},
        {"holds a raw number sign", "a#b", "must be escaped"},
        {"holds raw brackets", "a[b]", "must be escaped"},
        {"holds raw NUL", "a\0b"s, "must be escaped"},
        {"holds raw CRLF", "a\r\nX: y", "must be escaped"},
        {"holds an escaped slash", "a%2Fb", "separator"},
        {"holds an escaped backslash", "a%5Cb", "separator"},
        {"holds an escaped percent sign", "a%25b", "separator"},
        {"holds a colon", "a:b", "separator"},
        {"holds a semicolon", "a;b", "separator"},
        {"holds escaped CRLF", "a%0d%0aX", "control character"},
        {"holds escaped NUL", "a%00", "control character"},
        {"holds DEL", "a%7F", "control character"},
        {"holds U+0085", "a%C2%85", "control character"},
        {"holds U+200B", "a%E2%80%8B", "invisible"},
        {"holds U+FEFF", "%EF%BB%BFa", "invisible"},
        {"turns the direction around", "a%E2%80%AEb", "direction"},
        {"isolates a direction", "a%E2%81%A6b", "direction"},
        {"is not UTF-8", "a%FF", "not UTF-8"},
        {"holds an overlong slash", "%C0%AF", "not UTF-8"},
        {"holds a lone surrogate", "%ED%A0%80", "not UTF-8"},
        {"is cut inside a character", "a%C3", "not UTF-8"},
        {"goes beyond Unicode", "%F4%90%80%80", "not UTF-8"},
        {"has 256 characters", std::string(256, 'a'), "256 characters"},
        {"has 256 characters beyond ASCII", repeated("%C3%A4", 256), "256 characters"},
    };
    for (const auto& [why, segment, says] : wrong) SUBCASE(why) {
            const auto component = decode_component(segment);
            REQUIRE_FALSE(component);
            CHECK(component.error().code == FaultCode::internal_error);
            CHECK_MESSAGE(contains(component.error().detail, says), component.error().detail);
            const auto client = ClientId::from_header("DEV/COM/" + segment + "/app");
            REQUIRE_FALSE(client);
            CHECK_MESSAGE(contains(client.error().detail, "member code"), client.error().detail);
        }
}

TEST_CASE("an identifier component passes when it") {
    const struct {
        const char* why;
        std::string segment, text;
    } right[] = {
        {"is plain", "1111111-1", "1111111-1"},
        {"has 255 characters", std::string(255, 'a'), std::string(255, 'a')},
        {"has 255 characters beyond ASCII", repeated("%C3%A4", 255), repeated("ä", 255)},
        {"has every character that needs no escape", "aZ09-._~!$&'()*+,=@", "aZ09-._~!$&'()*+,=@"},
        {"is a single dot, which only paths interpret", ".", "."},
        {"has characters of four octets", "%F0%9D%84%9E", "𝄞"},
        {"has blanks around it", "%20a%20", " a "},
    };
    for (const auto& [why, segment, text] : right) SUBCASE(why) {
            const auto component = decode_component(segment);
            REQUIRE_MESSAGE(component, component.error().detail);
            CHECK(*component == text);
            CHECK(check_component(text));
        }
}

TEST_CASE("identifiers are encoded with upper-case hex and only the safe set unescaped") {
    CHECK(encode_component("aZ09-._~!$'()*,;&=@:+") == "aZ09-._~!$'()*,;&=@:+");
    CHECK(encode_component("ä b/%\"") == "%C3%A4%20b%2F%25%22");
    const ClientId client{"DEV", "COM", "1", "über app"};
    CHECK(client.url() == "DEV/COM/1/%C3%BCber%20app");
    CHECK(*ClientId::from_header(client.url()) == client);
    CHECK(ServiceId{client, "svc", "v1"}.url() == "DEV/COM/1/%C3%BCber%20app/svc");
    CHECK(ServiceId{client, "svc", "v1"}.text() == "SERVICE:DEV/COM/1/über app/svc/v1");
    CHECK(ServerId{{"DEV", "COM", "1"}, "ss 1"}.url() == "DEV/COM/1/ss%201");
    CHECK(ServerId{{"DEV", "COM", "1"}, "ss1"}.text() == "SERVER:DEV/COM/1/ss1");
}

TEST_CASE("the number of parts is fixed for each kind of identifier") {
    CHECK_FALSE(ClientId::from_header(""));
    CHECK_FALSE(ClientId::from_header("A/B"));
    CHECK_FALSE(ClientId::from_header("A/B/C/D/E"));
    CHECK_FALSE(ClientId::from_header("A/B/C/D/"));
    CHECK_FALSE(ClientId::from_header("/A/B/C"));
    CHECK(contains(ClientId::from_header("A/B").error().detail, "2 parts, not 3 or 4"));
    CHECK(ServiceId::from_header("A/B/C/D/E"));
    CHECK(contains(ServiceId::from_header("A/B/C/D").error().detail, "4 parts, not 5"));
    CHECK(contains(ServiceId::from_header("A/B/C/D/E/F").error().detail, "6 parts, not 5"));
    CHECK(ServerId::from_header("A/B/C/D"));
    CHECK(contains(ServerId::from_header("A/B/C").error().detail, "3 parts, not 4"));
    CHECK(contains(ServerId::from_header("A/B/C/%20").error().detail, "server code cannot be blank"));
    CHECK(check_represented_party(""));
    CHECK(check_represented_party("code"));
    CHECK(check_represented_party("COM/a%20b"));
    CHECK(contains(check_represented_party("A/B/C").error().detail, "3 parts, not 1 or 2"));
    CHECK_FALSE(check_represented_party("COM/"));
}

TEST_CASE("a REST target is split, its path and query kept as they were written") {
    const struct {
        const char* why;
        std::string_view target, path, query;
        bool has_query;
    } right[] = {
        {"no path", "/r1/DEV/GOV/2/reg/pets", "", "", false},
        {"a slash", "/r1/DEV/GOV/2/reg/pets/", "/", "", false},
        {"a path", "/r1/DEV/GOV/2/reg/pets/v2/a%20b//c", "/v2/a%20b//c", "", false},
        {"a query", "/r1/DEV/GOV/2/reg/pets?lang=en&x[0]=%2F", "", "lang=en&x[0]=%2F", true},
        {"an empty query", "/r1/DEV/GOV/2/reg/pets/a?", "/a", "", true},
        {"query marks in the query", "/r1/DEV/GOV/2/reg/pets/a?b?c/d", "/a", "b?c/d", true},
        {"dots in the path, for others to judge", "/r1/DEV/GOV/2/reg/pets/.x/%2e", "/.x/%2e", "", false},
        {"escaped identifiers", "/r1/%44EV/GOV/2/reg/%70ets/%70", "/%70", "", false},
    };
    for (const auto& [why, target, path, query, has_query] : right) SUBCASE(why) {
            const auto read = RestTarget::parse(target);
            REQUIRE_MESSAGE(read, read.error().detail);
            CHECK(read->service == ServiceId{{"DEV", "GOV", "2", "reg"}, "pets", std::nullopt});
            CHECK(read->path == path);
            CHECK(read->query == query);
            CHECK(read->has_query == has_query);
        }
}

TEST_CASE("a name may hold dots, as long as it is not one") {
    for (const auto* target : {"/r1/DEV/GOV/2/reg/v1.0", "/r1/DEV/GOV/2/.reg/...", "/r1/DEV/GOV/2/reg/%2ehidden"})
        CHECK_MESSAGE(RestTarget::parse(target), target);
}

TEST_CASE("a REST target is refused as internal_error, with its reason, when it") {
    const struct {
        const char* why;
        std::string_view target, says;
    } wrong[] = {
        {"has a dot for a service", "/r1/DEV/COM/1/app/.", "dot segment"},
        {"has an escaped dot for a service", "/r1/DEV/COM/1/app/%2e/v1", "dot segment"},
        {"has two dots for a service", "/r1/DEV/COM/1/app/../x", "dot segment"},
        {"has two escaped dots for a subsystem", "/r1/DEV/COM/1/%2E%2e/svc", "dot segment"},
        {"has a dot for an instance", "/r1/./COM/1/app/svc", "dot segment"},
        {"hides a dot behind two escapes", "/r1/DEV/COM/1/app/%252e", "separator"},
        {"has no service code", "/r1/DEV/GOV/2/reg", "not /r1/"},
        {"has no subsystem", "/r1/DEV/GOV/2/pets", "not /r1/"},
        {"has another prefix", "/r2/DEV/GOV/2/reg/pets", "not /r1/"},
        {"has the prefix in capitals", "/R1/DEV/GOV/2/reg/pets", "not /r1/"},
        {"has no prefix", "/DEV/GOV/2/reg/pets/a/b", "not /r1/"},
        {"is absolute", "http://a/r1/DEV/GOV/2/reg/pets", "not /r1/"},
        {"is empty", "", "not /r1/"},
        {"has an empty subsystem", "/r1/DEV/GOV/2//pets", "subsystem code cannot be empty"},
        {"has an empty service code", "/r1/DEV/GOV/2/reg/", "service code cannot be empty"},
        {"has a blank service code", "/r1/DEV/GOV/2/reg/%20", "service code cannot be blank"},
        {"has a fragment", "/r1/DEV/GOV/2/reg/pets#a", "must be escaped"},
        {"has brackets in the path", "/r1/DEV/GOV/2/reg/pets/[1]", "path holds"},
        {"has a bar in the query", "/r1/DEV/GOV/2/reg/pets?a|b", "query holds"},
        {"has a blank in the query", "/r1/DEV/GOV/2/reg/pets?a b", "query holds"},
        {"has an incomplete escape in the path", "/r1/DEV/GOV/2/reg/pets/%2", "incomplete escape"},
        {"has an incomplete escape in the query", "/r1/DEV/GOV/2/reg/pets?a=%2", "incomplete escape"},
        {"has a backslash", "/r1/DEV/GOV/2/reg/pets\\a", "must be escaped"},
        {"has an octet beyond ASCII", "/r1/DEV/GOV/2/reg/p\xc3\xa4ts", "must be escaped"},
    };
    for (const auto& [why, target, says] : wrong) SUBCASE(why) {
            const auto read = RestTarget::parse(target);
            REQUIRE_FALSE(read);
            CHECK(read.error().code == FaultCode::internal_error);
            CHECK_MESSAGE(contains(read.error().detail, says), read.error().detail);
        }
}

TEST_CASE("clients can be kept in a hash set") {
    std::unordered_set<ClientId> set;
    set.insert(*ClientId::from_header("A/B/C"));
    set.insert(*ClientId::from_header("A/B/C/D"));
    set.insert(*ClientId::from_header("A/B/C/D"));
    CHECK(set.size() == 2);
    CHECK(set.contains(ClientId{"A", "B", "C", "D"}));
}
