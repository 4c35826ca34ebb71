#include "security-server/metadata/signed_documents.hpp"

#include "certs/container/asic.hpp"
#include "tests/security-server/metadata/door.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace onceway;
using namespace onceway::tests;
using records::Direction;

namespace {

/// A log with one exchange "m 1" of the consumer, stamped unless a test says otherwise, behind /asic.
struct Asked {
    TemporaryFolder folder;
    SealingMember member;
    std::unique_ptr<records::MessageLog> log = open_log(folder / "log");
    std::string access_refused, stamping_fails;
    metadata::SignedDocuments documents{
        *log,
        [this](const identity::ClientId& client, const channel::Exchange&) -> Result<void> {
            if (access_refused.empty() && client.member() == consumer.member()) return {};
            return fault(FaultCode::ssl_authentication_failed, "not you: " + access_refused);
        },
        [this](std::vector<std::uint64_t> numbers) { return stamp(std::move(numbers)); }, Clock::system(),
        folder.path()};
    Door door{[this](channel::Exchange& exchange) { return documents.answer(exchange); }};

    explicit Asked(bool stamped = true) {
        const auto asked = sealed(request("m 1", body_of(random_octets(300'000), folder.path())), member);
        auto answered = request("m 1");
        answered.direction = Direction::response;
        append(*log, asked);
        append(*log, sealed(answered, member));
        if (stamped) stamp_all(*log, member.tsa);
    }
    Async<void> stamp(std::vector<std::uint64_t> numbers) {
        if (!stamping_fails.empty()) co_return fault(FaultCode::timestamping_failed, stamping_fails);
        for (const auto number : numbers) {
            records::MessageLog::Stamp one{
                time_stamp(member.tsa, must(log->signature_value(number))), test_time(), {}, {}};
            one.records.emplace_back(number, Octets());
            must(log->keep_stamp(one));
        }
        co_return Result<void>();
    }
    channel::FetchAnswer get(const std::string& query) { return door.get("/asic?" + query); }
    std::string verdict(Octets container) {
        const auto zip = must(container::ZipReader::from_memory(std::move(container)));
        const auto verdict = container::verify_container(zip, *member.trust(), signature::Mode::strict, std::nullopt);
        return verdict.verdict + verdict.reason;
    }
};

const std::string who = "xRoadInstance=TEST&memberClass=GOV&memberCode=1&subsystemCode=consumer";
const std::string which = who + "&queryId=m+1";

}  // namespace

TEST_CASE("all documents of a message come in one ZIP, valid, under their names") {
    Asked asked;
    const auto answer = asked.get(which);
    CHECK(answer.status == 200);
    CHECK(field_of(answer, "Content-Type") == "application/zip");
    CHECK(field_of(answer, "Content-Disposition") == "attachment; filename=\"m+1.zip\"");
    const auto zip = must(container::ZipReader::from_memory(answer.body));
    std::set<std::string> names;
    for (const auto& entry : zip.entries()) {
        names.insert(entry.name);
        CHECK(asked.verdict(must(zip.read(entry, 16 * 1024 * 1024))) == "valid");
    }
    CHECK(names == std::set<std::string>{"m+1-request-1.asice", "m+1-response-2.asice"});
}

TEST_CASE("one direction can be asked for, and one document alone") {
    Asked asked;
    const std::tuple<std::string, std::string, std::string> rows[] = {
        {"&requestOnly", "m+1-request.zip", "application/zip"},
        {"&responseOnly=false", "m+1-response.zip", "application/zip"},
        {"&requestOnly&unique", "m+1-request-1.asice", "application/vnd.etsi.asic-e+zip"},
        {"&unique&responseOnly", "m+1-response-2.asice", "application/vnd.etsi.asic-e+zip"},
    };
    for (const auto& [query, name, type] : rows) {
        CAPTURE(query);
        const auto answer = asked.get(which + query);
        CHECK(answer.status == 200);
        CHECK(field_of(answer, "Content-Type") == type);
        CHECK(field_of(answer, "Content-Disposition") == "attachment; filename=\"" + name + "\"");
        if (contains(query, "unique"))
            CHECK(asked.verdict(answer.body) == "valid");
        else
            CHECK(must(container::ZipReader::from_memory(answer.body)).entries().size() == 1);
    }
}

TEST_CASE("documents of SOAP messages are found by the header's id, valid and with their attachments") {
    Asked asked(false);
    auto answered = soap_request("grant/7 ü");
    answered.direction = Direction::response;
    append(*asked.log,
           sealed(soap_request("grant/7 ü", attachments_of({"scan", random_octets(300'000)}, asked.folder.path())),
                  asked.member));
    append(*asked.log, sealed(answered, asked.member));
    const auto answer = asked.get(who + "&queryId=grant%2F7+%C3%BC&force");
    CHECK(answer.status == 200);
    CHECK(field_of(answer, "Content-Disposition") == "attachment; filename=\"grant%2F7+%C3%BC.zip\"");
    const auto zip = must(container::ZipReader::from_memory(answer.body));
    const auto* asking = zip.find("grant%2F7+%C3%BC-request-3.asice");
    REQUIRE(asking);
    REQUIRE(zip.find("grant%2F7+%C3%BC-response-4.asice"));
    const auto document = must(zip.read(*asking, 16 * 1024 * 1024));
    CHECK(asked.verdict(document) == "valid");
    const auto inside = must(container::ZipReader::from_memory(document));
    REQUIRE(inside.find("attachment2"));
    CHECK(must(inside.read(*inside.find("attachment1"), 100)) == "scan");
    CHECK(must(inside.read(*inside.find("attachment2"), 1 << 20)) == random_octets(300'000));
}

TEST_CASE("what is not stamped yet is stamped when force is there, and given at once") {
    Asked asked(false);
    auto answer = asked.get(which);
    CHECK(answer.status == 500);
    CHECK(answer.body == "Message signature has not been timestamped yet!");
    answer = asked.get(which + "&force&requestOnly&unique");
    CHECK(answer.status == 200);
    CHECK(asked.verdict(answer.body) == "valid");
    CHECK(asked.log->health().unstamped == 1);  // only what was asked for
    CHECK(asked.get(which + "&responseOnly").status == 500);
}

TEST_CASE("a query is refused in the order of the rules, when") {
    Asked asked;
    const struct {
        const char* why;
        std::string query;
        int status;
        std::string_view says;
    } rows[] = {
        {"the instance is missing", "memberClass=GOV&memberCode=1", 400,
         "Parameter \"xRoadInstance\"  must be specified."},
        {"the class is empty", "xRoadInstance=TEST&memberClass=&memberCode=1", 400, "\"memberClass\""},
        {"the code is missing", "xRoadInstance=TEST&memberClass=GOV", 400, "\"memberCode\""},
        {"the client is not ours, before anything else is looked at", "xRoadInstance=TEST&memberClass=GOV&memberCode=2",
         401, "not you"},
        {"the message id is missing", who, 400, "Parameter \"queryId\"  must be specified."},
        {"both directions are asked for alone", which + "&requestOnly&responseOnly", 400, "exclude each other"},
        {"the message id is another", who + "&queryId=m", 404, "No signed documents found"},
        {"the message id has another case", who + "&queryId=M+1", 404, "No signed documents found"},
        {"the subsystem is another", "xRoadInstance=TEST&memberClass=GOV&memberCode=1&subsystemCode=x&queryId=m+1", 404,
         "No signed"},
        {"there is no subsystem", "xRoadInstance=TEST&memberClass=GOV&memberCode=1&queryId=m+1", 404, "No signed"},
        {"one of several is asked for", which + "&unique", 400, "\"unique\" needs"},
        {"one of several is asked for, and there is none", who + "&queryId=x&unique", 404, "No signed"},
    };
    for (const auto& [why, query, status, says] : rows) SUBCASE(why) {
            const auto answer = asked.get(query);
            CHECK(answer.status == status);
            CHECK(contains(answer.body, says));
            CHECK(field_of(answer, "Content-Type") == "text/plain; charset=UTF-8");
        }
}

TEST_CASE("a forced time-stamp that fails is answered with the reason") {
    Asked asked(false);
    asked.stamping_fails = "the authority is on holiday";
    const auto answer = asked.get(which + "&force");
    CHECK(answer.status == 500);
    CHECK(contains(answer.body, "on holiday"));
}

TEST_CASE("a log that lost a body answers with an error, not with half a document") {
    Asked asked;
    std::filesystem::remove(std::filesystem::directory_iterator(asked.folder / "log/bodies")->path());
    const auto answer = asked.get(which);
    CHECK(answer.status == 500);
    CHECK(contains(answer.body, "cannot be found"));
}

TEST_CASE("a name that HTTP could not carry is written as a form would") {
    Asked asked;
    append(*asked.log, sealed(request("\"\xc3\xb5; \r\n"), asked.member));
    stamp_all(*asked.log, asked.member.tsa);
    const auto answer = asked.get(who + "&queryId=%22%C3%B5%3B%20%0D%0A");
    CHECK(answer.status == 200);
    CHECK(field_of(answer, "Content-Disposition") == "attachment; filename=\"%22%C3%B5%3B+%0D%0A.zip\"");
}
