#include "certs/keys/der.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace onceway;
namespace der = onceway::keys::der;

namespace {
Octets hex(std::string_view text) { return *from_hex(text); }
}  // namespace

TEST_CASE("an element is refused when it") {
    struct {
        const char* why;
        const char* octets;
    } const rows[] = {
        {"is empty", ""},
        {"has no length", "30"},
        {"is cut short", "300401"},
        {"has an indefinite length", "30800000"},
        {"writes a short length the long way", "308101ff"},
        {"pads its length with a zero", "30820001ff"},
        {"has a length of five octets", "308500000000010a"},
        {"has a tag of several octets", "1f810100"},
    };
    for (const auto& [why, octets] : rows) SUBCASE(why) CHECK_FALSE(der::Reader(hex(octets)).next());
}

TEST_CASE("elements are walked one level at a time and kept as they stand") {
    const Octets octets = hex("3006020101040141") + hex("0500");
    der::Reader reader(octets);
    const auto sequence = reader.next(der::sequence);
    REQUIRE(sequence);
    CHECK(to_hex(sequence->whole) == "3006020101040141");
    CHECK(reader.peek() == der::null);
    CHECK_FALSE(reader.optional(der::integer));
    CHECK(reader.next(der::null));
    CHECK(reader.at_end());
    der::Reader inside(sequence->content);
    CHECK(der::small_integer(*inside.next(der::integer)) == 1);
    CHECK(inside.next(der::octet_string)->content == "A");
}

TEST_CASE("an integer counts only when it is minimal and not negative") {
    const auto magnitude = [](const char* text) {
        const Octets octets = hex(text);
        const auto value = der::unsigned_integer(*der::Reader(octets).next());
        return value ? to_hex(*value) : "none";
    };
    CHECK(magnitude("020100") == "");
    CHECK(magnitude("02017f") == "7f");
    CHECK(magnitude("02020080") == "80");
    CHECK(magnitude("020180") == "none");
    CHECK(magnitude("0202007f") == "none");
    CHECK(magnitude("0200") == "none");
    CHECK(to_hex(der::unsigned_integer(OctetsView("\x00\x00\x80", 3))) == "02020080");
    CHECK(to_hex(der::unsigned_integer(OctetsView())) == "020100");
    CHECK(to_hex(der::small_integer(300)) == "0202012c");
}

TEST_CASE("times are read with their fraction and written without waste") {
    const auto read = [](std::uint8_t tag, std::string_view text) {
        const Octets octets = der::element(tag, text);
        const auto time = der::time(*der::Reader(octets).next());
        return time ? rfc3339(*time) : "none";
    };
    CHECK(read(der::utc_time, "260202101530Z") == "2026-02-02T10:15:30.000Z");
    CHECK(read(der::utc_time, "991231235959Z") == "1999-12-31T23:59:59.000Z");
    CHECK(read(der::generalized_time, "20500101000000Z") == "2050-01-01T00:00:00.000Z");
    CHECK(read(der::generalized_time, "20260202101530.5Z") == "2026-02-02T10:15:30.500Z");
    CHECK(read(der::generalized_time, "20260202101530.1239Z") == "2026-02-02T10:15:30.123Z");
    for (const char* wrong : {"20260202101530", "20260230101530Z", "20260202251530Z", "20260202101530.Z",
                              "20260202101530+0100", "2026020210153Z", "20260202101530.5", ""})
        CHECK(read(der::generalized_time, wrong) == "none");
    CHECK(read(der::utc_time, "260202101530.5Z") == "none");
    CHECK(read(der::integer, "260202101530Z") == "none");

    const Instant at = *parse_rfc3339("2026-02-02T10:15:30.120Z");
    CHECK(der::write_time(at).substr(2) == "20260202101530Z");
    CHECK(der::write_time(at, true).substr(2) == "20260202101530.12Z");
}

TEST_CASE("object identifiers are printed dotted, or not at all") {
    CHECK(der::oid_text(hex("2a864886f70d010101")) == "1.2.840.113549.1.1.1");
    CHECK(der::oid_text(hex("883703")) == "2.999.3");
    CHECK(der::oid_text(hex("2a8086")) == "");
    CHECK(der::oid_text(hex("2a86")) == "");
    CHECK(der::oid_text("") == "");
}

TEST_CASE("a length is written in as few octets as it needs") {
    CHECK(to_hex(der::element(der::octet_string, Octets(127, 'x')).substr(0, 2)) == "047f");
    CHECK(to_hex(der::element(der::octet_string, Octets(128, 'x')).substr(0, 3)) == "048180");
    CHECK(to_hex(der::element(der::octet_string, Octets(256, 'x')).substr(0, 4)) == "04820100");
    CHECK(to_hex(der::element(der::octet_string, Octets(65536, 'x')).substr(0, 5)) == "0483010000");
}
