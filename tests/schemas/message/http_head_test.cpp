#include "schemas/message/http_head.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace onceway;
using namespace onceway::message;
using onceway::tests::contains;
using namespace std::string_literals;

namespace {

const std::string host = "Host: ss1.example:8080\r\n";

/// A request head that is in order but for the lines added.
std::string with(std::string_view lines, std::string_view start = "POST /r1/a HTTP/1.1") {
    return std::string(start) + "\r\n" + host + std::string(lines) + "\r\n";
}
std::string get(std::string_view target) { return "GET " + std::string(target) + " HTTP/1.1\r\n" + host + "\r\n"; }
std::string answer(std::string_view lines, std::string_view start = "HTTP/1.1 200 OK") {
    return std::string(start) + "\r\n" + std::string(lines) + "\r\n";
}

}  // namespace

TEST_CASE("a request head is refused as bad_request, with its reason, when it") {
    const HeadRules rules{.refuse_repeated_x_road = true};
    const struct {
        const char* why;
        std::string head;
        std::string_view says;
    } wrong[] = {
        {"codes with gzip and gives a length", with("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n"), "together"},
        {"is chunked and gives a length", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), "together"},
        {"gives a length and is chunked", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), "together"},
        {"has an empty coding and a length", with("Transfer-Encoding:\r\nContent-Length: 5\r\n"), "together"},
        {"is chunked, then gzip", with("Transfer-Encoding: chunked, gzip\r\n"), "not chunked"},
        {"is gzip, then chunked", with("Transfer-Encoding: gzip, chunked\r\n"), "not chunked"},
        {"is chunked twice in one field", with("Transfer-Encoding: chunked,chunked\r\n"), "not chunked"},
        {"has two codings", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), "twice"},
        {"has identity coding", with("Transfer-Encoding: identity\r\n"), "not chunked"},
        {"has a coding cut short", with("Transfer-Encoding: chunk\r\n"), "not chunked"},
        {"has a coding with a letter in front", with("Transfer-Encoding: xchunked\r\n"), "not chunked"},
        {"has a quoted coding", with("Transfer-Encoding: \"chunked\"\r\n"), "not chunked"},
        {"has a coding behind a no-break space",
         with("Transfer-Encoding: \xa0"
              "chunked\r\n"),
         "not ASCII"},
        {"has a coding before a no-break space", with("Transfer-Encoding: chunked\xa0\r\n"), "not ASCII"},
        {"has a coding behind a vertical tab",
         with("Transfer-Encoding: \x0b"
              "chunked\r\n"),
         "control character"},
        {"has an empty coding", with("Transfer-Encoding: \r\n"), "not chunked"},
        {"has a comma before the coding", with("Transfer-Encoding: ,chunked\r\n"), "not chunked"},
        {"has a coding with a parameter", with("Transfer-Encoding: chunked;q=1\r\n"), "not chunked"},
        {"has a coding in capitals", with("Transfer-Encoding: CHUNKED\r\n"), "not chunked"},
        {"is chunked in HTTP/1.0", with("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0"), "HTTP/1.0"},
        {"hides the coding behind a blank", with("Transfer-Encoding : chunked\r\n"), "no field name"},
        {"has two equal lengths", with("Content-Length: 5\r\nContent-Length: 5\r\n"), "twice"},
        {"has two lengths", with("Content-Length: 5\r\nContent-length: 6\r\n"), "twice"},
        {"lists two lengths", with("Content-Length: 5, 5\r\n"), "1 to 15 digits"},
        {"has a length with a sign", with("Content-Length: +5\r\n"), "1 to 15 digits"},
        {"has a negative length", with("Content-Length: -1\r\n"), "1 to 15 digits"},
        {"has a hexadecimal length", with("Content-Length: 0x10\r\n"), "1 to 15 digits"},
        {"has an empty length", with("Content-Length:\r\n"), "1 to 15 digits"},
        {"has a length of sixteen digits", with("Content-Length: 1000000000000000\r\n"), "1 to 15 digits"},
        {"has a length with a fraction", with("Content-Length: 5.0\r\n"), "1 to 15 digits"},
        {"has a length with a blank inside", with("Content-Length: 1 0\r\n"), "1 to 15 digits"},
        {"has a length with a superscript digit", with("Content-Length: 5\xb2\r\n"), "not ASCII"},
        {"has no Host", "GET / HTTP/1.1\r\nAccept: */*\r\n\r\n", "Host is missing"},
        {"has two Hosts", with("Host: other\r\n"), "host stands there twice"},
        {"has an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "no name or address"},
        {"lists two Hosts", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", "no name or address"},
        {"has a Host with a user", "GET / HTTP/1.1\r\nHost: user@a\r\n\r\n", "no name or address"},
        {"has a Host with a path", "GET / HTTP/1.1\r\nHost: a/path\r\n\r\n", "no name or address"},
        {"has a Host with a port of letters", "GET / HTTP/1.1\r\nHost: a:http\r\n\r\n", "no name or address"},
        {"has a Host with an empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", "no name or address"},
        {"has a Host with two ports", "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", "no name or address"},
        {"has a Host in an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "no name or address"},
        {"has a Host behind a bracketed address", "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n", "no name or address"},
        {"folds a field with a blank", with("X-A: 1\r\n 2\r\n"), "folded"},
        {"folds a field with a tab", with("X-A: 1\r\n\t2\r\n"), "folded"},
        {"folds the first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "folded"},
        {"has a bare LF", "GET / HTTP/1.1\nHost: a\r\n\r\n", "bare LF"},
        {"consists of bare LFs", "GET / HTTP/1.1\nHost: a\n\n", "bare LF"},
        {"has a bare LF before the end", with("X-A: 1\n"), "bare LF"},
        {"has a CR inside a value", with("X-A: 1\r2\r\n"), "CR stands without LF"},
        {"has two CRs at a line's end", with("X-A: 1\r\r\n"), "CR stands without LF"},
        {"has NUL in a value", with("X-A: 1\0"s + "2\r\n"), "control character"},
        {"has DEL in a value", with("X-A: 1\x7f\r\n"), "control character"},
        {"has ESC in a value", with("X-A: \x1b[2J\r\n"), "control character"},
        {"has a line without colon", with("X-A\r\n"), "no colon"},
        {"has a field without name", with(": 1\r\n"), "no name"},
        {"has a blank in a name", with("X A: 1\r\n"), "no field name"},
        {"has a bracket in a name", with("X(A): 1\r\n"), "no field name"},
        {"has an octet beyond ASCII in a name", with("X-\xe4: 1\r\n"), "no field name"},
        {"asks for an upgrade", with("Upgrade: h2c\r\nConnection: Upgrade\r\n"), "upgrade is not accepted"},
        {"announces a trailer", with("Trailer: X-Road-Client\r\n"), "trailer is not accepted"},
        {"takes a coding in the answer", with("TE: gzip\r\n"), "TE is 'gzip'"},
        {"expects something else", with("Expect: anything\r\n"), "not 100-continue"},
        {"expects twice", with("Expect: 100-continue\r\nExpect: 100-continue\r\n"), "expect stands there twice"},
        {"has two types", with("Content-Type: a/b\r\ncontent-type: a/c\r\n"), "content-type stands there twice"},
        {"has two authorizations", with("Authorization: a\r\nAuthorization: b\r\n"),
         "authorization stands there twice"},
        {"has two SOAPActions", with("SOAPAction: \"\"\r\nsoapaction: \"x\"\r\n"), "soapaction stands there twice"},
        {"names its client twice", with("X-Road-Client: a/b/c\r\nx-road-client: a/b/d\r\n"), "stands there twice"},
        {"has a Connection beyond ASCII", with("Connection: close\xa0\r\n"), "not ASCII"},
        {"has an absolute target", get("http://a/"), "does not begin with '/'"},
        {"has an asterisk as target", get("*"), "does not begin with '/'"},
        {"has an authority as target", "CONNECT a:443 HTTP/1.1\r\n" + host + "\r\n", "does not begin with '/'"},
        {"has two slashes in front", get("//x/public"), "two '/'"},
        {"has a fragment", get("/a#b"), "must be escaped"},
        {"has an octet beyond ASCII in the target", get("/\xc3\xa4"), "must be escaped"},
        {"has a quote in the target", get("/a\"b"), "must be escaped"},
        {"has a backslash in the target", get("/a\\b"), "must be escaped"},
        {"has a bar in the query", get("/a?b=|"), "must be escaped"},
        {"has brackets in the path", get("/a[0]"), "must be escaped"},
        {"has braces in the target", get("/{a}"), "must be escaped"},
        {"has NUL in the target", get("/a\0b"s), "must be escaped"},
        {"has a tab in the request line", "GET\t/ HTTP/1.1\r\n" + host + "\r\n", "no request line"},
        {"has two blanks in the request line", "GET  / HTTP/1.1\r\n" + host + "\r\n", "no request line"},
        {"has a blank in the target", "GET /a b HTTP/1.1\r\n" + host + "\r\n", "no request line"},
        {"has a blank behind the version", "GET / HTTP/1.1 \r\n" + host + "\r\n", "no request line"},
        {"has no version", "GET /\r\n" + host + "\r\n", "no request line"},
        {"has no method", " / HTTP/1.1\r\n" + host + "\r\n", "no method"},
        {"has a method with a slash", "G/T / HTTP/1.1\r\n" + host + "\r\n", "no method"},
        {"has a very long method", std::string(33, 'G') + " / HTTP/1.1\r\n" + host + "\r\n", "no method"},
        {"speaks HTTP/2.0", "PRI / HTTP/2.0\r\n" + host + "\r\n", "not HTTP/1.1"},
        {"speaks HTTP/1.2", "GET / HTTP/1.2\r\n" + host + "\r\n", "not HTTP/1.1"},
        {"speaks HTTP/1.10", "GET / HTTP/1.10\r\n" + host + "\r\n", "not HTTP/1.1"},
        {"spells the version in lower case", "GET / http/1.1\r\n" + host + "\r\n", "not HTTP/1.1"},
        {"begins with an empty line", "\r\nGET / HTTP/1.1\r\n" + host + "\r\n", "empty line"},
        {"is empty", "\r\n\r\n", "empty line"},
        {"is a TLS greeting", "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"s, "no request line"},
        {"does not end", "GET / HTTP/1.1\r\n" + host, "ends without an empty line"},
        {"goes on behind its end", get("/") + "x", "octets follow"},
    };
    static_assert(std::size(wrong) >= 60);
    for (const auto& [why, head, says] : wrong) SUBCASE(why) {
            const auto parsed = parse_request_head(head, rules);
            REQUIRE_FALSE(parsed);
            CHECK(parsed.error().code == FaultCode::bad_request);
            CHECK_MESSAGE(contains(parsed.error().detail, says), parsed.error().detail);
        }
}

TEST_CASE("a request head passes, though it") {
    const struct {
        const char* why;
        std::string head;
        Framing::Kind kind;
        std::uint64_t length;
        bool keep_alive;
    } right[] = {
        {"is plain", get("/"), Framing::Kind::none, 0, true},
        {"is chunked", with("Transfer-Encoding: chunked\r\n"), Framing::Kind::chunked, 0, true},
        {"gives a length", with("Content-Length: 22\r\n"), Framing::Kind::length, 22, true},
        {"gives the longest length", with("Content-Length: 999999999999999\r\n"), Framing::Kind::length,
         999999999999999, true},
        {"has blanks around a value", with("Content-Length: \t 22 \t\r\n"), Framing::Kind::length, 22, true},
        {"has no blank before a value", with("Content-Length:22\r\n"), Framing::Kind::length, 22, true},
        {"has a method with a body and no framing", with(""), Framing::Kind::none, 0, true},
        {"asks to close", with("Connection: close\r\n"), Framing::Kind::none, 0, false},
        {"asks to close among other things", with("Connection: x, Close\r\n"), Framing::Kind::none, 0, false},
        {"is HTTP/1.0", with("Content-Length: 3\r\n", "POST / HTTP/1.0"), Framing::Kind::length, 3, false},
        {"is HTTP/1.0 kept alive", with("Connection: Keep-Alive\r\n", "GET / HTTP/1.0"), Framing::Kind::none, 0, true},
        {"takes trailers", with("TE: trailers\r\n"), Framing::Kind::none, 0, true},
        {"has an empty value", with("X-Empty: \r\n"), Framing::Kind::none, 0, true},
        {"has ISO-8859-1 in a value", with("X-Latin: caf\xe9\r\n"), Framing::Kind::none, 0, true},
        {"repeats a field of its own", with("X-Custom: one\r\nX-Custom: two\r\n"), Framing::Kind::none, 0, true},
        {"has an address as Host", "GET / HTTP/1.1\r\nHost: 127.0.0.1:5500\r\n\r\n", Framing::Kind::none, 0, true},
        {"has a bracketed address as Host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", Framing::Kind::none, 0, true},
        {"has an underscore in its Host", "GET / HTTP/1.1\r\nHost: my_service\r\n\r\n", Framing::Kind::none, 0, true},
        {"has brackets in the query", get("/a?b[0]=1"), Framing::Kind::none, 0, true},
        {"has every character a path may have", get("/a-._~!$&'()*+,;=:@%20/?/?"), Framing::Kind::none, 0, true},
        {"has a tab inside a value", with("X-A: 1\t2\r\n"), Framing::Kind::none, 0, true},
    };
    for (const auto& [why, head, kind, length, keep_alive] : right) SUBCASE(why) {
            const auto parsed = parse_request_head(head, {.refuse_repeated_x_road = true});
            REQUIRE_MESSAGE(parsed, parsed.error().detail);
            CHECK(parsed->framing.kind == kind);
            CHECK(parsed->framing.length == length);
            CHECK(parsed->keep_alive == keep_alive);
        }
}

TEST_CASE("a request head gives method, target and fields as they were written") {
    const auto head = parse_request_head(
        with("X-Road-Client: A/b/C\r\nx-lower:  v \r\nExpect: 100-Continue\r\n", "PUT /a%2Fb?x HTTP/1.1"));
    REQUIRE(head);
    CHECK(head->method == "PUT");
    CHECK(head->target == "/a%2Fb?x");
    CHECK(
        head->fields ==
        Fields{{"Host", "ss1.example:8080"}, {"X-Road-Client", "A/b/C"}, {"x-lower", "v"}, {"Expect", "100-Continue"}});
    CHECK(head->expects_continue);
    CHECK(field(head->fields, "x-road-client") == "A/b/C");
    CHECK_FALSE(field(head->fields, "absent"));
}

TEST_CASE("an X-Road field twice is refused only where information systems call") {
    const auto head = with("X-Road-Client: a/b/c\r\nX-Road-Client: a/b/d\r\n");
    CHECK(parse_request_head(head));
    CHECK_FALSE(parse_request_head(head, {.refuse_repeated_x_road = true}));
}

TEST_CASE("a head is refused as too large when it has more than") {
    SUBCASE("8 KiB") {
        const auto head = with("X-Long: " + std::string(8 * 1024, 'x') + "\r\n");
        const auto parsed = parse_request_head(head);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code == FaultCode::too_large);
        CHECK(contains(parsed.error().detail, "8192 are allowed"));
    }
    SUBCASE("100 fields") {
        std::string lines;
        for (int i = 0; i < 99; ++i) lines += "X-A: 1\r\n";
        CHECK(parse_request_head(with(lines)));
        const auto parsed = parse_request_head(with(lines + "X-A: 1\r\n"));
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code == FaultCode::too_large);
        CHECK(contains(parsed.error().detail, "more than 100 fields"));
    }
}

TEST_CASE("the end of a head is found when it has arrived") {
    CHECK_FALSE(head_end("GET / HTTP/1.1\r\nHost: a\r\n"));
    CHECK_FALSE(head_end("GET / HTTP/1.1\r\nHost: a\r\n\r"));
    CHECK(head_end("GET / HTTP/1.1\r\n\r\nbody") == 18);
    CHECK(head_end("a\n\nrest") == 3);  // refused by the scanner at once
    CHECK(head_end("a\n\r\nrest") == 4);
}

TEST_CASE("an answer's head is refused as http_error, with its reason, when it") {
    const struct {
        const char* why;
        std::string head;
        std::string_view says;
    } wrong[] = {
        {"is no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", "no status line"},
        {"has no status", "HTTP/1.1\r\n\r\n", "no status line"},
        {"has a status of two digits", "HTTP/1.1 99\r\n\r\n", "no status line"},
        {"has a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", "no status line"},
        {"has a status below 100", "HTTP/1.1 099 OK\r\n\r\n", "not 100 to 999"},
        {"has a signed status", "HTTP/1.1 -20 OK\r\n\r\n", "not 100 to 999"},
        {"speaks HTTP/2", "HTTP/2 200\r\n\r\n", "no status line"},
        {"switches protocols", answer("Upgrade: h2c\r\n", "HTTP/1.1 101 Switching"), "switches protocols"},
        {"has two lengths", answer("Content-Length: 1\r\nContent-Length: 1\r\n"), "twice"},
        {"is chunked with a length", answer("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), "together"},
        {"has another coding", answer("Transfer-Encoding: gzip\r\n"), "not chunked"},
        {"is chunked in HTTP/1.0", answer("Transfer-Encoding: chunked\r\n", "HTTP/1.0 200 OK"), "HTTP/1.0"},
        {"folds a field", answer("X-A: 1\r\n 2\r\n"), "folded"},
        {"has a control in the reason", answer("", "HTTP/1.1 200 \x1b"), "control character"},
        {"has two types", answer("Content-Type: a/b\r\nContent-Type: a/b\r\n"), "twice"},
        {"has a bare LF", "HTTP/1.1 200 OK\n\n", "bare LF"},
    };
    for (const auto& [why, head, says] : wrong) SUBCASE(why) {
            const auto parsed = parse_response_head(head);
            REQUIRE_FALSE(parsed);
            CHECK(parsed.error().code == FaultCode::http_error);
            CHECK_MESSAGE(contains(parsed.error().detail, says), parsed.error().detail);
        }
}

TEST_CASE("the end of an answer's body is known from its head") {
    const struct {
        const char* why;
        std::string head;
        HeadRules rules;
        Framing::Kind kind;
        bool keep_alive;
    } cases[] = {
        {"length", answer("Content-Length: 9\r\n"), {}, Framing::Kind::length, true},
        {"chunked", answer("Transfer-Encoding: chunked\r\n"), {}, Framing::Kind::chunked, true},
        {"until the connection ends", answer("Connection: close\r\n"), {}, Framing::Kind::until_close, false},
        {"until the connection ends, unsaid", answer(""), {}, Framing::Kind::until_close, false},
        {"no body with 204", answer("", "HTTP/1.1 204 No Content"), {}, Framing::Kind::none, true},
        {"no body with 304, whose length is that of another answer",
         answer("Content-Length: 9\r\n", "HTTP/1.1 304 x"),
         {},
         Framing::Kind::none,
         true},
        {"a body announced with 204 ends the connection",
         answer("Content-Length: 9\r\n", "HTTP/1.1 204 x"),
         {},
         Framing::Kind::none,
         false},
        {"no body to HEAD", answer("Content-Length: 9\r\n"), {.answers_head = true}, Framing::Kind::none, true},
        {"no body with 100", answer("", "HTTP/1.1 100 Continue"), {}, Framing::Kind::none, true},
        {"a status without reason", answer("Content-Length: 2\r\n", "HTTP/1.1 200"), {}, Framing::Kind::length, true},
        {"an empty reason", answer("Content-Length: 2\r\n", "HTTP/1.1 200 "), {}, Framing::Kind::length, true},
        {"an unusual status", answer("Content-Length: 2\r\n", "HTTP/1.1 999 Own"), {}, Framing::Kind::length, true},
        {"HTTP/1.0", answer("Content-Length: 2\r\n", "HTTP/1.0 200 OK"), {}, Framing::Kind::length, false},
        {"an offer to upgrade, which we ignore",
         answer("Upgrade: h2\r\nContent-Length: 2\r\n"),
         {},
         Framing::Kind::length,
         true},
    };
    for (const auto& [why, head, rules, kind, keep_alive] : cases) SUBCASE(why) {
            const auto parsed = parse_response_head(head, rules);
            REQUIRE_MESSAGE(parsed, parsed.error().detail);
            CHECK(parsed->framing.kind == kind);
            CHECK(parsed->keep_alive == keep_alive);
        }
    const auto endless = parse_response_head(answer(""), {.until_close_allowed = false});
    REQUIRE_FALSE(endless);
    CHECK(contains(endless.error().detail, "neither Content-Length nor chunked"));
}

TEST_CASE("a field that would break a head is a bug and throws") {
    std::string head;
    append_field(head, "X-A", "1");
    CHECK(head == "X-A: 1\r\n");
    CHECK_THROWS_AS(append_field(head, "X A", "1"), std::invalid_argument);
    CHECK_THROWS_AS(append_field(head, "", "1"), std::invalid_argument);
    CHECK_THROWS_AS(append_field(head, "X-A", "1\r\nX-B: 2"), std::invalid_argument);
    CHECK_THROWS_AS(append_field(head, "X-A", "1\0"s), std::invalid_argument);
}
