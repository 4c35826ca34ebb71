#include "schemas/message/mime.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace onceway;
using namespace onceway::message;
using onceway::tests::contains;
using namespace std::string_literals;

namespace {

struct Part {
    Fields headers;
    Octets body;
    bool ended = false;
    bool operator==(const Part&) const = default;
};

/// Keeps what it is given; refuses at the part that it is told.
class Collector : public MimeSink {
public:
    std::vector<Part> parts;
    std::size_t refuse_at = SIZE_MAX;
    std::size_t largest_piece = 0;

    Result<void> part_begins(const Fields& headers) override {
        if (parts.size() == refuse_at) return fault(FaultCode::invalid_message, "one part too many");
        parts.push_back({headers, {}, false});
        return {};
    }
    Result<void> part_data(OctetsView octets) override {
        parts.back().body += octets;
        largest_piece = std::max(largest_piece, octets.size());
        return {};
    }
    Result<void> part_ends() override {
        parts.back().ended = true;
        return {};
    }
};

struct Read {
    std::vector<Part> parts;
    std::optional<Fault> fault;
    bool closed = false;
};
Read read(std::string_view octets, MimeRules rules, std::size_t piece = SIZE_MAX, std::string boundary = "B") {
    Collector collector;
    MimeReader reader(std::move(boundary), rules, collector);
    Result<void> fed;
    while (fed && !octets.empty()) {
        fed = reader.feed(octets.substr(0, piece));
        octets.remove_prefix(std::min(piece, octets.size()));
    }
    if (fed) fed = reader.end();
    Read read{std::move(collector.parts), std::nullopt, reader.closed()};
    if (!fed) read.fault = fed.error();
    return read;
}
Read from_peer(std::string_view octets, std::size_t piece = SIZE_MAX) { return read(octets, MimeRules::peer, piece); }
Read from_configuration(std::string_view octets, std::size_t piece = SIZE_MAX) {
    return read(octets, MimeRules::configuration, piece);
}

const std::string two_parts =
    "--B\r\ncontent-type: a/b\r\n\r\nfirst\r\n--B\r\ncontent-type: c/d\r\nX-More:  1 "
    "\r\n\r\n\r\nsecond\r\n\r\n--B--\r\n";

}  // namespace

TEST_CASE("a multipart is split the same, however it arrives") {
    for (std::size_t piece = 1; piece <= two_parts.size(); ++piece) {
        const auto got = from_peer(two_parts, piece);
        CAPTURE(piece);
        REQUIRE_FALSE(got.fault);
        CHECK(got.closed);
        REQUIRE(got.parts.size() == 2);
        CHECK(got.parts[0] == Part{{{"content-type", "a/b"}}, "first", true});
        CHECK(got.parts[1] == Part{{{"content-type", "c/d"}, {"X-More", "1"}}, "\r\nsecond\r\n", true});
    }
}

TEST_CASE("octets that look like a delimiter stay in the part, however they arrive") {
    const std::string body = "\r\n--A\r\n--\r\n-\r\r\r\n\n\r--B\n-\r\n--\r\r\n";
    const std::string whole = "--B\r\na: b\r\n\r\n" + body + "\r\n--B--";
    for (std::size_t piece = 1; piece <= whole.size(); ++piece) {
        const auto got = from_peer(whole, piece);
        CAPTURE(piece);
        REQUIRE_MESSAGE(!got.fault, got.fault->detail);
        REQUIRE(got.parts.size() == 1);
        CHECK(got.parts[0].body == body);
    }
}

TEST_CASE("a multipart of an information system is read as mail programs write it, and refused when it was cut") {
    const auto from_system = [](std::string_view octets, std::size_t piece = SIZE_MAX) {
        return read(octets, MimeRules::information_system, piece);
    };
    const std::string lines = "for old programs\n\n--B\na: b\n\nx\n--B \nc: d\n\n--B--\nbehind\n--B\n";
    for (std::size_t piece = 1; piece <= lines.size(); ++piece) {
        const auto got = from_system(lines, piece);
        REQUIRE_FALSE(got.fault);
        CHECK(got.closed);
        REQUIRE(got.parts.size() == 2);
        CHECK(got.parts[0] == Part{{{"a", "b"}}, "x", true});
        CHECK(got.parts[1] == Part{{{"c", "d"}}, "", true});
    }
    for (const char* cut :
         {"--B\na: b\n\nx\n", "--B\na: b\n\n", "--B\na: b", "--B\na: b\n--B--", "--B", "text alone"}) {
        CAPTURE(cut);
        const auto got = from_system(cut);
        REQUIRE(got.fault);
        CHECK(got.fault->code == FaultCode::mime_parsing_failed);
    }
}

TEST_CASE("a multipart from a peer passes, though it") {
    const struct {
        const char* why;
        std::string octets;
        std::vector<Octets> bodies;
    } right[] = {
        {"has an empty part", "--B\r\na: b\r\n\r\n\r\n--B--\r\n", {""}},
        {"has a part without headers", "--B\r\n\r\nx\r\n--B--\r\n", {"x"}},
        {"has a line break before its first delimiter", "\r\n--B\r\n\r\nx\r\n--B--\r\n", {"x"}},
        {"has no line break behind its end", "--B\r\n\r\nx\r\n--B--", {"x"}},
        {"has half a line break behind its end", "--B\r\n\r\nx\r\n--B--\r", {"x"}},
        {"pads its delimiters", "--B \t\r\n\r\nx\r\n--B-- \r\n", {"x"}},
        {"has no part at all", "--B--\r\n", {}},
        {"folds a header", "--B\r\ncontent-type:\r\n a/b\r\n\r\nx\r\n--B--\r\n", {"x"}},
        {"has no blank behind a colon", "--B\r\ncontent-type:a/b\r\n\r\nx\r\n--B--\r\n", {"x"}},
        {"names an encoding, which nobody decodes",
         "--B\r\nContent-Transfer-Encoding: base64\r\n\r\nAA==\r\n--B--\r\n",
         {"AA=="}},
        {"holds line feeds alone", "--B\r\n\r\na\nb\n\r\n--B--\r\n", {"a\nb\n"}},
        {"holds the dashes and the boundary inside a line", "--B\r\n\r\nx--B--\r\n--B--\r\n", {"x--B--"}},
        {"holds a reference that would be followed elsewhere",
         "--B\r\n\r\n<xop:Include href=\"file:///etc/passwd\"/>\r\n--B--\r\n",
         {"<xop:Include href=\"file:///etc/passwd\"/>"}},
    };
    for (const auto& [why, octets, bodies] : right) SUBCASE(why) {
            for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, SIZE_MAX}) {
                const auto got = from_peer(octets, piece);
                REQUIRE_MESSAGE(!got.fault, got.fault->detail);
                CHECK(got.closed);
                REQUIRE(got.parts.size() == bodies.size());
                for (std::size_t i = 0; i < bodies.size(); ++i) {
                    CHECK(got.parts[i].body == bodies[i]);
                    CHECK(got.parts[i].ended);
                }
            }
        }
}

TEST_CASE("a multipart from a peer is refused, with its reason, when it") {
    std::string many_parts, many_headers = "--B\r\n", long_field = "--B\r\na: b\r\n";
    for (int i = 0; i < 1001; ++i) many_parts += "--B\r\n\r\n\r\n";
    for (int i = 0; i < 1001; ++i) many_headers += "a: b\r\n";
    for (int i = 0; i < 11; ++i) long_field += " " + std::string(990, 'x') + "\r\n";
    const auto headed = [](std::string_view lines) {
        return "--B\r\n" + std::string(lines) + "\r\n\r\nx\r\n--B--\r\n";
    };
    const struct {
        const char* why;
        std::string octets;
        FaultCode code;
        std::string_view says;
    } wrong[] = {
        {"is empty", "", FaultCode::mime_parsing_failed, "before its first delimiter"},
        {"has a preamble", "hello\r\n--B\r\n\r\nx\r\n--B--\r\n", FaultCode::mime_parsing_failed, "does not begin"},
        {"has a part in its preamble", "--A\r\n\r\ny\r\n--B\r\n\r\nx\r\n--B--\r\n", FaultCode::mime_parsing_failed,
         "does not begin"},
        {"has a blank before its first delimiter", " --B\r\n\r\nx\r\n--B--\r\n", FaultCode::mime_parsing_failed,
         "does not begin"},
        {"has two line breaks before its first delimiter", "\r\n\r\n--B\r\n\r\nx\r\n--B--\r\n",
         FaultCode::mime_parsing_failed, "does not begin"},
        {"has a bare LF before its first delimiter", "\n--B\r\n\r\nx\r\n--B--\r\n", FaultCode::mime_parsing_failed,
         "does not begin"},
        {"has an epilogue", "--B\r\n\r\nx\r\n--B--\r\nbye", FaultCode::mime_parsing_failed, "follow the end"},
        {"has a part in its epilogue", "--B\r\n\r\nx\r\n--B--\r\n--B\r\n\r\ny\r\n--B--\r\n",
         FaultCode::mime_parsing_failed, "follow the end"},
        {"has an empty line behind its end", "--B\r\n\r\nx\r\n--B--\r\n\r\n", FaultCode::mime_parsing_failed,
         "follow the end"},
        {"has no end delimiter", "--B\r\n\r\nx\r\n--B\r\n\r\ny", FaultCode::mime_parsing_failed,
         "end delimiter is missing"},
        {"ends in a delimiter that is not the last", "--B\r\n\r\nx\r\n--B", FaultCode::mime_parsing_failed,
         "end delimiter is missing"},
        {"ends in half an end delimiter", "--B\r\n\r\nx\r\n--B-", FaultCode::mime_parsing_failed,
         "end delimiter is missing"},
        {"ends behind the empty line", "--B\r\na: b\r\n\r\n", FaultCode::mime_parsing_failed,
         "end delimiter is missing"},
        {"ends inside headers", "--B\r\na: b\r\n", FaultCode::io_error, "inside the headers"},
        {"ends inside a header", "--B\r\na: ", FaultCode::io_error, "inside the headers"},
        {"has a delimiter line in LF", "--B\n\r\nx\r\n--B--\r\n", FaultCode::mime_parsing_failed, "bare LF"},
        {"has a header line in LF", "--B\r\na: b\n\r\nx\r\n--B--\r\n", FaultCode::mime_parsing_failed, "bare LF"},
        {"has an empty line of LF", "--B\r\na: b\r\n\nx\r\n--B--\r\n", FaultCode::mime_parsing_failed, "bare LF"},
        {"has a LF before a delimiter", "--B\r\n\r\nx\n--B--\r\n", FaultCode::mime_parsing_failed,
         "bare LF stands before"},
        {"has a delimiter of a longer boundary", "--B\r\n\r\nx\r\n--BC\r\n\r\ny\r\n--B--\r\n",
         FaultCode::mime_parsing_failed, "goes on"},
        {"has a delimiter with one dash behind", "--B\r\n\r\nx\r\n--B-\r\n\r\ny\r\n--B--\r\n",
         FaultCode::mime_parsing_failed, "goes on"},
        {"has an end delimiter that goes on", "--B\r\n\r\nx\r\n--B--x\r\n", FaultCode::mime_parsing_failed, "goes on"},
        {"has a first delimiter that goes on", "--BB\r\n\r\nx\r\n--B--\r\n", FaultCode::mime_parsing_failed, "goes on"},
        {"has headers that run into the delimiter", "--B\r\na: b\r\n--B--\r\n", FaultCode::mime_parsing_failed,
         "run into the delimiter"},
        {"has a delimiter right behind the empty line", "--B\r\na: b\r\n\r\n--B--\r\n", FaultCode::mime_parsing_failed,
         "no line break"},
        {"has two types", headed("content-type: a/b\r\nContent-Type: c/d"), FaultCode::mime_parsing_failed,
         "two content-type"},
        {"has two encodings", headed("Content-Transfer-Encoding: 8bit\r\ncontent-transfer-encoding: base64"),
         FaultCode::mime_parsing_failed, "two content-transfer-encoding"},
        {"has an unknown encoding", headed("Content-Transfer-Encoding: x-uuencode"), FaultCode::mime_parsing_failed,
         "unknown"},
        {"has a header without colon", headed("content-type"), FaultCode::mime_parsing_failed, "no name and colon"},
        {"has a header without name", headed(": a/b"), FaultCode::mime_parsing_failed, "no name and colon"},
        {"has a blank in a header name", headed("content-type : a/b"), FaultCode::mime_parsing_failed, "holds a blank"},
        {"begins its headers with a continuation", headed(" a/b"), FaultCode::mime_parsing_failed, "continuation"},
        {"has NUL in a header", headed("a: b\0c"s), FaultCode::mime_parsing_failed, "control character"},
        {"has a CR in a header", headed("a: b\rc"), FaultCode::mime_parsing_failed, "control character"},
        {"has a header line of more than 1,000 octets", headed("a: " + std::string(1000, 'x')),
         FaultCode::mime_parsing_failed, "more than 1000"},
        {"has a header line that never ends", "--B\r\n" + std::string(100'000, 'x'), FaultCode::mime_parsing_failed,
         "more than 1000"},
        {"has a delimiter line that never ends", "--B" + std::string(100'000, ' '), FaultCode::mime_parsing_failed,
         "more than 1000"},
        {"has a field of more than 10,000 octets", long_field, FaultCode::mime_parsing_failed, "more than 10000"},
        {"has more than 1,000 headers", many_headers, FaultCode::too_large, "more than 1000 headers"},
        {"has more than 1,000 parts", many_parts, FaultCode::too_large, "more than 1000 parts"},
    };
    static_assert(std::size(wrong) >= 30);
    for (const auto& [why, octets, code, says] : wrong) SUBCASE(why) {
            for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, SIZE_MAX}) {
                const auto got = from_peer(octets, piece);
                REQUIRE(got.fault);
                CHECK(got.fault->code == code);
                CHECK_MESSAGE(contains(got.fault->detail, says), got.fault->detail);
            }
        }
}

TEST_CASE("a configuration is split as its genuine readers split it, though it") {
    const struct {
        const char* why;
        std::string octets;
        std::vector<Part> parts;
    } right[] = {
        {"has a header-only part",
         "--B\r\nExpire-date: x\r\nVersion: 6\r\n\r\n--B\r\na: b\r\n\r\ny\r\n--B--\r\n",
         {{{{"Expire-date", "x"}, {"Version", "6"}}, "", true}, {{{"a", "b"}}, "y", true}}},
        {"has headers that run into the delimiter",
         "--B\r\nExpire-date: x\r\n--B\r\na: b\r\n\r\ny\r\n--B--\r\n",
         {{{{"Expire-date", "x"}}, "", true}, {{{"a", "b"}}, "y", true}}},
        {"ends its lines in LF", "--B\na: b\n\nx\n\n--B\n\ny\n--B--\n", {{{{"a", "b"}}, "x\n", true}, {{}, "y", true}}},
        {"mixes its line ends",
         "--B\r\na: b\n\r\nx\r\n--B\n\ny\n--B--\r\n",
         {{{{"a", "b"}}, "x", true}, {{}, "y", true}}},
        {"has no end delimiter", "--B\r\n\r\nx\r\n--B\r\n\r\ny\r\n", {{{}, "x", true}, {{}, "y\r\n", true}}},
        {"ends in a delimiter with nothing behind", "--B\r\n\r\nx\r\n--B\r\n", {{{}, "x", true}}},
        {"ends in a delimiter without line break", "--B\r\n\r\nx\r\n--B", {{{}, "x", true}}},
        {"has a preamble", "This is MIME.\r\n--A\r\n\r\n--B\r\n\r\nx\r\n--B--\r\n", {{{}, "x", true}}},
        {"has an epilogue", "--B\r\n\r\nx\r\n--B--\r\n--B\r\n\r\ny\r\n--B--", {{{}, "x", true}}},
        {"ends inside what might be a delimiter", "--B\r\n\r\nx\r\n--", {{{}, "x\r\n--", true}}},
    };
    for (const auto& [why, octets, parts] : right) SUBCASE(why) {
            for (std::size_t piece = 1; piece <= octets.size(); ++piece) {
                const auto got = from_configuration(octets, piece);
                CAPTURE(piece);
                REQUIRE_MESSAGE(!got.fault, got.fault->detail);
                CHECK(got.parts == parts);
            }
        }
    CHECK(from_configuration("").fault);
    CHECK(contains(from_configuration("--B\r\n\r\nx\r\n--BC\r\n").fault->detail, "goes on"));
    CHECK(contains(from_configuration("--B\r\nExpire").fault->detail, "inside the headers"));
}

TEST_CASE("the sink's refusal ends the reading, and stays") {
    Collector collector;
    collector.refuse_at = 1;
    MimeReader reader("B", MimeRules::peer, collector);
    const auto fed = reader.feed(two_parts);
    REQUIRE_FALSE(fed);
    CHECK(fed.error().code == FaultCode::invalid_message);
    CHECK(collector.parts.size() == 1);
    CHECK(reader.feed("more").error().code == FaultCode::invalid_message);
    CHECK(reader.end().error().code == FaultCode::invalid_message);
}

TEST_CASE("a large body passes through in the pieces in which it came, and at speed") {
    std::string block(1024 * 1024, '\0');
    for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<char>(i * 2654435761u >> 11);
    class Counter : public MimeSink {
    public:
        std::uint64_t octets = 0, pieces = 0;
        Result<void> part_begins(const Fields&) override { return {}; }
        Result<void> part_data(OctetsView data) override { return octets += data.size(), ++pieces, Result<void>{}; }
        Result<void> part_ends() override { return {}; }
    } counter;
    MimeReader reader("xtopAbCdEfGhIjKlMnOpQrStUvWxYzAbCd", MimeRules::peer, counter);
    REQUIRE(reader.feed("--xtopAbCdEfGhIjKlMnOpQrStUvWxYzAbCd\r\n\r\n"));
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 64; ++i) REQUIRE(reader.feed(block));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    REQUIRE(reader.feed("\r\n--xtopAbCdEfGhIjKlMnOpQrStUvWxYzAbCd--\r\n"));
    REQUIRE(reader.end());
    CHECK(counter.octets == 64u * 1024 * 1024);
    CHECK(counter.pieces <= 64 * 2 + 2);
    MESSAGE("64 MiB split in ", took.count() * 1000, " ms");
    CHECK(took.count() < 10);
}

TEST_CASE("the writer puts the framing of a genuine server around parts") {
    MimeWriter writer("xtopAbCd");
    auto message = writer.open_part("application/x-road-rest-request") + "GET\r\n/\r\n";
    message += writer.open_part("text/xml", {{"Content-ID", "<a1>"}}) + "<x/>";
    message += writer.close();
    CHECK(message ==
          "--xtopAbCd\r\ncontent-type: application/x-road-rest-request\r\n\r\nGET\r\n/\r\n\r\n"
          "--xtopAbCd\r\ncontent-type: text/xml\r\nContent-ID: <a1>\r\n\r\n<x/>\r\n--xtopAbCd--\r\n");
    const auto got = read(message, MimeRules::peer, 5, "xtopAbCd");
    REQUIRE_FALSE(got.fault);
    CHECK(got.parts[0].body == "GET\r\n/\r\n");
    CHECK(got.parts[1].body == "<x/>");
    CHECK_THROWS(writer.open_part("text/xml\r\nx: y"));
}

TEST_CASE("a nested multipart is one part outside, and split by a reader of its own") {
    const std::string inner = "\r\n--xatt\r\ncontent-type: text/plain\r\n\r\none\r\n--xatt\r\n\r\ntwo\r\n--xatt--\r\n";
    const auto outer =
        from_peer("--B\r\ncontent-type: multipart/mixed; boundary=xatt\r\n\r\n" + inner + "\r\n--B--\r\n");
    REQUIRE_FALSE(outer.fault);
    REQUIRE(outer.parts.size() == 1);
    CHECK(outer.parts[0].body == inner);
    const auto nested = read(outer.parts[0].body, MimeRules::peer, 4, "xatt");
    REQUIRE_FALSE(nested.fault);
    REQUIRE(nested.parts.size() == 2);
    CHECK(nested.parts[0].body == "one");
    CHECK(nested.parts[1].body == "two");
}

TEST_CASE("random boundaries are xtop and thirty letters, and differ") {
    const auto one = random_boundary(), other = random_boundary();
    CHECK(one.size() == 34);
    CHECK(one.starts_with("xtop"));
    CHECK(one != other);
}
