// SOAP that an information system must not send, and SOAP that only looks odd, over real sockets: one fault that says
// why and nobody who hears of it, or an answer. The tables lie in tests/corpus/hostile_soap.
#include "security-server/transport/refusals.hpp"
#include "tests/security-server/hostile_soap.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

HeardBack say(const HostileSoapWorld& soap, const hostile_soap::Sendable& question) {
    auto heard = run(speak(soap.consumer(), question.octets, question.end));
    REQUIRE(heard);
    return *heard;
}

}  // namespace

TEST_CASE("hostile SOAP gets one fault that says why, is told to the operator, and leaves the server nowhere") {
    HostileSoapWorld soap;
    const auto rows = hostile_rows("hostile_soap/refused_questions.txt", 6);
    CHECK(rows.size() >= 150);
    for (const auto& row : rows) {
        CAPTURE(row[0]);
        CAPTURE(row[1]);
        const auto heard =
            say(soap, hostile_soap::sendable(hostile_soap::changed(hostile_soap::question(row[2]), row[5])));
        CAPTURE(between(heard.octets, "<faultstring>", "</faultstring>"));
        CHECK(heard.octets.starts_with("HTTP/1.1 200 "));
        CHECK(contains(heard.octets, "\r\nContent-Type: text/xml;charset=utf-8\r\n"));
        CHECK(between(heard.octets, "<faultcode>", "</faultcode>") == row[3]);
        CHECK(contains(between(heard.octets, "<faultstring>", "</faultstring>"), row[4]));
        CHECK(count_of(heard.octets, "HTTP/1.1 ") == 1);
        CHECK(heard.closed);
        const auto told = transport::refusals().last(1);
        REQUIRE(told.size() == 1);
        CHECK(told[0].code == row[3]);
        CHECK(told[0].side == "client");
    }
    CHECK(soap.world.connections_seen == 0);
    CHECK(soap.world.seen_by_service().empty());
    CHECK(soap.world.consumer_server.records() == 0);
    CHECK(soap.world.provider_server.records() == 0);
}

TEST_CASE("odd and legal SOAP is answered, and arrives as it was sent") {
    HostileSoapWorld soap;
    const auto rows = hostile_rows("hostile_soap/legal_questions.txt", 5);
    CHECK(rows.size() >= 50);
    for (const auto& row : rows) {
        CAPTURE(row[0]);
        CAPTURE(row[1]);
        soap.world.seen.clear();
        soap.answer_with(hostile_soap::changed_where_possible(hostile_soap::answer(), row[4]));
        const auto question = hostile_soap::sendable(hostile_soap::changed(hostile_soap::question(row[2]), row[4]));
        const auto heard = say(soap, question);
        CAPTURE(between(heard.octets, "<faultstring>", "</faultstring>"));
        CHECK(heard.octets.starts_with("HTTP/1.1 200 "));
        CHECK(contains(heard.octets, "getPermitResponse"));
        CHECK(between(heard.octets, "<faultstring>", "</faultstring>") == "");
        const auto seen = soap.world.seen_by_service();
        REQUIRE(seen.size() == 1);
        if (row[3] == "{sent}")
            CHECK(seen[0].body == question.body);
        else
            CHECK(contains(seen[0].body, expanded(row[3], {})));
    }
    CHECK(soap.world.consumer_server.records() == 2 * rows.size());
    CHECK(soap.world.provider_server.records() == 2 * rows.size());
}
