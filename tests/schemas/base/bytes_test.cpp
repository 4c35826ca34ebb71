#include "schemas/base/bytes.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace onceway;
using namespace std::string_literals;

TEST_CASE("hexadecimal is written in lower case and read in either") {
    CHECK(to_hex("\x00\x7f\xff"s) == "007fff");
    CHECK(*from_hex("007FfF") == "\x00\x7f\xff"s);
    CHECK(from_hex("")->empty());
    CHECK(from_hex("0").error().detail == "hexadecimal has an odd number of digits");
    CHECK(from_hex("0g").error().detail == "hexadecimal holds another character");
    CHECK_FALSE(from_hex(" 0"));
}

TEST_CASE("Base64 follows RFC 4648") {
    const std::pair<std::string, std::string> rows[] = {{"", ""},
                                                        {"f", "Zg=="},
                                                        {"fo", "Zm8="},
                                                        {"foo", "Zm9v"},
                                                        {"foob", "Zm9vYg=="},
                                                        {"fooba", "Zm9vYmE="},
                                                        {"foobar", "Zm9vYmFy"},
                                                        {"\xfb\xff\xfe", "+//+"}};
    for (const auto& [octets, text] : rows) {
        CHECK(to_base64(octets) == text);
        CHECK(*from_base64(text) == octets);
        CHECK(*from_spaced_base64(" \r\n\t" + text + "\n") == octets);
    }
}

TEST_CASE("Base64 is refused, with its reason, when it") {
    const struct {
        const char* why;
        std::string_view text, says;
    } wrong[] = {
        {"lacks padding", "Zg", "middle of a group"},
        {"lacks half its padding", "Zg=", "middle of a group"},
        {"has too much padding", "Zm9v=", "does not belong"},
        {"has three paddings", "Z===", "does not belong"},
        {"is padding alone", "====", "does not belong"},
        {"goes on behind padding", "Zg==Zg==", "does not belong"},
        {"has one digit too many", "Zm9vY", "middle of a group"},
        {"has another alphabet", "_-_-", "does not belong"},
        {"has a blank", "Zm 9v", "does not belong"},
        {"has a line break", "Zm9v\n", "does not belong"},
        {"has NUL", {"Zm9\0", 4}, "does not belong"},
        {"ends in bits that say nothing", "Zh==", "not zero"},
    };
    for (const auto& [why, text, says] : wrong) SUBCASE(why) {
            const auto octets = from_base64(text);
            REQUIRE_FALSE(octets);
            CHECK(octets.error().code == FaultCode::invalid_argument);
            CHECK_MESSAGE(octets.error().detail.find(says) != std::string::npos, octets.error().detail);
        }
    CHECK_FALSE(from_spaced_base64("Zm9v\x0b"));
}

TEST_CASE("UTF-8 is told from what only looks like it") {
    for (const auto* text : {"", "a", "ä", "€", "𝄞", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80"})
        CHECK(is_utf8(text));
    for (const auto* text :
         {"\x80", "\xc0\xaf", "\xc1\xbf", "\xc3", "\xe2\x82", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
          "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff",
          "a\xe4"
          "b"})
        CHECK_FALSE(is_utf8(text));
}

TEST_CASE("names are compared ignoring the case of ASCII letters only") {
    CHECK(same_ignoring_case("X-Road-Client", "x-ROAD-client"));
    CHECK_FALSE(same_ignoring_case("a", "ab"));
    CHECK_FALSE(same_ignoring_case("Ä", "ä"));
    CHECK_FALSE(same_ignoring_case("@", "`"));
    CHECK(to_lower("ABC-xyz-Ä[") == "abc-xyz-Ä[");
}

TEST_CASE("random names have their form and do not repeat") {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto id = random_uuid();
        REQUIRE(id.size() == 36);
        CHECK(id[14] == '4');
        CHECK(std::string("89ab").find(id[19]) != std::string::npos);
        CHECK(id.find_first_not_of("0123456789abcdef-") == std::string::npos);
        CHECK(seen.insert(id).second);
    }
    std::set<char> letters;
    for (const char c : random_letters(5000)) letters.insert(c);
    CHECK(letters.size() == 52);
}
