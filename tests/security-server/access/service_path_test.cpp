#include "security-server/access/rights.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using access::ServicePath;

TEST_CASE("a service path passes, decoded once for matching and raw for forwarding, when it") {
    struct {
        const char* why;
        std::string_view raw, decoded;
    } const rows[] = {
        {"is empty", "", ""},
        {"is one slash", "/", "/"},
        {"ends in a slash", "/pets/", "/pets/"},
        {"has several segments", "/pets/1/toys", "/pets/1/toys"},
        {"holds an encoded blank", "/a%20b", "/a b"},
        {"holds an encoded percent sign", "/a%25b", "/a%b"},
        {"holds an encoded hyphen", "/a%2db", "/a-b"},
        {"holds an encoded question mark", "/a%3Fb", "/a?b"},
        {"holds an encoded star", "/%2A", "/*"},
        {"holds UTF-8, encoded in either case", "/%C3%A4/%c3%a4", "/\xC3\xA4/\xC3\xA4"},
        {"holds path parameters", "/pets/1;v=1", "/pets/1;v=1"},
        {"holds a plus", "/a+b", "/a+b"},
        {"holds a dot inside a name", "/report.pdf", "/report.pdf"},
        {"begins a name with a dot", "/.well-known/x", "/.well-known/x"},
        {"holds every sub-delimiter", "/!$&'()*+,;=:@-._~", "/!$&'()*+,;=:@-._~"},
    };
    for (const auto& [why, raw, decoded] : rows) SUBCASE(why) {
            const auto path = ServicePath::read(raw);
            REQUIRE(path);
            CHECK(path->raw() == raw);
            CHECK(path->decoded() == decoded);
        }
}

TEST_CASE("a service path is refused as access denied, with its reason, when it") {
    struct {
        const char* why;
        std::string_view raw, says;
    } const rows[] = {
        {"does not begin with a slash", "pets", "begin with a slash"},
        {"walks up", "/a/../s", "dot segment"},
        {"walks up at its end", "/a/..", "dot segment"},
        {"stays where it is", "/./a", "dot segment"},
        {"walks up in escapes", "/a/%2e%2e/s", "dot segment"},
        {"walks up in upper-case escapes", "/a/%2E%2E/s", "dot segment"},
        {"walks up half escaped", "/a/.%2e/s", "dot segment"},
        {"walks up behind an encoded slash", "/a/..%2fs", "encoded slash"},
        {"walks up behind two escapes", "/a/%252e%252e/s", "two escapes"},
        {"walks up behind two escapes and a slash", "/pets%252F%252e%252e%252Fadmin", "two escapes"},
        {"walks up with path parameters", "/a/..;/s", "dot segment"},
        {"stays with path parameters", "/a/.;v=1/s", "dot segment"},
        {"has two dots in a name", "/a..b", "two dots"},
        {"is three dots", "/pets/...", "two dots"},
        {"begins with two slashes", "//x/public", "empty segment"},
        {"has an empty segment", "/pets//1", "empty segment"},
        {"ends in two slashes", "/pets//", "empty segment"},
        {"hides a query and walks up", "/public%3F/../s", "dot segment"},
        {"hides a fragment and walks up", "/public/%23/../../s", "dot segment"},
        {"holds an overlong dot", "/%C0%AE/s", "not UTF-8"},
        {"holds a lone continuation octet", "/%80", "not UTF-8"},
        {"holds a surrogate", "/%ED%A0%80", "not UTF-8"},
        {"holds an encoded slash", "/a%2Fb", "encoded slash"},
        {"holds an encoded backslash", "/a%5Cb", "encoded backslash"},
        {"holds an encoded NUL", "/a%00b", "control character"},
        {"holds an encoded line end", "/a%0Ab", "control character"},
        {"holds an encoded DEL", "/a%7F", "control character"},
        {"holds an encoded U+0085", "/a%C2%85", "control character"},
        {"holds a raw backslash", "/a\\b", "must be escaped"},
        {"holds a raw query", "/a?b", "must be escaped"},
        {"holds a raw fragment", "/a#b", "must be escaped"},
        {"holds a raw blank", "/a b", "must be escaped"},
        {"holds raw brackets", "/a[1]", "must be escaped"},
        {"holds a raw octet of UTF-8", "/\xC3\xA4", "must be escaped"},
        {"has an escape that is cut off", "/a%2", "incomplete escape"},
        {"has an escape that is not hexadecimal", "/a%zz", "incomplete escape"},
    };
    for (const auto& [why, raw, says] : rows) SUBCASE(why) {
            const auto path = ServicePath::read(raw);
            REQUIRE_FALSE(path);
            CHECK(path.error().code == FaultCode::access_denied);
            CHECK(tests::contains(path.error().detail, says));
        }
}
