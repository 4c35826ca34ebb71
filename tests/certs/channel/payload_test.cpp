#include "certs/channel/payload.hpp"

#include "tests/support/contains.hpp"
#include "tests/support/run.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <malloc.h>

using namespace onceway;
using channel::Payload;
using tests::contains;

namespace {

/// Octets that repeat at no power of two.
Octets sample(std::size_t size) {
    Octets octets(size, 0);
    for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<char>((i * 31 + i / 251) & 0xff);
    return octets;
}

boost::asio::awaitable<Result<void>> append_in_pieces(Payload& payload, const Octets& octets, std::size_t piece) {
    for (OctetsView rest = octets; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size()))) {
        auto taken = co_await payload.append(rest.substr(0, piece));
        if (!taken) co_return taken.error();
    }
    payload.seal();
    co_return Result<void>{};
}

boost::asio::awaitable<Octets> read_whole(const Payload& payload, std::size_t piece) {
    Octets whole, room;
    while (whole.size() < payload.size()) {
        auto octets = co_await payload.read(whole.size(), piece, room);
        whole.append(octets.value());
    }
    co_return whole;
}

std::size_t files_in(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("a payload gives back what it took, with its digest, whatever its size and the pieces it came in") {
    struct {
        const char* what;
        std::size_t size, piece;
        bool in_memory;
    } const rows[] = {
        {"nothing", 0, 1, true},
        {"one octet", 1, 1, true},
        {"the most that stays in memory", 64 * 1024, 10'000, true},
        {"one octet more", 64 * 1024 + 1, 10'000, false},
        {"more than one write", 1024 * 1024 + 7, 16 * 1024, false},
        {"one large piece", 700'001, 700'001, false},
        {"eight mebibytes", 8 * 1024 * 1024, 16'384, false},
    };
    for (const auto& [what, size, piece, in_memory] : rows) SUBCASE(what) {
            const tests::TemporaryFolder spool;
            const auto octets = sample(size);
            Payload payload(spool.path());
            REQUIRE(tests::run(append_in_pieces(payload, octets, piece)));
            CHECK(payload.size() == size);
            CHECK(payload.in_memory() == in_memory);
            CHECK(payload.sha512() == keys::sha512(octets));
            CHECK(tests::run(read_whole(payload, 50'000)) == octets);
            CHECK(files_in(spool.path()) == 0);  // the file has no name
            Octets room;
            const auto middle = payload.read_blocking(size / 2, 100, room);
            REQUIRE(middle);
            CHECK(OctetsView(octets).substr(size / 2, middle->size()) == *middle);
        }
}

TEST_CASE("a payload that finds no place on disk says where and why") {
    Payload payload("/nonexistent/spool");
    const auto octets = sample(100'000);
    const auto taken = tests::run(append_in_pieces(payload, octets, 30'000));
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code == FaultCode::io_error);
    CHECK(contains(taken.error().detail, "/nonexistent/spool"));
    CHECK(contains(taken.error().detail, "No such file"));
}

TEST_CASE("a payload is used in its order: octets, seal, digest") {
    const tests::TemporaryFolder spool;
    Payload payload(spool.path());
    CHECK_THROWS_AS(payload.sha512(), std::logic_error);
    payload.seal();
    CHECK(payload.sha512() == keys::sha512(""));
    CHECK_THROWS_AS(static_cast<void>(tests::run(payload.append("late"))), std::logic_error);
}

TEST_CASE("parts lie one behind another in one payload, each with its own digest") {
    for (const std::size_t size : {std::size_t{10}, std::size_t{90'000}}) {
        CAPTURE(size);
        const tests::TemporaryFolder spool;
        const auto first = sample(size);
        Payload payload(spool.path());
        REQUIRE(tests::run(payload.append(first)));
        payload.end_part();
        payload.end_part();  // an empty one
        REQUIRE(tests::run(payload.append("last")));
        payload.seal();  // what has not been ended ends here
        REQUIRE(payload.parts().size() == 3);
        CHECK(payload.parts()[0].sha512 == keys::sha512(first));
        CHECK(payload.parts()[1].size == 0);
        CHECK(payload.parts()[1].sha512 == keys::sha512(""));
        CHECK(payload.parts()[2].offset == size);
        CHECK(payload.parts()[2].sha512 == keys::sha512("last"));
        CHECK(payload.sha512() == keys::sha512(keys::sha512(first) + keys::sha512("") + keys::sha512("last")));
        Octets room;
        CHECK(payload.read_blocking(size, 4, room).value() == "last");
    }
    const tests::TemporaryFolder spool;
    Payload one(spool.path());
    REQUIRE(tests::run(one.append("body")));
    one.seal();
    REQUIRE(one.parts().size() == 1);
    CHECK(one.sha512() == one.parts().front().sha512);
}

TEST_CASE("two hundred large bodies at once hold no more memory than is budgeted for each") {
    const tests::TemporaryFolder spool;
    const Octets piece = sample(16 * 1024);
    const auto before = ::mallinfo2();
    std::vector<Payload> bodies;
    for (int i = 0; i < 200; ++i) bodies.emplace_back(spool.path());
    for (int i = 0; i < 64; ++i)  // a mebibyte each, all of them growing together
        for (auto& body : bodies) REQUIRE(tests::run(body.append(piece)));
    const auto after = ::mallinfo2();
    const auto held = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
    if (!tests::sanitized) CHECK(held < 200 * 320 * 1024);
    for (const auto& body : bodies) CHECK(body.size() == 1024 * 1024);
}
