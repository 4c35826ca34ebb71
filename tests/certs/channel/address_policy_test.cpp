// Threat row 19: what may be called is judged on the address that is connected to, however it was written.
#include "certs/channel/address_policy.hpp"

#include "certs/channel/client.hpp"
#include "tests/certs/channel/door.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using boost::asio::awaitable;
using channel::AddressPolicy;
using tests::contains;
using tests::OpenDoor;

TEST_CASE("unless the operator says otherwise, an address is refused, with its reason, when it is") {
    struct {
        const char* address;
        std::string_view says;
    } const rows[] = {
        {"0.0.0.0", "unspecified"},
        {"0.1.2.3", "unspecified"},
        {"169.254.169.254", "link-local"},
        {"169.254.0.1", "link-local"},
        {"224.0.0.1", "multicast"},
        {"239.255.255.250", "multicast"},
        {"240.0.0.1", "reserved"},
        {"255.255.255.255", "broadcast"},
        {"::", "unspecified"},
        {"fe80::1", "link-local"},
        {"febf::1", "link-local"},
        {"ff02::1", "multicast"},
        {"fd00:ec2::254", "metadata"},
        {"::ffff:169.254.169.254", "link-local"},    // mapped
        {"::169.254.169.254", "link-local"},         // compatible
        {"64:ff9b::169.254.169.254", "link-local"},  // NAT64
        {"2002:a9fe:a9fe::1", "link-local"},         // 6to4
        {"::ffff:0.0.0.0", "unspecified"},
    };
    for (const auto& [address, says] : rows) SUBCASE(address) {
            const auto refused = AddressPolicy::usual()->check(std::string(address));
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == FaultCode::network_error);
            CHECK_MESSAGE(contains(refused.error().detail, says), refused.error().detail);
            CHECK(contains(refused.error().detail, "may not be called"));
        }
}

TEST_CASE("information systems usually live at addresses that pass:") {
    for (const char* address :
         {"10.0.0.5", "127.0.0.1", "127.0.10.1", "192.168.1.2", "198.51.100.7", "100.64.0.1", "::1", "fd12:3456::1",
          "2001:db8::5", "::ffff:10.0.0.5", "223.255.255.255", "169.253.255.255"})
        SUBCASE(address) { CHECK(AddressPolicy::usual()->check(std::string(address))); }
}

TEST_CASE("networks that the operator names decide") {
    struct {
        const char* why;
        std::vector<std::string> allow, deny;
        const char* address;
        bool passes;
    } const rows[] = {
        {"inside what is allowed", {"10.0.0.0/8"}, {}, "10.255.255.255", true},
        {"outside what is allowed", {"10.0.0.0/8"}, {}, "11.0.0.0", false},
        {"the other family is not allowed along", {"10.0.0.0/8"}, {}, "fd00::1", false},
        {"one address", {"10.0.0.5"}, {}, "10.0.0.5", true},
        {"beside the one address", {"10.0.0.5"}, {}, "10.0.0.4", false},
        {"denied though allowed", {"10.0.0.0/8"}, {"10.1.0.0/16"}, "10.1.2.3", false},
        {"beside what is denied", {"10.0.0.0/8"}, {"10.1.0.0/16"}, "10.2.0.0", true},
        {"a prefix that ends within an octet", {"10.16.0.0/12"}, {}, "10.31.255.255", true},
        {"behind a prefix that ends within an octet", {"10.16.0.0/12"}, {}, "10.32.0.0", false},
        {"denied without anything allowed", {}, {"127.0.0.0/8"}, "127.0.0.1", false},
        {"denied as the IPv4 address within IPv6", {}, {"127.0.0.0/8"}, "::ffff:127.0.0.1", false},
        {"IPv6 inside", {"fd00::/8"}, {}, "fdff::1", true},
        {"everything allowed does not mean metadata", {"0.0.0.0/0"}, {}, "169.254.169.254", false},
        {"link-local, named", {"169.254.7.0/24"}, {}, "169.254.7.9", true},
        {"link-local, beside the name", {"169.254.7.0/24"}, {}, "169.254.8.9", false},
    };
    for (const auto& [why, allow, deny, address, passes] : rows) SUBCASE(why) {
            const auto policy = tests::must(AddressPolicy::of(allow, deny));
            CHECK(policy->check(std::string(address)).has_value() == passes);
        }
}

TEST_CASE("a text is no network when it") {
    struct {
        const char* why;
        std::string text;
    } const wrong[] = {
        {"is empty", ""},
        {"is a name", "localhost"},
        {"is a short form", "127.1"},
        {"is a number", "2130706433"},
        {"is hexadecimal", "0x7f.0.0.1"},
        {"is octal", "0177.0.0.1/8"},
        {"has bits behind its prefix", "10.1.0.0/8"},
        {"has a prefix too long", "10.0.0.0/33"},
        {"has no prefix behind its slash", "10.0.0.0/"},
        {"has a prefix with a sign", "10.0.0.0/+8"},
        {"has something behind its prefix", "10.0.0.0/8 "},
        {"names a zone", "fe80::1%eth0"},
    };
    for (const auto& [why, text] : wrong) SUBCASE(why) {
            const auto read = AddressPolicy::of({text}, {});
            REQUIRE_FALSE(read);
            CHECK(read.error().code == FaultCode::invalid_argument);
            CHECK(contains(read.error().detail, "is no network"));
        }
}

/// Opens a connection and closes it where it was opened.
Async<void> reach(channel::ConnectTo to) {
    auto opened = co_await channel::Connection::open(std::move(to));
    if (!opened) co_return opened.error();
    co_return Result<void>{};
}

// Names and odd numbers reach the resolver; what comes back is what is judged and called.
TEST_CASE("a host is judged by what it was resolved to, whatever it looks like:") {
    const OpenDoor door([](channel::Exchange& exchange) -> awaitable<void> {
        [[maybe_unused]] auto sent = co_await exchange.respond(200, "OK", {}, "here");
    });
    for (const char* host :
         {"127.0.0.1", "127.1", "0x7f.1", "2130706433", "0177.0.0.1", "localhost", "::ffff:127.0.0.1"})
        SUBCASE(host) {
            for (const bool denied : {false, true}) {
                channel::ConnectTo to{.host = host, .port = door.port()};
                to.permitted = tests::must(AddressPolicy::of(
                    {}, denied ? std::vector<std::string>{"127.0.0.0/8", "::1"} : std::vector<std::string>{}));
                const auto opened = tests::run(reach(std::move(to)));
                if (!denied) {
                    CHECK_MESSAGE(opened, opened.error().detail);
                    continue;
                }
                REQUIRE_FALSE(opened);
                CHECK(opened.error().code == FaultCode::network_error);
                CHECK(contains(opened.error().detail, "may not be called"));
            }
        }
}
