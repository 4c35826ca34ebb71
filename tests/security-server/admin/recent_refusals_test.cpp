#include "security-server/admin/recent_refusals.hpp"

#include "security-server/records/message_log.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

records::Record record(std::string message_id, records::Side side, std::string outcome) {
    records::Record record;
    record.side = side;
    record.direction = records::Direction::request;
    record.client = {"TEST", "GOV", "EDUCATION", "admission"};
    record.service = {{"TEST", "GOV", "HOME", "people"}, "register", std::nullopt};
    record.message_id = std::move(message_id);
    record.request_id = "3a2f1b52-6c55-4a68-9b6e-0d6a3c8f9f10";
    record.outcome = std::move(outcome);
    record.message = "POST /r1/…\r\n";
    record.at = test_time();
    return record;
}

}  // namespace

TEST_CASE("the last refusals are read beside the running log, newest first") {
    const TemporaryFolder folder;
    CHECK(must(admin::recent_refusals(folder / "messages", 10)).empty());

    const FixedClock clock(test_time());
    const auto log = must(records::MessageLog::open({folder / "messages"}, clock));
    CHECK(must(admin::recent_refusals(folder / "messages", 10)).empty());
    must(run(log->append(record("first", records::Side::client, "unknown_member"))));
    must(run(log->append(record("second", records::Side::provider, "server.serverproxy.access_denied"))));

    const auto refusals = must(admin::recent_refusals(folder / "messages", 10));
    REQUIRE(refusals.size() == 2);
    CHECK(refusals[0].message_id == "second");
    CHECK(refusals[0].side == "provider");
    CHECK(refusals[0].code == "server.serverproxy.access_denied");
    CHECK(refusals[0].client == "TEST/GOV/EDUCATION/admission");
    CHECK(refusals[0].service == "TEST/GOV/HOME/people/register");
    CHECK(refusals[0].at == test_time());
    CHECK(refusals[1].message_id == "first");
    CHECK(must(admin::recent_refusals(folder / "messages", 1)).size() == 1);
}
