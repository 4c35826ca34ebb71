#include "schemas/message/fault_document.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::message;
using onceway::tests::contains;
using namespace std::string_literals;

namespace {

std::string envelope(std::string_view body) {
    return "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>" + std::string(body) +
           "</e:Body></e:Envelope>";
}

}  // namespace

TEST_CASE("a fault document is written on one line, to the byte of the worked example") {
    CHECK(
        write_soap_fault({"server.serverproxy.access_denied", "no right for SERVICE:DEV/GOV/2222222-2/registry/pets",
                          "", "5b1d4a52-0c1e-4f0b-8a0e-3a8f6a1f9d10"}) ==
        R"(<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/">)"
        R"(<SOAP-ENV:Body><SOAP-ENV:Fault><faultcode>server.serverproxy.access_denied</faultcode>)"
        R"(<faultstring>no right for SERVICE:DEV/GOV/2222222-2/registry/pets</faultstring><faultactor></faultactor>)"
        R"(<detail><faultDetail xmlns="">5b1d4a52-0c1e-4f0b-8a0e-3a8f6a1f9d10</faultDetail></detail>)"
        R"(</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>)");
}

TEST_CASE("whatever stands in a fault, its document is well-formed and reads back") {
    const struct {
        const char* why;
        std::string text, back;
    } cases[] = {
        {"markup", "<a b=\"c\">&'</a>", "<a b=\"c\">&'</a>"},
        {"CRLF", "a\r\nb", "a\r\nb"},
        {"control characters",
         "a\x01\x1b"
         "b",
         "a\xef\xbf\xbd\xef\xbf\xbd"
         "b"},
        {"NUL", "a\0b"s,
         "a\xef\xbf\xbd"
         "b"},
        {"not UTF-8", "caf\xe9", "caf\xef\xbf\xbd"},
        {"U+FFFF", "a\xef\xbf\xbf", "a\xef\xbf\xbd"},
        {"beyond ASCII", "ä€𝄞", "ä€𝄞"},
        {"end of CDATA", "]]>", "]]>"},
    };
    for (const auto& [why, text, back] : cases) SUBCASE(why) {
            const auto document = write_soap_fault({"server.x", text, text, "d"});
            const auto read = read_soap_fault(document);
            REQUIRE_MESSAGE(read, read.error().detail);
            REQUIRE(read->has_value());
            CHECK((*read)->text == back);
            CHECK((*read)->actor == back);
        }
    CHECK(contains(write_soap_fault({"c", "<>&\"'", "", ""}), "&lt;&gt;&amp;&quot;&apos;"));
}

TEST_CASE("a fault is read as a genuine reader reads it") {
    SUBCASE("the codes of older releases stay as they are") {
        const auto read = read_soap_fault(write_soap_fault({"Server.ServerProxy.AccessDenied", "t", "a", "d"}));
        REQUIRE(read);
        CHECK((*read)->code == "Server.ServerProxy.AccessDenied");
        CHECK((*read)->actor == "a");
        CHECK((*read)->detail == "d");
    }
    SUBCASE("children are known by their local names, in any order and namespace") {
        const auto read =
            read_soap_fault(envelope("<e:Fault><x:faultstring xmlns:x='urn:x'>t</x:faultstring><faultcode "
                                     "xmlns='urn:y'>c</faultcode></e:Fault>"));
        REQUIRE(read);
        CHECK((*read)->code == "c");
        CHECK((*read)->text == "t");
        CHECK((*read)->detail.empty());
    }
    SUBCASE("without faultDetail the text of detail counts") {
        CHECK((*read_soap_fault(envelope("<e:Fault><detail>one<b>two</b></detail></e:Fault>")))->detail == "onetwo");
    }
    SUBCASE("it may be written in another encoding") {
        const auto read = read_soap_fault("<?xml version='1.0' encoding='ISO-8859-1'?>" +
                                          envelope("<e:Fault><faultstring>p\xf5hi</faultstring></e:Fault>"));
        REQUIRE_MESSAGE(read, read.error().detail);
        CHECK((*read)->text == "põhi");
    }
    SUBCASE("what is well-formed and no fault gives none") {
        const auto read = read_soap_fault(envelope("<answer/>"));
        REQUIRE(read);
        CHECK_FALSE(read->has_value());
        CHECK_FALSE(read_soap_fault(envelope("<Fault xmlns='urn:other'/>"))->has_value());
        CHECK_FALSE(read_soap_fault(envelope("<e:Fault/><e:Fault/>"))->has_value());
    }
}

TEST_CASE("a fault document is refused, with its reason, when it") {
    const struct {
        const char* why;
        std::string document;
        FaultCode code;
        std::string_view says;
    } wrong[] = {
        {"is empty", "", FaultCode::invalid_xml, ""},
        {"is no XML", "Internal error", FaultCode::invalid_xml, ""},
        {"is cut short", envelope("<e:Fault>").substr(0, 80), FaultCode::invalid_xml, ""},
        {"has a DOCTYPE", "<!DOCTYPE x [<!ENTITY a 'b'>]>" + envelope("<e:Fault/>"), FaultCode::invalid_xml, ""},
        {"is HTML", "<html><body>502</body></html>", FaultCode::invalid_soap, "html"},
        {"is SOAP 1.2", "<e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'><e:Body/></e:Envelope>",
         FaultCode::invalid_soap, "SOAP 1.2"},
        {"has no body", "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'/>", FaultCode::missing_body,
         "0 bodies"},
        {"has two bodies",
         "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body/><e:Body/></e:Envelope>",
         FaultCode::invalid_body, "2 bodies"},
    };
    for (const auto& [why, document, code, says] : wrong) SUBCASE(why) {
            const auto read = read_soap_fault(document);
            REQUIRE_FALSE(read);
            CHECK(read.error().code == code);
            CHECK_MESSAGE(contains(read.error().detail, says), read.error().detail);
        }
}

TEST_CASE("an information system is told in JSON unless it asks for XML") {
    const WireFault denied{"server.serverproxy.access_denied", "no \"right\" for\\ä", "", "5b1d"};
    const struct {
        const char* why;
        std::vector<std::string> accept;
        std::string_view type;
    } cases[] = {
        {"nothing said", {}, "application/json"},
        {"anything", {"*/*"}, "application/json"},
        {"JSON", {"application/json"}, "application/json"},
        {"text/xml", {"text/xml"}, "text/xml;charset=utf-8"},
        {"text/xml among others", {"application/json", "text/html;q=1, Text/XML;q=0.1"}, "text/xml;charset=utf-8"},
        {"any text", {"text/*"}, "text/xml;charset=utf-8"},
        {"application/xml", {" application/xml ; q=0.5"}, "application/xml;charset=utf-8"},
        {"the first of two", {"application/xml, text/xml"}, "application/xml;charset=utf-8"},
        {"something with xml in it", {"application/soap+xml"}, "application/json"},
    };
    for (const auto& [why, accept, type] : cases) SUBCASE(why) {
            const auto error = write_rest_error(denied, accept);
            CHECK(error.status == 500);
            CHECK(error.content_type == type);
            if (type == "application/json")
                CHECK(error.body ==
                      R"({"type":"server.serverproxy.access_denied","message":"no \"right\" for\\ä","detail":"5b1d"})");
            else
                CHECK(contains(error.body, "<error><type>server.serverproxy.access_denied</type><message>no "));
        }
}

TEST_CASE("the status of an error is 500 for codes of servers in the new alphabet, else 400") {
    CHECK(write_rest_error({"server.clientproxy.internal_error", "", "", ""}, {}).status == 500);
    CHECK(write_rest_error({"server.", "", "", ""}, {}).status == 500);
    CHECK(write_rest_error({"client.invalid_http_method", "", "", ""}, {}).status == 400);
    CHECK(write_rest_error({"Server.ServerProxy.AccessDenied", "", "", ""}, {}).status == 400);
    CHECK(write_rest_error({"", "", "", ""}, {}).status == 400);
}

TEST_CASE("a fault made here gets its prefix once and a fresh id") {
    const auto denied = fault(FaultCode::access_denied, "no right");
    const auto one = wire_fault(denied, "server.serverproxy");
    CHECK(one.code == "server.serverproxy.access_denied");
    CHECK(one.text == "no right");
    CHECK(one.actor.empty());
    CHECK(one.detail.size() == 36);
    CHECK(one.detail != wire_fault(denied, "server.serverproxy").detail);
    CHECK(wire_fault(denied.within("service_failed"), "server.serverproxy").code ==
          "server.serverproxy.service_failed.access_denied");
    CHECK(wire_fault(denied.within("server.serverproxy"), "server.serverproxy").code ==
          "server.serverproxy.access_denied");
    CHECK(wire_fault(denied.within("server.serverproxyx"), "server.serverproxy").code ==
          "server.serverproxy.server.serverproxyx.access_denied");
}
