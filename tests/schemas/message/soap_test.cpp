#include "schemas/message/soap.hpp"

#include "tests/schemas/message/soap_envelope.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::message;
using namespace onceway::tests;
using namespace onceway::tests::soap;

TEST_CASE("an envelope is read into what its header says and what its body holds") {
    Envelope envelope;
    envelope.more = "<x:userId>EE1</x:userId><x:issue>17 / 4</x:issue>" + party("COM", "77") + server();
    const auto read = read_soap(envelope.text());
    REQUIRE_MESSAGE(read, read.error().detail);
    const auto& header = read->header;
    CHECK(header.client.url() == "ZA/GOV/101/tax");
    CHECK(header.service.text() == "SERVICE:ZA/GOV/202/people/getPerson/v1");
    CHECK(header.server.value().text() == "SERVER:ZA/GOV/202/ss1");
    CHECK(header.id == "m-1");
    CHECK(header.user_id == "EE1");
    CHECK(header.issue == "17 / 4");
    CHECK(header.represented == RepresentedParty{"COM", "77"});
    CHECK(header.protocol_version == "4.0");
    CHECK_FALSE(header.request_hash.has_value());
    CHECK(read->wrapper == "getPerson");
    CHECK(read->wrapper_space == "urn:people");
    CHECK_FALSE(read->is_response());
    CHECK_FALSE(read->fault.has_value());

    const auto facts = read->facts();
    CHECK(facts.language == Language::soap);
    CHECK(facts.client == header.client);
    CHECK(facts.service == header.service);
    CHECK(facts.id == "m-1");
    CHECK(facts.server == header.server);
}

TEST_CASE("an envelope passes although it") {
    struct {
        const char* why;
        Envelope envelope;
    } const right[] = {
        {"is the plainest of all", {}},
        {"has no XML declaration", {.declaration = ""}},
        {"has its Body before its Header", {.body_first = true}},
        {"writes the header elements in another order",
         {.header = version() + service() + "<x:id>m-1</x:id>" + client()}},
        {"has an id that is empty", {.header = client() + service() + "<x:id/>" + version()}},
        {"speaks version 4.1", {.header = client() + service() + id() + version("4.1")}},
        {"carries an unknown header twice", {.more = "<o:t xmlns:o='urn:o'>1</o:t><o:t xmlns:o='urn:o'>2</o:t>"}},
        {"carries a header of a known name in another namespace", {.more = "<o:id xmlns:o='urn:o'>other</o:id>"}},
        {"carries a requestHash in a request", {.more = "<x:requestHash>Zm9v</x:requestHash>"}},
        {"names a member as client", {.header = client("MEMBER", "") + service() + id() + version()}},
        {"calls a subsystem a MEMBER", {.header = client("MEMBER") + service() + id() + version()}},
        {"calls a member a SUBSYSTEM", {.header = client("SUBSYSTEM", "") + service() + id() + version()}},
        {"holds an unknown element inside an identifier",
         {.header = client("SUBSYSTEM", "tax", "<i:groupCode>g</i:groupCode><o:x xmlns:o='urn:o'><o:y/></o:x>") +
                    service() + id() + version()}},
        {"is RPC, with an encoding style", {.attributes = " e:encodingStyle='http://schemas.xmlsoap.org/'"}},
        {"has comments and processing instructions around", {.more = "<!-- c --><?pi x?>"}},
        {"names the wrapper after the service and a bit more", {.body = "<p:getPersonX xmlns:p='urn:p'/>"}},
        {"has a wrapper without a namespace", {.body = "<getPerson xmlns=''/>"}},
        {"has text, comments and white space around the wrapper", {.body = "\n a <!-- c --><getPerson/> b\n"}},
        {"has elements of others behind the Body", {.behind = "<o:x xmlns:o='urn:o'><o:Body/></o:x>"}},
    };
    for (const auto& [why, envelope] : right) SUBCASE(why) {
            const auto read = read_soap(envelope.text());
            CHECK_MESSAGE(read, read.error().detail);
        }
}

TEST_CASE("an envelope is refused, with its reason, when it") {
    const auto known = client() + service() + id() + version();
    struct {
        const char* why;
        Envelope envelope;
        FaultCode code;
        std::string_view says;
    } const wrong[] = {
        {"has a DOCTYPE", {.declaration = "<!DOCTYPE a>"}, FaultCode::invalid_soap, "DOCTYPE"},
        {"declares an entity", {.declaration = "<!DOCTYPE a [<!ENTITY b 'c'>]>"}, FaultCode::invalid_soap, "DOCTYPE"},
        {"asks for an outside document",
         {.declaration = "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>"},
         FaultCode::invalid_soap,
         "DOCTYPE"},
        {"uses an entity that nobody declared", {.body = "<getPerson>&b;</getPerson>"}, FaultCode::invalid_soap, "b"},
        {"is SOAP 1.2",
         {.space = "http://www.w3.org/2003/05/soap-envelope"},
         FaultCode::invalid_soap,
         "a SOAP 1.2 envelope"},
        {"is an envelope of nobody", {.space = "urn:soap"}, FaultCode::invalid_soap, "SOAP 1.1"},
        {"has no Header", {.no_header = true}, FaultCode::missing_header, "Header"},
        {"has a Header of another namespace",
         {.no_header = true, .behind = "<Header/>"},
         FaultCode::missing_header,
         "Header"},
        {"has two Headers", {.behind = "<e:Header/>"}, FaultCode::invalid_soap, "more than one Header"},
        {"has no Body", {.no_body = true}, FaultCode::missing_body, "Body"},
        {"has two Bodies", {.behind = "<e:Body><getPerson/></e:Body>"}, FaultCode::invalid_body, "more than one Body"},
        {"has nothing in its Body", {.body = " "}, FaultCode::invalid_body, "0 elements"},
        {"has two elements in its Body", {.body = "<getPerson/><getPerson/>"}, FaultCode::invalid_body, "2 elements"},
        {"has no protocolVersion",
         {.header = client() + service() + id()},
         FaultCode::missing_header_field,
         "protocolVersion"},
        {"has no client", {.header = service() + id() + version()}, FaultCode::missing_header_field, "'client'"},
        {"has no service", {.header = client() + id() + version()}, FaultCode::missing_header_field, "'service'"},
        {"has no id", {.header = client() + service() + version()}, FaultCode::missing_header_field, "'id'"},
        {"has its id in no namespace",
         {.header = client() + service() + "<id xmlns=''>1</id>" + version()},
         FaultCode::missing_header_field,
         "'id'"},
        {"has its id in another header",
         {.header = client() + service() + version() + "<o:x xmlns:o='urn:o'>" + id() + "</o:x>"},
         FaultCode::missing_header_field,
         "'id'"},
        {"speaks version 5.0",
         {.header = client() + service() + id() + version("5.0")},
         FaultCode::invalid_protocol_version,
         "5.0"},
        {"speaks version 4",
         {.header = client() + service() + id() + version("4")},
         FaultCode::invalid_protocol_version,
         "4.x"},
        {"speaks a version behind a blank",
         {.header = client() + service() + id() + version(" 4.0")},
         FaultCode::invalid_protocol_version,
         "' 4.0'"},
        {"names a client twice", {.header = client() + known}, FaultCode::duplicate_header_field, "client"},
        {"names a service twice", {.header = service() + known}, FaultCode::duplicate_header_field, "service"},
        {"has two ids", {.header = id() + known}, FaultCode::duplicate_header_field, "'id'"},
        {"has two versions", {.header = version() + known}, FaultCode::duplicate_header_field, "protocolVersion"},
        {"has two users", {.header = known + "<x:userId/><x:userId/>"}, FaultCode::duplicate_header_field, "userId"},
        {"has two issues", {.header = known + "<x:issue/><x:issue/>"}, FaultCode::duplicate_header_field, "issue"},
        {"has two request hashes",
         {.header = known + "<x:requestHash/><x:requestHash/>"},
         FaultCode::duplicate_header_field,
         "requestHash"},
        {"names two servers",
         {.header = known + server() + server()},
         FaultCode::duplicate_header_field,
         "securityServer"},
        {"represents two parties",
         {.header = known + party("COM", "7") + party("COM", "7")},
         FaultCode::duplicate_header_field,
         "representedParty"},
        {"represents a party with two codes",
         {.header = known + party("COM", "7</r:partyCode><r:partyCode>8")},
         FaultCode::duplicate_header_field,
         "partyCode"},
        {"represents a party without a code",
         {.header = known + "<r:representedParty/>"},
         FaultCode::missing_header_field,
         "partyCode"},
        {"has a component twice",
         {.header = client("SUBSYSTEM", "tax", "<i:memberCode>101</i:memberCode>") + service() + id() + version()},
         FaultCode::duplicate_header_field,
         "memberCode"},
        {"gives a client no type",
         {.header = client("") + service() + id() + version()},
         FaultCode::invalid_xml,
         "objectType"},
        {"gives the type in no namespace",
         {.header = "<x:client objectType='MEMBER'/>" + service() + id() + version()},
         FaultCode::invalid_xml,
         "no attribute objectType"},
        {"calls a client a service",
         {.header = client("SERVICE") + service() + id() + version()},
         FaultCode::invalid_xml,
         "'SERVICE'"},
        {"calls a service a server",
         {.header = client() + service("SERVER") + id() + version()},
         FaultCode::invalid_xml,
         "'SERVER'"},
        {"calls a server a member", {.header = known + server("MEMBER")}, FaultCode::invalid_xml, "'MEMBER'"},
        {"has a wrapper that the service code does not begin",
         {.body = "<xgetPerson/>"},
         FaultCode::inconsistent_headers,
         "'getPerson'"},
        {"has a wrapper of other case", {.body = "<GetPerson/>"}, FaultCode::inconsistent_headers, "GetPerson"},
        {"has an element inside a value",
         {.header = client() + service() + "<x:id>m<x:b/>1</x:id>" + version()},
         FaultCode::invalid_xml,
         "only text may"},
    };
    for (const auto& [why, envelope, code, says] : wrong) SUBCASE(why) {
            const auto read = read_soap(envelope.text());
            REQUIRE_FALSE(read);
            CHECK(spelling(read.error().code) == spelling(code));
            CHECK_MESSAGE(contains(read.error().detail, says), read.error().detail);
        }
}

TEST_CASE("an identifier in a header is taken as it stands, and refused when it is none") {
    const auto with_member = [](std::string_view code) {
        return Envelope{.header = client("SUBSYSTEM", "tax", {}, code) + service() + id() + version()}.text();
    };
    SUBCASE("CDATA, character references and comments are only ways of writing") {
        const auto read = read_soap(with_member("1<![CDATA[0]]><!-- c -->&#x31;"));
        REQUIRE_MESSAGE(read, read.error().detail);
        CHECK(read->header.client.member_code == "101");
    }
    SUBCASE("letters beyond ASCII and blanks stay") {
        const auto read = read_soap(with_member(" põhi 1 "));
        REQUIRE_MESSAGE(read, read.error().detail);
        CHECK(read->header.client.member_code == " põhi 1 ");
    }
    SUBCASE("a percent sign is no escape, and no identifier holds one") {
        const auto read = read_soap(with_member("a%20b"));
        REQUIRE_FALSE(read);
        CHECK(read.error().code == FaultCode::internal_error);
        CHECK(contains(read.error().detail, "memberCode of 'client' holds a separator"));
    }
    SUBCASE("a blank version is one that no service has") {
        auto header = client() + service("SERVICE", " ") + id() + version();
        const auto read = read_soap(Envelope{.header = header}.text());
        REQUIRE_MESSAGE(read, read.error().detail);
        CHECK(read->header.service.version == " ");
    }
    SUBCASE("without a version there is none") {
        const auto read = read_soap(Envelope{.header = client() + service("SERVICE", {}) + id() + version()}.text());
        REQUIRE_MESSAGE(read, read.error().detail);
        CHECK_FALSE(read->header.service.version.has_value());
    }
    struct {
        const char* why;
        std::string header;
        std::string_view says;
    } const wrong[] = {
        {"it is empty", client("SUBSYSTEM", "tax", {}, "") + service(), "memberCode of 'client' cannot be empty"},
        {"it is blank", client("SUBSYSTEM", " ") + service(), "subsystemCode of 'client' cannot be blank"},
        {"it is not there", "<x:client i:objectType='MEMBER'/>" + service(), "'client' has no xRoadInstance"},
        {"the service has no code",
         client() + "<x:service i:objectType='SERVICE'><i:xRoadInstance>ZA</i:xRoadInstance><i:memberClass>GOV</"
                    "i:memberClass><i:memberCode>202</i:memberCode></x:service>",
         "'service' has no serviceCode"},
        {"it is spread over lines", client("SUBSYSTEM", "\n tax\n") + service(), "holds a control character"},
        {"it is too long", client("SUBSYSTEM", std::string(256, 'a')) + service(), "255 are allowed"},
        {"it holds a slash", client("SUBSYSTEM", "a/b") + service(), "holds a separator"},
    };
    for (const auto& [why, header, says] : wrong) SUBCASE(why) {
            const auto read = read_soap(Envelope{.header = header + id() + version()}.text());
            REQUIRE_FALSE(read);
            CHECK(read.error().code == FaultCode::internal_error);
            CHECK_MESSAGE(contains(read.error().detail, says), read.error().detail);
        }
}

TEST_CASE("a body that is a fault is one, whatever the header says") {
    const auto fault = [](std::string_view parts) { return "<e:Fault>" + std::string(parts) + "</e:Fault>"; };
    SUBCASE("with its four texts") {
        const auto read =
            read_soap(Envelope{.no_header = true,
                               .body = fault("<faultcode>server.x</faultcode><faultstring>a&lt;b</"
                                             "faultstring><faultactor>me</faultactor><detail>1<faultDetail>"
                                             "u-1</faultDetail>2</detail>")}
                          .text());
        REQUIRE_MESSAGE(read, read.error().detail);
        REQUIRE(read->fault.has_value());
        CHECK(read->fault->code == "server.x");
        CHECK(read->fault->text == "a<b");
        CHECK(read->fault->actor == "me");
        CHECK(read->fault->detail == "u-1");
    }
    SUBCASE("without faultDetail the text of detail counts") {
        const auto read =
            read_soap(Envelope{.body = fault("<faultcode>e:Server.Oops</faultcode><detail>a<b>c</b></detail>")}.text());
        REQUIRE_MESSAGE(read, read.error().detail);
        REQUIRE(read->fault.has_value());
        CHECK(read->fault->code == "e:Server.Oops");
        CHECK(read->fault->detail == "ac");
    }
    SUBCASE("below a header that breaks every rule") {
        const auto read = read_soap(Envelope{.header = id() + id() + client("SERVICE"), .body = fault("")}.text());
        REQUIRE_MESSAGE(read, read.error().detail);
        CHECK(read->fault.has_value());
    }
    SUBCASE("a text of any length is cut, at a character") {
        std::string text;
        for (int i = 0; i < 50'000; ++i) text += "ä";
        const auto read = read_soap(Envelope{.body = fault("<faultstring>" + text + "</faultstring>")}.text());
        REQUIRE_MESSAGE(read, read.error().detail);
        CHECK(read->fault->text.size() == 64 * 1024);
        CHECK(is_utf8(read->fault->text));
    }
    SUBCASE("but not beside another element, nor in another namespace") {
        CHECK(read_soap(Envelope{.body = fault("") + "<getPerson/>"}.text()).error().code == FaultCode::invalid_body);
        CHECK(read_soap(Envelope{.body = "<Fault xmlns=''/>"}.text()).error().code == FaultCode::inconsistent_headers);
    }
}

TEST_CASE("SOAPAction is") {
    for (const auto* fine : {"", "\"\"", "\"urn:x\"", "\"http://a.example/b?c=d#e\"", "\"#f\"", "\"a/b:c\"",
                             "\"http://[::1]/x%20y\"", "\"urn:p\xc3\xb5hi\""})
        SUBCASE((std::string("let pass when it is ") + fine).c_str()) { CHECK(check_soap_action(fine)); }
    for (const auto* wrong : {"urn:x", "\"", "\"urn:x", "urn:x\"", "\"a b\"", "\"a\"b\"", "\"%zz\"", "\"%4\"", "\":x\"",
                              "\"1:x\"", "\"urn:\"", "\"a#b#c\"", "\"<>\"", "'urn:x'", " ", "\"a\tb\""})
        SUBCASE((std::string("refused when it is ") + wrong).c_str()) {
            const auto checked = check_soap_action(wrong);
            REQUIRE_FALSE(checked);
            CHECK(checked.error().code == FaultCode::invalid_soap_action);
            CHECK(contains(checked.error().detail, "SOAPAction"));
        }
}

TEST_CASE("an answer belongs to its request unless") {
    Envelope request;
    request.more = "<x:userId>u</x:userId><x:issue/>" + party("COM", "7");
    const auto asked = read_soap(request.text())->header;
    CHECK(check_same_exchange(asked, asked));

    auto other = asked;
    other.server = identity::ServerId{{"ZA", "GOV", "1"}, "s"};
    other.protocol_version = "4.1";
    CHECK(check_same_exchange(asked, other));  // these two are not compared

    struct {
        const char* why;
        void (*change)(SoapHeader&);
        std::string_view says;
    } const differences[] = {
        {"the client differs", [](SoapHeader& h) { h.client.subsystem = "Tax"; }, "'client'"},
        {"the service differs", [](SoapHeader& h) { h.service.code += "s"; }, "'service'"},
        {"the version differs", [](SoapHeader& h) { h.service.version.reset(); }, "'service'"},
        {"the user differs", [](SoapHeader& h) { h.user_id = "U"; }, "'userId'"},
        {"the user is gone", [](SoapHeader& h) { h.user_id.reset(); }, "'userId'"},
        {"an empty issue is gone", [](SoapHeader& h) { h.issue.reset(); }, "'issue'"},
        {"the party has another class", [](SoapHeader& h) { h.represented->party_class = "GOV"; },
         "'representedParty'"},
        {"the party is gone", [](SoapHeader& h) { h.represented.reset(); }, "'representedParty'"},
        {"the id has a blank more", [](SoapHeader& h) { h.id += ' '; }, "'id'"},
    };
    for (const auto& [why, change, says] : differences) SUBCASE(why) {
            auto answered = asked;
            change(answered);
            const auto checked = check_same_exchange(asked, answered);
            REQUIRE_FALSE(checked);
            CHECK(checked.error().code == FaultCode::inconsistent_response);
            CHECK_MESSAGE(contains(checked.error().detail, says), checked.error().detail);
        }
}

TEST_CASE("the request hash of an answer is the digest of the request, or the answer is refused") {
    const Octets digest(64, '\x5a');
    SoapHeader answer;
    answer.request_hash = to_base64(digest);
    CHECK(check_request_hash(answer, digest));
    answer.request_hash = "\n" + answer.request_hash->substr(0, 40) + "\r\n" + answer.request_hash->substr(40);
    CHECK(check_request_hash(answer, digest));

    struct {
        const char* why;
        std::optional<std::string> hash;
        std::string_view says;
    } const wrong[] = {
        {"it is missing", std::nullopt, "is missing"},
        {"it is empty", "", "is not the digest"},
        {"it is no Base64", "foo!", "is no Base64"},
        {"it is another", to_base64(Octets(64, '\x5b')), "is not the digest"},
        {"it is cut", to_base64(digest.substr(1)), "is not the digest"},
    };
    for (const auto& [why, hash, says] : wrong) SUBCASE(why) {
            answer.request_hash = hash;
            const auto checked = check_request_hash(answer, digest);
            REQUIRE_FALSE(checked);
            CHECK(checked.error().code == FaultCode::inconsistent_response);
            CHECK_MESSAGE(contains(checked.error().detail, says), checked.error().detail);
        }
}
