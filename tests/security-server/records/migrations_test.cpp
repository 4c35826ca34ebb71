// Logs of every earlier release are opened and give their documents back. `version_N.sql` holds one of each, made by
// the first case below and written down as SQL; the lines at its beginning say what the documents held.
#include "certs/container/zip.hpp"
#include "schemas/store/database.hpp"
#include "tests/security-server/records/samples.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <iostream>
#include <sstream>

using namespace onceway;
using namespace onceway::records;
using namespace onceway::tests;

namespace {

/// The SHA-256 of all entries of a container, which is the same however it was compressed.
std::string fingerprint(MessageLog& log, std::uint64_t number) {
    const auto zip = must(container::ZipReader::from_memory(must(exported(log, number))));
    keys::Hasher hasher(keys::Digest::sha256);
    for (const auto& entry : zip.entries()) {
        hasher.feed(entry.name);
        hasher.feed(must(zip.read(entry, 16 * 1024 * 1024)));
    }
    return to_hex(hasher.value());
}

}  // namespace

TEST_CASE("a log of this release is made, for the tests of later ones" * doctest::skip()) {
    const char* folder = std::getenv("ONCEWAY_MAKE_LOG");
    if (!folder) return;
    const SealingMember member;
    auto log = open_log(folder);
    append(*log, sealed(request("plain"), member));
    stamp_all(*log, member.tsa);
    for (const auto* id : {"first", "second"})
        append(*log, sealed(request(id, body_of(std::string(id) + " body", folder)), member));
    auto refusal = sealed(request("refused"), member);
    refusal.outcome = "server.serverproxy.access_denied";
    append(*log, refusal);
    append(*log, sealed(request("third"), member));
    stamp_all(*log, member.tsa);
    append(*log, sealed(request("not stamped yet"), member));
    for (const std::uint64_t number : {1u, 2u, 3u, 5u})
        std::cout << "-- " << number << ' ' << fingerprint(*log, number) << '\n';
}

TEST_CASE("a log made by an earlier release is opened, gives its documents back and goes on, version") {
    for (const int version : {1, 2}) SUBCASE(std::to_string(version).c_str()) {
            const auto sql = contents_of(std::filesystem::path(ONCEWAY_SOURCE_DIR) / "tests/security-server/records" /
                                         ("version_" + std::to_string(version) + ".sql"));
            REQUIRE_FALSE(sql.empty());
            const TemporaryFolder folder;
            {
                std::vector<store::Migration> history;
                for (int step = 1; step < version; ++step) history.push_back({step, "SELECT 1"});
                history.push_back({version, sql});
                must(store::Database::open({.path = folder / "messages.db", .migrations = history}));
            }
            auto log = open_log(folder.path());
            std::istringstream lines(sql);
            std::size_t documents = 0;
            for (std::string line; std::getline(lines, line) && line.starts_with("-- ");) {
                std::istringstream words(line.substr(3));
                std::uint64_t number = 0;
                std::string expected;
                words >> number >> expected;
                CAPTURE(number);
                CHECK(fingerprint(*log, number) == expected);
                ++documents;
            }
            CHECK(documents == 4);
            CHECK(must(log->find(consumer, "second")).size() == 1);
            CHECK(must(log->unstamped(10)).size() == 1);
            CHECK(append(*log, with_evidence(request("new"))) == 7);
        }
}
