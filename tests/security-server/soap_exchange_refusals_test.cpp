// Questions in SOAP that are refused: what their systems hear, and that nothing leaves.
#include "tests/security-server/soap_system.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

const std::string version = "<xrd:protocolVersion>4.0</xrd:protocolVersion>";

}  // namespace

TEST_CASE("a question in SOAP is refused for what is wrong in it, with the prefix client, when") {
    const auto without = [](std::string from, std::string to = {}) {
        auto text = soap_request();
        replace(text, from, to);
        return text;
    };
    const auto inner = [](std::string_view name, const std::string& text) {
        const auto from = text.find("<" + std::string(name)), to = text.find("</" + std::string(name) + ">");
        return text.substr(from, to - from + name.size() + 3);
    };
    const std::string plain = soap_request();
    const struct {
        const char* when;
        SystemQuestion question;
        std::string code, says;
    } rows[] = {
        {"its method is GET", {.envelope = "", .method = "GET"}, "invalid_http_method", "POST"},
        {"its method is PUT", {.method = "PUT"}, "invalid_http_method", "POST"},
        {"it is SOAP 1.2 by its type",
         {.type = "application/soap+xml"},
         "invalid_content_type",
         "application/soap+xml"},
        {"it is multipart/mixed", {.type = "multipart/mixed; boundary=b"}, "invalid_content_type", "multipart/mixed"},
        {"it has no type", {.type = ""}, "internal_error", "Content-Type"},
        {"its charset is none", {.type = "text/xml; charset=klingon"}, "internal_error", "'klingon'"},
        {"its charset is a path", {.type = "text/xml; charset=\"../x\""}, "internal_error", "'../x'"},
        {"its multipart has no boundary", {.type = "multipart/related"}, "mime_parsing_failed", "boundary"},
        {"its multipart has no part",
         {.envelope = "--b--", .type = "multipart/related; boundary=b"},
         "missing_soap",
         "no part"},
        {"its SOAPAction has no quotes", {.more = {{"SOAPAction", "urn:x"}}}, "invalid_soap_action", "double quotes"},
        {"it has a DOCTYPE", {.envelope = without("?><", "?><!DOCTYPE a><")}, "invalid_soap", "DOCTYPE"},
        {"it is SOAP 1.2",
         {.envelope = without("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")},
         "invalid_soap",
         ""},
        {"it has no header", {.envelope = without(inner("soapenv:Header", plain))}, "missing_header", "Header"},
        {"it has no protocolVersion", {.envelope = without(version)}, "missing_header_field", "protocolVersion"},
        {"it has no client", {.envelope = without(inner("xrd:client", plain))}, "missing_header_field", "client"},
        {"it has no id", {.envelope = without(inner("xrd:id", plain))}, "missing_header_field", "id"},
        {"it has no service", {.envelope = without(inner("xrd:service", plain))}, "missing_header_field", "service"},
        {"its version is 5.0", {.envelope = without(">4.0<", ">5.0<")}, "invalid_protocol_version", "5.0"},
        {"it has two ids",
         {.envelope = without(version, version + "<xrd:id>2</xrd:id>")},
         "duplicate_header_field",
         "id"},
        {"its client's type is unqualified",
         {.envelope = without("client id:objectType", "client objectType")},
         "invalid_xml",
         "objectType"},
        {"it has no body", {.envelope = without(inner("soapenv:Body", plain))}, "missing_body", "Body"},
        {"its body is empty", {.envelope = without(inner("p:getPermit", plain))}, "invalid_body", "Body"},
        {"its body has two elements",
         {.envelope = without("</soapenv:Body>", "<a/></soapenv:Body>")},
         "invalid_body",
         "Body"},
        {"its body belongs to another service",
         {.envelope = soap_request({.wrapper = "xgetPermit"})},
         "inconsistent_headers",
         "getPermit"},
    };
    ProviderWorld world;
    for (const auto& [when, question, code, says] : rows) {
        CAPTURE(when);
        auto answer = ask_as_system(world, question);
        REQUIRE(answer);
        const auto fault = fault_of(*answer);
        CHECK(fault.code == "client." + code);
        CHECK_MESSAGE(contains(fault.text, says), fault.text);
        CHECK(fault.detail.size() == 36);
    }
    CHECK(world.connections_seen == 0);
    CHECK(world.consumer_server.records() == 0);
}

TEST_CASE("what only looks wrong in a question passes") {
    ProviderWorld world;
    const auto changed = [](std::string_view from, std::string_view to) {
        auto text = soap_request();
        replace(text, from, to);
        return text;
    };
    const std::string envelopes[] = {
        changed(">4.0<", ">4.1<"), soap_request({.wrapper = "getPermitX"}),
        changed("<soapenv:Header>", "<soapenv:Header><t:t xmlns:t=\"t\"/><t:t xmlns:t=\"t\"/>")};
    for (const auto& envelope : envelopes) {
        auto answer = ask_as_system(world, {.envelope = envelope});
        REQUIRE(answer);
        CHECK(fault_of(*answer).code == "none");
    }
}

TEST_CASE("a fault in the place of a question goes back to its sender") {
    ProviderWorld world;
    auto answer = ask_as_system(world, {.envelope = soap_fault("CODE", "because")});
    REQUIRE(answer);
    const auto fault = fault_of(*answer);
    CHECK(fault.code == "client.code");
    CHECK(fault.text == "because");
    CHECK(world.connections_seen == 0);
}

TEST_CASE("a question in SOAP is refused by its server, and nothing leaves, when") {
    ProviderWorld world;
    SystemQuestion question;
    std::string code;
    SUBCASE("its client is not known here") {
        question.envelope = soap_request({.client = "MEMBER:ZA/GOV/101"});
        code = "unknown_member";
    }
    SUBCASE("nobody serves its provider") {
        question.envelope = soap_request({.provider = "ZA/GOV/202/rails"});
        code = "unknown_member";
    }
    SUBCASE("its client connects over HTTPS only") {
        world.set_states(access::ConnectionType::https_no_authentication);
        code = "ssl_authentication_failed";
    }
    SUBCASE("its client connects with a certificate only") {
        world.set_states(access::ConnectionType::https);
        code = "ssl_authentication_failed";
    }
    SUBCASE("the configuration has expired") {
        world.set_view(world.shared(), true);
        code = "global_conf_outdated";
    }
    SUBCASE("its member has no key") {
        world.consumer_server.keys.no_signing = true;
        code = "cannot_create_signature";
    }
    auto answer = ask_as_system(world, question);
    REQUIRE(answer);
    CHECK(fault_of(*answer).code == "server.clientproxy." + code);
    CHECK(world.connections_seen == 0);
    CHECK(world.consumer_server.records() == 0);
}

TEST_CASE("a client with a certificate asks in SOAP over TLS") {
    ProviderWorld world;
    const auto internal = world.authority.authentication("internal"), system = world.authority.authentication("system");
    access::Client asking{
        .id = World::client(), .connection = access::ConnectionType::https, .certificates = {system.certificate}};
    world.consumer_server.set_state({.revision = 2, .clients = {asking}});
    auto door = world.open_tls_door({{internal.certificate}, internal.key});
    const channel::TlsIdentity identity{{system.certificate}, system.key};
    auto tls = channel::TlsContext::service_client({internal.certificate}, &identity);
    REQUIRE(tls);
    channel::FetchRequest request{.method = "POST",
                                  .url = {.tls = true, .host = "127.0.0.1", .port = door->port(), .target = "/"},
                                  .fields = {{"Content-Type", "text/xml"}},
                                  .body = soap_request(),
                                  .tls = *tls};
    auto answer = run(channel::fetch(std::move(request)));
    REQUIRE(answer);
    CHECK(fault_of(*answer).code == "none");
    door.reset();
}

TEST_CASE("a server without a free place says so in SOAP, and when to try again") {
    ProviderWorld world({.consumer_exchanges = 0});
    auto answer = ask_as_system(world);
    REQUIRE(answer);
    CHECK(fault_of(*answer).code == "server.clientproxy.overloaded");
    CHECK(message::field(answer->fields, "Retry-After") == "1");
    CHECK(world.connections_seen == 0);
}
