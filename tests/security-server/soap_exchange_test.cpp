// Whole SOAP exchanges through two security servers, from information system to information system.
#include "certs/keys/digest.hpp"
#include "schemas/base/bytes.hpp"
#include "tests/security-server/soap_system.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

std::string value(const message::Fields& fields, std::string_view name) {
    return std::string(message::field(fields, name).value_or("(none)"));
}

/// `envelope` without its requestHash, which must be that of `question`.
std::string without_hash(std::string envelope, const std::string& question) {
    const auto begin = envelope.find("<xrd:requestHash"), end = envelope.find("</xrd:requestHash>");
    REQUIRE(begin != envelope.npos);
    CHECK(contains(envelope.substr(begin, end - begin), ">" + to_base64(keys::sha512(question))));
    return envelope.erase(begin, end + 18 - begin);
}

}  // namespace

TEST_CASE("a SOAP question goes through both servers octet for octet, and both keep question and answer") {
    ProviderWorld world;
    const SystemQuestion question;
    auto answer = ask_as_system(world, question);
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(fault_of(*answer).text == "");
    CHECK(value(answer->fields, "Content-Type") == "text/xml; charset=UTF-8");
    CHECK(value(answer->fields, "Content-Length") == std::to_string(answer->body.size()));
    CHECK(without_hash(answer->body, question.envelope) == soap_answer());

    const auto seen = world.seen_by_service();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].body == question.envelope);
    CHECK(value(seen[0].head.fields, "Content-Type") == "text/xml; charset=UTF-8");
    CHECK(value(seen[0].head.fields, "SOAPAction") == R"("")");
    CHECK(world.consumer_server.records() == 2);
    CHECK(world.provider_server.records() == 2);
    CHECK(world.consumer_server.log->find(World::client(), "soap-1")->size() == 2);
    CHECK(world.provider_server.log->find(World::owner(), "soap-1")->size() == 2);
}
