// Answers that a SOAP service must not give, and answers that only look odd: one fault that says who is to look, or the
// answer. The tables lie in tests/corpus/hostile_soap.
#include "tests/security-server/hostile_soap.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// The service answers with `status`, `type` (none when empty) and the changed answer; what the asking system hears.
std::string heard_of(HostileSoapWorld& soap, const std::string& status, const std::string& type,
                     std::string_view changes) {
    message::Fields fields;
    if (!type.empty()) fields.emplace_back("Content-Type", type);
    soap.world.answer_with(
        {std::stoi(status), std::move(fields), hostile_soap::changed(hostile_soap::answer(), changes)});
    auto heard = run(speak(soap.consumer(), hostile_soap::sendable(hostile_soap::question("plain")).octets, false));
    REQUIRE(heard);
    CHECK(heard->octets.starts_with("HTTP/1.1 200 "));
    CHECK(count_of(heard->octets, "HTTP/1.1 ") == 1);
    return heard->octets;
}

}  // namespace

TEST_CASE("a hostile answer of a SOAP service becomes one fault that says what is wrong with it") {
    HostileSoapWorld soap;
    const auto rows = hostile_rows("hostile_soap/refused_answers.txt", 7);
    CHECK(rows.size() >= 40);
    for (const auto& row : rows) {
        CAPTURE(row[0]);
        CAPTURE(row[1]);
        const auto heard = heard_of(soap, row[2], row[3], row[6]);
        CAPTURE(between(heard, "<faultstring>", "</faultstring>"));
        CHECK(between(heard, "<faultcode>", "</faultcode>") == row[4]);
        CHECK(contains(between(heard, "<faultstring>", "</faultstring>"), row[5]));
        CHECK(contains(heard, "\r\nContent-Type: text/xml;charset=utf-8\r\n"));
        CHECK_FALSE(contains(heard, "<p:valid>"));
    }
}

TEST_CASE("an odd and legal answer of a SOAP service arrives, with one request hash") {
    HostileSoapWorld soap;
    const auto rows = hostile_rows("hostile_soap/legal_answers.txt", 6);
    CHECK(rows.size() >= 15);
    for (const auto& row : rows) {
        CAPTURE(row[0]);
        CAPTURE(row[1]);
        const auto heard = heard_of(soap, row[2], row[3], row[5]);
        CAPTURE(heard);
        CHECK(contains(heard, expanded(row[4], {})));
        CHECK(count_of(heard, "<xro:requestHash ") == (row[0] == "fault" ? 0 : 1));
    }
}
