#include "certs/container/asic.hpp"
#include "schemas/store/database.hpp"
#include "security-server/records/message_log.hpp"
#include "security-server/records/tables.hpp"
#include "tests/security-server/records/samples.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::records;
using namespace onceway::tests;

namespace {

Octets entry(const container::ZipReader& zip, std::string_view name) {
    const auto* found = zip.find(name);
    return found ? must(zip.read(*found, 64 * 1024 * 1024)) : Octets("(no such entry)");
}

container::ZipReader opened(MessageLog& log, std::uint64_t number) {
    return must(container::ZipReader::from_memory(must(exported(log, number))));
}

}  // namespace

TEST_CASE("a record is exported as it was sent, valid, in each of the four variants:") {
    const SealingMember member;
    const TemporaryFolder folder;
    const struct {
        const char* variant;
        std::size_t body;  // octets; 0: none
        int records;       // under one time-stamp
    } rows[] = {{"V1", 0, 1}, {"V2", 1'000, 1}, {"V3", 0, 3}, {"V4", 1'000, 3}, {"V4", 100'000, 2}, {"V2", 700'000, 1}};
    for (const auto& row : rows) {
        CAPTURE(row.variant);
        CAPTURE(row.body);
        auto log = open_log(folder / (std::string(row.variant) + std::to_string(row.body)));
        std::vector<Record> records;
        for (int i = 0; i < row.records; ++i) {
            const auto octets = random_octets(row.body, static_cast<std::uint32_t>(i));
            auto record =
                sealed(request("m" + std::to_string(i), row.body ? body_of(octets, folder.path()) : nullptr), member);
            records.push_back(record);
            append(*log, record);
        }
        stamp_all(*log, member.tsa);
        for (std::size_t i = 0; i < records.size(); ++i) {
            const auto& record = records[i];
            const auto zip = opened(*log, i + 1);
            const auto verdict =
                container::verify_container(zip, *member.trust(), signature::Mode::strict, std::nullopt);
            CHECK(verdict.verdict == "valid");
            CHECK(verdict.reason == "");
            CHECK(verdict.variant == row.variant);
            CHECK(verdict.message_id == record.message_id);
            CHECK(entry(zip, "message.xml") == record.message);
            if (row.records > 1) CHECK(entry(zip, "META-INF/signatures.xml") == *record.seal.signature);
            if (row.body == 0) continue;
            CHECK(entry(zip, "attachment1") == random_octets(row.body, static_cast<std::uint32_t>(i)));
            CHECK(entry(zip, "sig-hashchainresult.xml") == *record.seal.chain_result);
            CHECK(entry(zip, "sig-hashchain.xml") == record.seal.chain);
        }
        CHECK(must(exported(*log, 1)) == must(exported(*log, 1)));
    }
}

TEST_CASE("a single time-stamp goes into the signature and leaves the rest of it alone") {
    const SealingMember member;
    const TemporaryFolder folder;
    auto log = open_log(folder.path());
    const auto record = sealed(request("m"), member);
    append(*log, record);
    stamp_all(*log, member.tsa);
    auto signature = entry(opened(*log, 1), "META-INF/signatures.xml");
    const auto begin = signature.find("<xades:SignatureTimeStamp>"),
               end = signature.find("</xades:SignatureTimeStamp>");
    REQUIRE(begin != Octets::npos);
    signature.erase(begin, end + std::string_view("</xades:SignatureTimeStamp>").size() - begin);
    CHECK(signature == *record.seal.signature);
}

TEST_CASE("a record is not exported when") {
    const SealingMember member;
    const TemporaryFolder folder;
    auto log = open_log(folder.path());
    append(*log, sealed(request("m"), member));
    append(*log, request("never sealed"));
    const std::tuple<const char*, std::uint64_t, FaultCode> rows[] = {
        {"it has no time-stamp yet", 1, FaultCode::asic_timestamp_not_found},
        {"it never had a signature", 2, FaultCode::not_found},
        {"it does not exist", 3, FaultCode::not_found},
    };
    for (const auto& [why, number, code] : rows) SUBCASE(why) {
            const auto container = exported(*log, number);
            REQUIRE_FALSE(container);
            CHECK(container.error().code == code);
        }
}

TEST_CASE("an empty body is part of the document only when the signature speaks of it") {
    const SealingMember member;
    const TemporaryFolder folder;
    auto log = open_log(folder.path());
    auto covered = sealed(request("m", body_of("", folder.path())), member);
    auto uncovered = sealed(request("m"), member);
    uncovered.body = body_of("", folder.path());
    append(*log, covered);
    append(*log, uncovered);
    stamp_all(*log, member.tsa);
    CHECK(entry(opened(*log, 1), "attachment1") == "");
    CHECK(entry(opened(*log, 2), "attachment1") == "(no such entry)");
    for (const std::uint64_t number : {1u, 2u})
        CHECK(container::verify_container(opened(*log, number), *member.trust(), signature::Mode::strict, std::nullopt)
                  .verdict == "valid");
}

TEST_CASE("a log that was altered behind our back does not export the record:") {
    const SealingMember member;
    const TemporaryFolder folder;
    auto log = open_log(folder.path());
    for (const auto* id : {"a", "b", "c", "d", "e", "f", "g", "h"}) append(*log, sealed(request(id), member));
    stamp_all(*log, member.tsa);
    const std::pair<const char*, const char*> alterations[] = {
        {"its octets", "UPDATE pack SET octets = CAST(octets || 'x' AS BLOB) WHERE first = 2"},
        {"its time", "UPDATE pack SET at = at + 1 WHERE first = 2"},
        {"how it was pressed", "UPDATE pack SET plain = plain + 1 WHERE first = 2"},
        {"its link", "UPDATE pack SET link = CAST(zeroblob(32) AS BLOB) WHERE first = 2"},
        {"the one before it was removed", "DELETE FROM pack WHERE first = 1"},
    };
    for (const auto& [what, sql] : alterations) SUBCASE(what) {
            must(store::Database::open({.path = folder / "messages.db", .migrations = log_tables})).execute(sql);
            const auto container = exported(*log, 2);
            REQUIRE_FALSE(container);
            CHECK(container.error().code == FaultCode::database_error);
            CHECK(contains(container.error().detail, "the log was altered"));
            CHECK(exported(*log, 8));
        }
    SUBCASE("the signature that was stamped is another one") {
        must(store::Database::open({.path = folder / "messages.db", .migrations = log_tables}))
            .execute("UPDATE stamped_run SET position = position + 1");
        const auto container = exported(*log, 2);
        REQUIRE_FALSE(container);
        CHECK(contains(container.error().detail, "the log was altered"));
    }
}

TEST_CASE("an exchange with bodies of 1 KiB that repeat themselves takes less than 2 KiB, though each record is alone") {
    const SealingMember member;
    const TemporaryFolder folder;
    auto log = open_log(folder.path());
    constexpr int exchanges = 500;
    const auto size = [&] { return std::filesystem::file_size(folder / "messages.db"); };
    const auto append_exchange = [&] {
        auto asked = sealed(request(random_uuid(), body_of(std::string(1024, 'q'), folder.path())), member);
        auto answered = asked;
        answered.direction = Direction::response;
        answered.message += "x-road-request-hash:" + std::string(88, '=') + "\r\n";
        answered = sealed(answered, member);
        append(*log, asked);
        append(*log, answered);
    };
    append_exchange();
    log.reset();  // the last connection to close writes everything into the one file
    const auto before = size();
    log = open_log(folder.path());
    for (int i = 0; i < exchanges; ++i) append_exchange();
    log.reset();
    const auto per_exchange = (size() - before) / exchanges;
    MESSAGE("an exchange with bodies of 1 KiB takes " << per_exchange << " octets of the database on one side, "
                                                      << (static_cast<int>(per_exchange) - 2048) << " beside its two bodies");
    CHECK(per_exchange < 2048);
}
