// onceway-audit inspect: SOAP messages, and the descriptions of services.
#include "tests/security-server/audit/inspect_rows.hpp"
#include "tests/security-server/records/samples.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

using namespace onceway;
using namespace onceway::tests;

namespace {

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

const std::string soap_fault =
    R"(<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode>)"
    R"(<faultstring>no such grant</faultstring></s:Fault></s:Body></s:Envelope>)";

const std::string wsdl =
    R"(<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/")"
    R"( xmlns:x="http://x-road.eu/xsd/xroad.xsd" xmlns:t="urn:t" targetNamespace="urn:t">)"
    R"(<portType name="P"><operation name="getGrant"/></portType>)"
    R"(<binding name="B" type="t:P"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>)"
    R"(<operation name="getGrant"><x:version>v1</x:version><soap:operation soapAction=""/></operation></binding>)"
    R"(<service name="S"><port name="Q" binding="t:B"><soap:address location="http://inside/grants"/></port></service>)"
    R"(</definitions>)";

const std::string openapi =
    R"({"openapi":"3.0.3","info":{"title":"Pets"},"servers":[{"url":"/v2"}],"paths":{"/pets/{id}":{"get":{}}}})";

}  // namespace

TEST_CASE("soap: what the header says, a fault as one, and why an envelope is refused") {
    const auto envelope = soap_request("id-1").message;
    check_rows({
        {"a request", "soap", envelope, {}, "valid", "", R"("client":"TEST/GOV/1/consumer")"},
        {"its service",
         "soap",
         envelope,
         {},
         "valid",
         "",
         R"("service":"TEST/GOV/2/provider/roads","service_version":null)"},
        {"its body", "soap", envelope, {}, "valid", "", R"("wrapper":"roads","namespace":"urn:roads")"},
        {"an answer",
         "soap",
         replaced(replaced(envelope, "<r:roads", "<r:roadsResponse"), "</r:roads", "</r:roadsResponse"),
         {},
         "valid",
         "",
         R"("direction":"response")"},
        {"a fault", "soap", soap_fault, {}, "valid", "", R"("code":"s:Client","text":"no such grant")"},
        {"another encoding",
         "soap",
         replaced(replaced(envelope, "UTF-8", "ISO-8859-1"), "<permit>17", "<permit>T\xfcr"),
         {},
         "valid",
         "",
         "id-1"},
        {"a mark that contradicts",
         "soap",
         "\xef\xbb\xbf" + envelope,
         {{"content_type", "text/xml; charset=UTF-16"}},
         "invalid",
         "invalid_soap",
         ""},
        {"no id", "soap", replaced(envelope, "<x:id>id-1</x:id>", ""), {}, "invalid", "missing_header_field", "'id'"},
        {"a body of another service",
         "soap",
         replaced(replaced(envelope, "<r:roads", "<r:rivers"), "</r:roads", "</r:rivers"),
         {},
         "invalid",
         "inconsistent_headers",
         "rivers"},
        {"a document type",
         "soap",
         replaced(envelope, "<s:Envelope", "<!DOCTYPE a><s:Envelope"),
         {},
         "invalid",
         "invalid_soap",
         ""},
        {"no XML", "soap", "GET", {}, "invalid", "invalid_soap", ""},
    });
}

TEST_CASE("wsdl, openapi: what an import would find, and why it would not") {
    check_rows({
        {"a WSDL",
         "wsdl",
         wsdl,
         {},
         "valid",
         "",
         R"({"code":"getGrant","version":"v1","title":"","url":"http://inside/grants"})"},
        {"a WSDL without services",
         "wsdl",
         R"(<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>)",
         {},
         "valid",
         "",
         R"("services":[])"},
        {"with an entity",
         "wsdl",
         R"(<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>)" + wsdl,
         {},
         "invalid",
         "invalid_xml",
         ""},
        {"other XML", "wsdl", "<a/>", {}, "invalid", "invalid_argument", "WSDL"},
        {"JSON",
         "openapi",
         openapi,
         {{"content_type", "application/json"}},
         "valid",
         "",
         R"("format":"json","version":"3.0.3","title":"Pets","url":"/v2","service_url":null,"endpoints":[["GET","/pets/*"]])"},
        {"with its address",
         "openapi",
         openapi,
         {{"url", "http://inside/api/openapi.json"}},
         "valid",
         "",
         R"("service_url":"http://inside/v2")"},
        {"JSON read as YAML", "openapi", openapi, {}, "valid", "", R"("format":"yaml")"},
        {"YAML",
         "openapi",
         "openapi: 3.1.0\ninfo: {title: Pets}\npaths: {/a: {post: {}}}\n",
         {},
         "valid",
         "",
         R"([["POST","/a"]])"},
        {"an address that is none",
         "openapi",
         openapi,
         {{"url", "openapi.json"}},
         "invalid",
         "service_malformed_url",
         ""},
        {"version 2", "openapi", "swagger: '2.0'\n", {}, "invalid", "invalid_argument", ""},
        {"no text at all", "openapi", "\xff", {}, "invalid", "invalid_argument", ""},
    });
}

TEST_CASE("recorded descriptions are found valid or refused, none ends unknown") {
    const auto folder = vectors();
    if (!folder) {
        MESSAGE("skipped: no vectors");
        return;
    }
    std::size_t read = 0;
    for (const auto& entry : std::filesystem::directory_iterator(*folder / "descriptions")) {
        const auto extension = entry.path().extension();
        const bool soap = extension == ".wsdl";
        if (!soap && extension != ".json" && extension != ".yaml" && extension != ".yml") continue;
        CAPTURE(entry.path());
        const auto url = "http://x/" + entry.path().filename().string();
        const Ran ran = inspect(soap ? "wsdl" : "openapi", contents_of(entry.path()),
                                soap ? boost::json::object{} : boost::json::object{{"url", url}});
        CHECK(ran.status < 2);
        ++read;
    }
    CHECK(read > 15);
}
