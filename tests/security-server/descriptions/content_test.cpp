// What a document brings, before anybody changes it.
#include "security-server/descriptions/content.hpp"

#include "tests/security-server/descriptions/samples.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using access::ServiceType;
using descriptions::Document;
using descriptions::read_content;

namespace {

const descriptions::Wanted wsdl{ServiceType::wsdl, "http://10.0.0.9/soap?wsdl", {}};
const descriptions::Wanted openapi{ServiceType::openapi, "http://10.0.0.9/openapi.json", "pets"};

}  // namespace

TEST_CASE("SS-21: a WSDL's services have its addresses, 60 s, and TLS verification on") {
    const Document document{wsdl_of({{"permit", "v1"}, {"permit", "v2"}, {"refund", ""}}), "text/xml"};
    const auto content = must(read_content(wsdl, document, {}));
    CHECK(content.sha256 == document.sha256());
    REQUIRE(content.services.size() == 3);
    const auto& first = content.services[0];
    CHECK(first.code == "permit");
    CHECK(first.version == "v1");
    CHECK_FALSE(content.services[2].version);
    CHECK(first.type == ServiceType::wsdl);
    CHECK(first.url == "http://10.0.0.9/soap");
    CHECK(first.description == wsdl.url);
    CHECK(first.timeout == std::chrono::seconds(60));
    CHECK(first.verify_certificate);
    CHECK(content.warnings.empty());
}

TEST_CASE("an OpenAPI document is one service with its operations as generated endpoints") {
    const auto content =
        must(read_content(openapi, {openapi_of({"/pets", "/pets/{id}"}, "/v1"), "application/json"}, {}));
    REQUIRE(content.services.size() == 1);
    const auto& service = content.services[0];
    CHECK(service.code == "pets");
    CHECK(service.type == ServiceType::openapi);
    CHECK(service.title == "Pets");
    CHECK(service.url == "http://10.0.0.9/v1");  // resolved against the description's address
    CHECK(service.endpoints == std::vector<access::Endpoint>{{"GET", "/pets", true}, {"GET", "/pets/*", true}});
}

TEST_CASE("an OpenAPI address with variables is left for the operator, and told") {
    const auto content =
        must(read_content(openapi, {openapi_of({"/pets"}, "https://{host}/v1"), "application/json"}, {}));
    CHECK(content.services.at(0).url.empty());
    REQUIRE(content.warnings.size() == 1);
    CHECK(content.warnings[0].code == "openapi_validation_warnings");
    CHECK(contains(content.warnings[0].about.back(), "must be completed"));
}

TEST_CASE("a description brings nothing, for the reason told, when") {
    struct {
        const char* when;
        descriptions::Wanted wanted;
        std::string document;
        std::string_view says;
    } const rows[] = {
        {"it is no XML", wsdl, "nonsense", "Reading the description http://10.0.0.9/soap?wsdl"},
        {"it declares nothing that can be called", wsdl, wsdl_of({}), "declares no operation"},
        {"an operation's name is no code", wsdl, wsdl_of({{"a:b", ""}}), "'a:b' cannot be a service"},
        {"a version is no code", wsdl, wsdl_of({{"a", "v/1"}}), "'v/1' of the operation 'a'"},
        {"its services are files", wsdl, wsdl_of({{"a", ""}}, "file:///etc/passwd"), "neither http:// nor https://"},
        {"its services have an odd address", wsdl, wsdl_of({{"a", ""}}, "http://2130706433/"), "odd form"},
        {"it is Swagger 2", openapi, R"({"swagger":"2.0","paths":{}})", "openapi.json"},
        {"it is of a version to come", openapi, openapi_of({"/a"}, "/", "3.2.0"), "3.2.0"},
    };
    for (const auto& [when, wanted, document, says] : rows) SUBCASE(when) {
            const auto refused = read_content(wanted, {document, "application/json"}, {});
            REQUIRE_FALSE(refused);
            CHECK_MESSAGE(contains(refused.error().detail, says), refused.error().detail);
        }
}

TEST_CASE("nothing that a document says obeys a terminal, nor fills it") {
    const std::string escape =
        "\xc2\x9b"
        "2J";  // what clears a screen, as one character of two octets
    const auto refused = read_content(wsdl, {wsdl_of({{escape + std::string(5'000, 'x'), ""}}), "text/xml"}, {});
    REQUIRE_FALSE(refused);
    CHECK_FALSE(contains(refused.error().detail, "\xc2\x9b"));
    CHECK(refused.error().detail.size() < 1'000);
}

TEST_CASE("SS-25: what the validator says of a WSDL are warnings; of OpenAPI it is not asked") {
    const TemporaryFolder folder;
    const descriptions::Validator validator{{"/bin/sh", "-c", "echo 'a doubt' >&2"}, folder.path()};
    const auto content = must(read_content(wsdl, {wsdl_of({{"a", ""}}), "text/xml"}, validator));
    REQUIRE(content.warnings.size() == 1);
    CHECK(content.warnings[0].code == "wsdl_validation_warnings");
    CHECK(content.warnings[0].about == std::vector<std::string>{"a doubt"});
    CHECK(must(read_content(openapi, {openapi_of({"/a"}), "application/json"}, validator)).warnings.empty());
}
