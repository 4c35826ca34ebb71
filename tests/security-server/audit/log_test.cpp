#include "schemas/store/database.hpp"
#include "security-server/records/tables.hpp"
#include "tests/security-server/audit/program.hpp"
#include "tests/security-server/records/samples.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

struct Log {
    Log() {
        const SealingMember member;
        auto log = open_log(folder / "messages");
        append(*log, sealed(request("first"), member));
        append(*log, sealed(request("with a body", body_of(random_octets(300'000), folder.path())), member));
        stamp_all(*log, member.tsa);
        auto refusal = request("refused");
        refusal.outcome = "access_denied";
        append(*log, refusal);
        append(*log, sealed(request("last"), member));
    }
    Ran audit(std::vector<std::string> more = {}) const {
        more.insert(more.begin(), "log");
        more.push_back(folder / "messages");
        return onceway_audit(more);
    }
    void execute(const char* sql) const {
        auto tables =
            must(store::Database::open({.path = folder / "messages/messages.db", .migrations = records::log_tables}));
        tables.execute("PRAGMA foreign_keys=OFF");
        tables.execute(sql);
    }
    TemporaryFolder folder;
};

}  // namespace

TEST_CASE("a log that is as it was written is said to be whole, and counted") {
    const Log log;
    const auto ran = log.audit();
    CHECK(ran.status == 0);
    CHECK(contains(ran.out,
                   "4 records without a gap, 1 of them refused; 3 signed documents, 1 without a time-stamp yet"));
    CHECK(contains(ran.out, "1 bodies in files"));
}

TEST_CASE("attachments of which only the digest was kept are counted, and listed with their size") {
    const SealingMember member;
    const TemporaryFolder folder;
    {
        auto log = open_log({folder / "messages", 5, records::SoapAttachments::kept});
        append(*log, sealed(soap_request("some", attachments_of({"small", "larger", ""}, folder.path())), member));
        append(*log, sealed(soap_request("none"), member));
        append(*log, sealed(request("body", body_of("a", folder.path())), member));
    }
    CHECK(contains(onceway_audit({"log", folder / "messages"}).out, "0 bodies in files, 1 attachments not kept."));
    const auto lines = onceway_audit({"log", "--list", folder / "messages"}).lines();
    REQUIRE(lines.size() == 3);
    const auto parts = [&](std::size_t line) { return boost::json::serialize(lines[line].at("parts")); };
    CHECK(parts(0) == R"([{"size":5,"kept":true},{"size":6,"kept":false},{"size":0,"kept":true}])");
    CHECK(parts(1) == "[]");
    CHECK(parts(2) == R"([{"size":1,"kept":true}])");
}

TEST_CASE("every record is listed, one a line") {
    const Log log;
    const auto ran = log.audit({"--list"});
    CHECK(ran.status == 0);
    const auto lines = ran.lines();
    REQUIRE(lines.size() == 4);
    CHECK(lines[0].at("number").to_number<int>() == 1);
    CHECK(lines[0].at("message_id").as_string() == "first");
    CHECK(lines[0].at("service").as_string() == "TEST/GOV/2/provider/roads");
    CHECK(lines[0].at("stamped").as_bool());
    CHECK(lines[2].at("outcome").as_string() == "access_denied");
    CHECK_FALSE(lines[3].at("stamped").as_bool());
}

TEST_CASE("a log is not whole, and the first trouble is named, when") {
    const Log log;
    std::string_view says;
    SUBCASE("a record was altered") {
        log.execute("UPDATE pack SET octets = CAST(octets || 'x' AS BLOB) WHERE first = 1");
        says = "the pack of record 1 is not what was written there";
    }
    SUBCASE("records were removed from its middle") {
        log.execute("DELETE FROM pack WHERE first IN (2, 3)");
        says = "is missing: the log was altered";
    }
    SUBCASE("a certificate was removed") {
        log.execute("DELETE FROM part");
        says = "skeleton is missing";
    }
    SUBCASE("a body was altered, its size was not") {
        const auto body = std::filesystem::directory_iterator(log.folder / "messages/bodies")->path();
        write_file(body, random_octets(300'000, 5));
        says = "of record 2 is not what was logged";
    }
    const auto ran = log.audit();
    CHECK(ran.status == 1);
    CHECK(contains(ran.err, says));
}

TEST_CASE("where there is no log nothing can be told") {
    const TemporaryFolder folder;
    const auto ran = onceway_audit({"log", folder.path()});
    CHECK(ran.status == 2);
    CHECK(contains(ran.err, "There is no message log in"));
}
