#include "schemas/message/http_head.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::message;
using onceway::tests::contains;

namespace {

/// What a reader makes of `octets` that arrive `piece` at a time.
struct Read {
    std::string body, left;
    bool ended = false;
    std::optional<Fault> fault;
};
Read read(std::string_view octets, std::size_t piece) {
    ChunkedReader reader;
    Read read;
    std::string buffer;
    while (!octets.empty() || !buffer.empty()) {
        auto step = reader.take(buffer);
        if (!step) {
            read.fault = step.error();
            return read;
        }
        read.body += step->data;
        read.ended = step->ended;
        const auto consumed = step->consumed;
        buffer.erase(0, consumed);
        if (read.ended) break;
        if (consumed > 0) continue;
        if (octets.empty()) break;
        buffer += octets.substr(0, piece);
        octets.remove_prefix(std::min(piece, octets.size()));
    }
    read.left = buffer + std::string(octets);
    return read;
}

}  // namespace

TEST_CASE("chunked coding is read the same, however it arrives") {
    const std::string octets = "5\r\nhello\r\nA;x=\"y\"\r\n 0123\r\n567\r\n000\r\n\r\nGET /";
    for (const std::size_t piece : {1, 2, 3, 7, 1000}) {
        const auto got = read(octets, piece);
        CAPTURE(piece);
        REQUIRE_FALSE(got.fault);
        CHECK(got.ended);
        CHECK(got.body == "hello 0123\r\n567");
        CHECK(got.left == "GET /");
    }
}

TEST_CASE("a body that has not ended is not taken as ended") {
    CHECK_FALSE(read("5\r\nhello\r\n", 100).ended);
    CHECK_FALSE(read("5\r\nhello\r\n0\r\n", 100).ended);
    CHECK_FALSE(read("5\r\nhello\r\n0\r\n\r", 100).ended);
}

TEST_CASE("chunked coding is refused, with its reason, when") {
    std::string many_extensions;
    for (int i = 0; i < 11; ++i) many_extensions += "1;" + std::string(99, 'x') + "\r\nx\r\n";
    const struct {
        const char* why;
        std::string octets;
        std::string_view says;
    } wrong[] = {
        {"a trailer follows", "0\r\nX-Road-Client: a/b/c\r\n\r\n", "trailer"},
        {"a chunk has no size", "\r\nhello\r\n", "no size"},
        {"a size has a sign", "+5\r\nhello\r\n", "no size"},
        {"a size has a prefix", "0x5\r\nhello\r\n", "followed by other"},
        {"a size has a blank in front", " 5\r\nhello\r\n", "no size"},
        {"a size has a blank behind", "5 \r\nhello\r\n", "followed by other"},
        {"a size is too long", "0000000000000005\r\nhello\r\n", "more than 15 digits"},
        {"a size overflows", "ffffffffffffffffff\r\n", "more than 15 digits"},
        {"a line ends in LF", "5\nhello\r\n", "bare LF"},
        {"a chunk is longer than said", "5\r\nhello!\r\n", "longer"},
        {"a chunk's line break is LF", "5\r\nhello\n0\r\n\r\n", "longer"},
        {"an extension holds a control", "5;a\x01\r\nhello\r\n", "control character"},
        {"an extension holds a CR", "5;a\rb\r\nhello\r\n", "control character"},
        {"a line does not end", "5;" + std::string(2000, 'a'), "does not end"},
        {"extensions add up", many_extensions, "exceed 1024"},
    };
    for (const auto& [why, octets, says] : wrong) SUBCASE(why) {
            for (const std::size_t piece : {1, 5, 4096}) {
                const auto got = read(octets, piece);
                REQUIRE(got.fault);
                CHECK(got.fault->code == FaultCode::bad_request);
                CHECK_MESSAGE(contains(got.fault->detail, says), got.fault->detail);
            }
        }
}
