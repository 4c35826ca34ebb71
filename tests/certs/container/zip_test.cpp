// Archives: what is written can be read, by us and by others; what was tampered with is refused with its reason.
#include "certs/container/zip.hpp"

#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace onceway;
using namespace onceway::container;
using namespace onceway::tests;

namespace {

Octets packed(const std::function<void(ZipWriter&)>& fill, std::string comment = {}) {
    Octets out;
    ZipWriter writer([&](OctetsView piece) { out += piece; }, test_time(), std::move(comment));
    fill(writer);
    writer.finish();
    return out;
}

Octets two_entries() {
    return packed([](ZipWriter& zip) {
        zip.add_stored("mimetype", "a type");
        zip.add("message.xml", std::string(1000, 'm') + "end");
    });
}

/// Octets that do not shrink.
std::string noise(std::size_t count) {
    std::string octets;
    std::uint32_t state = 12345;
    for (std::size_t i = 0; i < count; ++i) octets += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    return octets;
}

std::string little(std::uint64_t number, std::size_t octets) {
    std::string out;
    for (std::size_t i = 0; i < octets; ++i) out += static_cast<char>(number >> (8 * i) & 0xff);
    return out;
}

Octets replaced_at(Octets octets, std::size_t at, std::string_view with) {
    return octets.replace(at, with.size(), with);
}

/// Reads every entry, so that sizes and checksums are compared too.
Result<void> read_all(Octets octets, ZipReading how = ZipReading::strict) {
    auto zip = ZipReader::from_memory(std::move(octets), how);
    if (!zip) return zip.error();
    for (const auto& entry : zip->entries())
        if (auto read = zip->read(entry, 1 << 20); !read) return read.error();
    return {};
}

constexpr std::size_t second_entry = 30 + 8 + 6;  // behind the local header, the name and the octets of "mimetype"

}  // namespace

TEST_CASE("what is written is read again, in pieces or whole") {
    const std::string text(300'000, 'x'), random = noise(200'000);
    const Octets archive = packed(
        [&](ZipWriter& zip) {
            zip.add_stored("mimetype", "type");
            zip.add("empty", "");
            zip.add("text", text);
            zip.begin("random");
            for (std::size_t at = 0; at < random.size(); at += 7'777)
                zip.write(std::string_view(random).substr(at, 7'777));
            zip.end();
        },
        "a comment");
    for (const auto how : {ZipReading::strict, ZipReading::streamed}) {
        const auto zip = must(ZipReader::from_memory(archive, how));
        REQUIRE(zip.entries().size() == 4);
        CHECK(must(zip.read(*zip.find("mimetype"), 100)) == "type");
        CHECK(must(zip.read(*zip.find("empty"), 100)).empty());
        CHECK(must(zip.read(*zip.find("random"), 1 << 20)) == random);
        Octets streamed;
        must(zip.stream(*zip.find("text"), [&](OctetsView piece) { streamed += piece; }));
        CHECK(streamed == text);
        CHECK(zip.find("TEXT") == nullptr);
    }
    CHECK(must(ZipReader::from_memory(archive)).comment() == "a comment");
}

TEST_CASE("the layout is that of message-log 4.3 and 4.4") {
    const Octets archive = two_entries();
    CHECK(archive.substr(0, 4) == "PK\x03\x04");
    CHECK(archive.substr(6, 2) == little(0x0800, 2));  // stored: sizes in front, names in UTF-8
    CHECK(archive.substr(8, 2) == little(0, 2));
    CHECK(archive.substr(28, 2) == little(0, 2));  // no extra field
    CHECK(archive.substr(30, 14) == "mimetypea type");
    CHECK(archive.substr(second_entry + 6, 2) == little(0x0808, 2));
    CHECK(archive.substr(second_entry + 8, 2) == little(8, 2));
    const std::string extra = "UT" + little(5, 2) + "\x01" + little(1770027330, 4);  // 2026-02-02T10:15:30Z
    CHECK(archive.substr(second_entry + 30 + 11, 9) == extra);
}

TEST_CASE("other programs read what we write") {
    if (run_tool({"which", "python3"}).status != 0) {
        MESSAGE("skipped: python3 is not installed");
        return;
    }
    TemporaryFolder folder;
    write_file(folder / "a.zip", two_entries());
    const auto outcome = run_tool({"python3", "-m", "zipfile", "-t", folder / "a.zip"});
    CHECK_MESSAGE(outcome.status == 0, outcome.output);
    CHECK_FALSE(contains(outcome.output, "bad"));
}

TEST_CASE("an archive in a file is read where it lies") {
    TemporaryFolder folder;
    write_file(folder / "a.zip", two_entries());
    const auto zip = must(ZipReader::open(folder / "a.zip"));
    CHECK(must(zip.read(*zip.find("mimetype"), 100)) == "a type");
    const auto absent = ZipReader::open(folder / "b.zip");
    REQUIRE_FALSE(absent);
    CHECK(absent.error().code == FaultCode::io_error);
    CHECK_FALSE(ZipReader::open(folder.path()));
}

TEST_CASE("an archive is refused, with its reason, when") {
    const Octets good = two_entries();
    const std::size_t end = good.size() - 22;
    std::size_t directory = good.find("PK\x01\x02");
    struct {
        std::string why;
        Octets archive;
        std::string word;
    } const rows[] = {
        {"it is empty", "", "end record"},
        {"it is no archive", "just text, and longer than an end record would be", "end record"},
        {"octets stand before it", "1234" + good, "central directory does not reach"},
        {"octets follow it", good + "1234", "end record"},
        {"it ends early", good.substr(0, good.size() - 5), "end record"},
        {"an entry was cut out", good.substr(second_entry), "central directory does not reach"},
        {"it lies on several disks", replaced_at(good, end + 4, little(1, 2)), "several disks"},
        {"it claims another number of entries", replaced_at(good, end + 8, little(1, 2) + little(1, 2)),
         "more than its entries"},
        {"it claims too many entries", replaced_at(good, end + 8, little(2000, 2) + little(2000, 2)), "2000 entries"},
        {"a local name differs", replaced_at(good, second_entry + 30, "Message"), "differs from the central"},
        {"a local method differs", replaced_at(good, second_entry + 8, little(0, 2)), "differs from the central"},
        {"an entry is encrypted", replaced_at(good, directory + 8, little(0x0801, 2)), "encrypted"},
        {"a checksum differs", replaced_at(replaced_at(good, directory + 16, little(7, 4)), 14, little(7, 4)),
         "size and checksum"},
        {"a name leads out of its folder", packed([](ZipWriter& zip) { zip.add("../evil", "x"); }),
         "name that is not accepted"},
        {"a name is absolute", packed([](ZipWriter& zip) { zip.add("/evil", "x"); }), "name that is not accepted"},
        {"a name has a backslash", packed([](ZipWriter& zip) { zip.add("a\\b", "x"); }), "name that is not accepted"},
        {"a name holds NUL", packed([](ZipWriter& zip) { zip.add(std::string("a\0b", 3), "x"); }),
         "name that is not accepted"},
        {"a name is too long", packed([](ZipWriter& zip) { zip.add(std::string(256, 'n'), "x"); }),
         "name that is not accepted"},
        {"a name is no UTF-8", packed([](ZipWriter& zip) { zip.add("\xff", "x"); }), "name that is not accepted"},
        {"two entries have one name", packed([](ZipWriter& zip) {
             zip.add("message.xml", "one");
             zip.add("message.xml", "two");
         }),
         "stands there twice"},
        {"an entry is a symbolic link",
         replaced_at(replaced_at(good, directory + 5, "\x03"), directory + 38, little(0120777ULL << 16, 4)),
         "no regular file"},
        {"two entries overlap", replaced_at(good, directory + 42, little(second_entry, 4)), "does not begin where"},
    };
    must(read_all(good));
    for (const auto& row : rows) {
        CAPTURE(row.why);
        const auto read = read_all(row.archive);
        REQUIRE_FALSE(read);
        CHECK(read.error().code == FaultCode::asic_malformed);
        CHECK_MESSAGE(contains(read.error().detail, row.word), read.error().detail);
    }
}

TEST_CASE("an archive with more entries than any message gives is refused") {
    const Octets many = packed([](ZipWriter& zip) {
        for (int i = 0; i < 1017; ++i) zip.add_stored("e" + std::to_string(i), "");
    });
    for (const auto how : {ZipReading::strict, ZipReading::streamed}) {
        const auto zip = ZipReader::from_memory(many, how);
        REQUIRE_FALSE(zip);
        CHECK(contains(zip.error().detail, "entries"));
    }
}

TEST_CASE("an entry that inflates out of proportion is not read into memory") {
    const Octets bomb = packed([](ZipWriter& zip) { zip.add("meta", std::string(8 << 20, '\0'), 9); });
    const auto zip = must(ZipReader::from_memory(bomb));
    const auto read = zip.read(zip.entries().front(), 64 << 20);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == FaultCode::too_large);
    CHECK(contains(read.error().detail, "8388608"));

    const Octets large = packed([](ZipWriter& zip) { zip.add("meta", noise(5000)); });
    const auto limited = must(ZipReader::from_memory(large));
    CHECK_FALSE(limited.read(limited.entries().front(), 4999));
    CHECK(limited.read(limited.entries().front(), 5000));
}

TEST_CASE("bits that mean nothing must be zero") {
    // A stored deflate block: three bits of head, five that are skipped, then the length.
    const Octets good = packed([](ZipWriter& zip) { zip.add("noise", noise(100), 0); });
    const std::size_t block = 30 + 5 + 9;
    must(read_all(good));
    Octets changed = good;
    changed[block] = static_cast<char>(changed[block] | 0x10);
    const auto strict = read_all(changed);
    REQUIRE_FALSE(strict);
    CHECK(contains(strict.error().detail, "stored block"));
    CHECK(read_all(changed, ZipReading::streamed));  // a genuine verifier does not look
}

TEST_CASE("a streamed reading takes the last of two entries and stops at what is no entry") {
    const Octets twice = packed([](ZipWriter& zip) {
        zip.add("message.xml", "one");
        zip.add("message.xml", "two");
    });
    const auto zip = must(ZipReader::from_memory(twice + "trailing", ZipReading::streamed));
    CHECK(must(zip.read(*zip.find("message.xml"), 100)) == "two");
    CHECK(must(ZipReader::from_memory("1234" + twice, ZipReading::streamed)).entries().empty());
}
