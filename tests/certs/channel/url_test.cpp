#include "certs/channel/url.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using channel::Url;
using tests::contains;

TEST_CASE("an address is read into its parts") {
    struct {
        std::string_view text;
        bool tls;
        std::string_view host;
        std::uint16_t port;
        std::string_view target, authority;
    } const rows[] = {
        {"http://example.org", false, "example.org", 80, "/", "example.org"},
        {"https://example.org/a%20b?c=d&e=/?", true, "example.org", 443, "/a%20b?c=d&e=/?", "example.org"},
        {"http://127.0.10.1:8080/r1", false, "127.0.10.1", 8080, "/r1", "127.0.10.1:8080"},
        {"https://[2001:db8::1]:8443/", true, "2001:db8::1", 8443, "/", "[2001:db8::1]:8443"},
        {"http://srv_1.local?x", false, "srv_1.local", 80, "/?x", "srv_1.local"},
        {"http://1and1.example", false, "1and1.example", 80, "/", "1and1.example"},
        {"http://[::1]/", false, "::1", 80, "/", "[::1]"},
    };
    for (const auto& row : rows) SUBCASE(row.text.data()) {
            const auto url = Url::parse(row.text);
            REQUIRE(url);
            CHECK(url->tls == row.tls);
            CHECK(url->host == row.host);
            CHECK(url->port == row.port);
            CHECK(url->target == row.target);
            CHECK(url->authority() == row.authority);
            CHECK(Url::parse(url->text())->text() == url->text());
        }
}

// Threat row 19: a host has one reading, and nothing but http and https is called.
TEST_CASE("an address is refused, with its reason, when it") {
    struct {
        const char* why;
        std::string_view text, says;
    } const wrong[] = {
        {"is empty", "", "http://"},
        {"names a file", "file:///etc/passwd", "http://"},
        {"has a scheme in capitals", "HTTP://example.org/", "http://"},
        {"holds user information", "http://admin@example.org/", "user information"},
        {"hides its host behind a password", "http://good.example:pw@evil.example/", "user information"},
        {"holds a fragment", "http://example.org/a#b", "fragment"},
        {"has no host", "http:///a", "no valid host"},
        {"has an empty label", "http://a..b/", "no valid host"},
        {"has a blank in its host", "http://a b/", "no valid host"},
        {"has an escaped host", "http://%31%32%37.0.0.1/", "no valid host"},
        {"is a short IPv4 form", "http://127.1/", "odd form"},
        {"is a hexadecimal number", "http://0x7f.1/", "odd form"},
        {"is one number", "http://2130706433/", "odd form"},
        {"has an octal part", "http://0177.0.0.1/", "odd form"},
        {"is a number with a dot behind", "http://127.0.0.1./", "odd form"},
        {"is too large for an address", "http://256.0.0.1/", "odd form"},
        {"wraps IPv4 in IPv6", "http://[::ffff:127.0.0.1]/", "no valid host"},
        {"names a zone", "http://[fe80::1%25eth0]/", "no valid host"},
        {"does not close its bracket", "http://[::1/", "not closed"},
        {"has port 0", "http://example.org:0/", "port"},
        {"has a port too large", "http://example.org:65536/", "port"},
        {"has an empty port", "http://example.org:/", "port"},
        {"has a signed port", "http://example.org:+80/", "port"},
        {"has a blank in its path", "http://example.org/a b", "percent-encoded"},
        {"has a line end in its path", "http://example.org/a\r\nX: y", "percent-encoded"},
        {"has a half escape", "http://example.org/%4", "hexadecimal"},
        {"has an escape that is none", "http://example.org/%zz", "hexadecimal"},
        {"has raw UTF-8 in its path", "http://example.org/\xc3\xa4", "percent-encoded"},
    };
    for (const auto& [why, text, says] : wrong) SUBCASE(why) {
            const auto url = Url::parse(text);
            REQUIRE_FALSE(url);
            CHECK(url.error().code == FaultCode::service_malformed_url);
            CHECK(contains(url.error().detail, says));
        }
}
