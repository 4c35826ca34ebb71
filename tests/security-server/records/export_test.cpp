#include "certs/container/asic.hpp"
#include "schemas/store/database.hpp"
#include "security-server/records/message_log.hpp"
#include "security-server/records/tables.hpp"
#include "tests/security-server/records/samples.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/spawn.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>

#include <map>

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

namespace {

/// Appends all of it at once, so that it is committed together, and stamps it.
void append_together(MessageLog& log, const std::vector<Record>& records) {
    boost::asio::io_context context;
    std::vector<std::optional<Result<std::uint64_t>>> outcomes(records.size());
    for (std::size_t i = 0; i < records.size(); ++i) spawn(context, keep_result(log.append(records[i]), &outcomes[i]));
    context.run();
    for (const auto& outcome : outcomes) REQUIRE(outcome);
    for (auto& outcome : outcomes) must(std::move(*outcome));
}

}  // namespace

TEST_CASE(
    "records that were committed together come back byte for byte, whatever they are and where their batch lies") {
    const SealingMember member;
    const TemporaryFolder folder;
    auto log = open_log(folder / "log");
    std::vector<Record> records;
    const auto add = [&](const char* id, std::optional<std::size_t> body) {
        records.push_back(request(id, body ? body_of(random_octets(*body, 7), folder.path()) : nullptr));
        return records.size() - 1;
    };
    const auto seal_batch = [&](const std::vector<std::size_t>& batch) {
        std::vector<std::vector<Octets>> digests;
        for (const auto i : batch) {
            auto& parts = digests.emplace_back(1, keys::sha512(records[i].message));
            if (records[i].body) parts.push_back(records[i].body->sha512());
        }
        auto seals = must(signature::seal_together(member.key(), digests, test_time()));
        for (std::size_t i = 0; i < batch.size(); ++i) records[batch[i]].seal = std::move(seals[i]);
    };
    // Two batches that lie between each other, bodies at every border, one of them empty; plain and refused ones
    // between.
    seal_batch({add("a1", 10), add("b1", std::nullopt), add("a2", 65'535), add("a3", 65'536)});
    add("plain", std::nullopt);
    seal_batch({records.size() - 1});
    add("refused", 100);
    seal_batch({records.size() - 1});
    records.back().outcome = "server.serverproxy.access_denied";
    seal_batch({add("c1", 65'537), add("c2", 0), add("c3", 262'143), add("c4", 262'144), add("c5", 262'145),
                add("c6", std::nullopt), add("c7", 1)});
    add("another's", 1'000);
    seal_batch({records.size() - 1});
    auto received = std::make_shared<Octets>(*records.back().seal.signature);
    records.back().seal.signature = received;
    append_together(*log, records);
    stamp_all(*log, member.tsa);
    std::vector<Record> late(records.begin() + 2, records.begin() + 4);  // of a batch whose signature lies far back
    append_together(*log, late);
    stamp_all(*log, member.tsa);
    records.insert(records.end(), late.begin(), late.end());

    std::map<std::string, std::vector<const Record*>> by_id;
    for (const auto& record : records) by_id[record.message_id].push_back(&record);
    std::size_t compared = 0, refused = 0;
    for (std::uint64_t number = 1; number <= records.size(); ++number) {
        const auto container = exported(*log, number);
        if (!container) {  // what was refused is evidence as well, but nobody's document, and gets no time-stamp
            CHECK(container.error().code == FaultCode::asic_timestamp_not_found);
            ++refused;
            continue;
        }
        const auto zip = container::ZipReader::from_memory(*container);
        REQUIRE(zip);
        const auto message = entry(*zip, "message.xml");
        for (const auto& [id, same] : by_id) {
            const auto& record = *same.front();
            if (record.message != message) continue;
            CAPTURE(id);
            CHECK(entry(*zip, "META-INF/signatures.xml") == *record.seal.signature);
            if (record.seal.chain_result) {
                CHECK(entry(*zip, "sig-hashchainresult.xml") == *record.seal.chain_result);
                CHECK(entry(*zip, "sig-hashchain.xml") == record.seal.chain);
            }
            Octets body, room;
            if (record.body && !record.body->empty()) body = must(record.body->read_blocking(0, 300'000, room));
            if (record.body) CHECK(entry(*zip, "attachment1") == body);
            ++compared;
        }
    }
    CHECK(refused == 1);
    CHECK(compared + refused == records.size());
}

TEST_CASE(
    "an exchange with bodies of 1 KiB that repeat themselves takes less than 2 KiB, though each record is alone") {
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
                                                      << (static_cast<int>(per_exchange) - 2048)
                                                      << " beside its two bodies");
    CHECK(per_exchange < 2048);
}
