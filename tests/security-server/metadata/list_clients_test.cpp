#include "security-server/metadata/list_clients.hpp"

#include "schemas/message/fault_document.hpp"
#include "schemas/xml/document.hpp"
#include "tests/security-server/metadata/door.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

registry::SharedParameters country(std::string instance) {
    registry::SharedParameters shared;
    shared.instance = instance;
    shared.members.push_back({.id = {instance, "GOV", "101"},
                              .class_description = "Government",
                              .name = "Revenue & Customs",
                              .subsystems = {{"tax", "Tax <office>"}, {"customs", std::nullopt}}});
    shared.members.push_back({.id = {instance, "COM", "7"}, .class_description = {}, .name = "Acme", .subsystems = {}});
    return shared;
}

/// The door of information systems at a server of ZA, which knows XB by federation.
struct Clients {
    registry_view::GivenView view;
    Door door{[this](channel::Exchange& exchange) { return metadata::answer_list_clients(exchange, view); }};

    Clients() {
        auto snapshot = std::make_shared<registry_view::Snapshot>();
        snapshot->trust = x509::Trust::build("ZA", {country("XB"), country("ZA")});
        view.set(snapshot);
    }
};

constexpr std::string_view own_as_json =
    R"({"member":[{"id":{"object_type":"MEMBER","xroad_instance":"ZA","member_class":"GOV","member_code":"101"},)"
    R"("name":"Revenue & Customs"},{"id":{"object_type":"SUBSYSTEM","xroad_instance":"ZA","member_class":"GOV",)"
    R"("member_code":"101","subsystem_code":"tax"},"name":"Revenue & Customs","subsystem_name":"Tax <office>"},)"
    R"({"id":{"object_type":"SUBSYSTEM","xroad_instance":"ZA","member_class":"GOV","member_code":"101",)"
    R"("subsystem_code":"customs"},"name":"Revenue & Customs"},{"id":{"object_type":"MEMBER","xroad_instance":"ZA",)"
    R"("member_class":"COM","member_code":"7"},"name":"Acme"}]})";

}  // namespace

TEST_CASE("without any header every member is told in XML, each followed by its subsystems") {
    Clients clients;
    const auto answer = clients.door.get("/listClients");
    CHECK(answer.status == 200);
    CHECK(field_of(answer, "Content-Type") == "text/xml; charset=UTF-8");
    CHECK(answer.body ==
          R"(<?xml version="1.0" encoding="UTF-8"?><xrd:clientList xmlns:xrd="http://x-road.eu/xsd/xroad.xsd")"
          R"( xmlns:id="http://x-road.eu/xsd/identifiers">)"
          R"(<xrd:member><xrd:id id:objectType="MEMBER"><id:xRoadInstance>ZA</id:xRoadInstance>)"
          "<id:memberClass>GOV</id:memberClass><id:memberCode>101</id:memberCode></xrd:id>"
          "<xrd:name>Revenue &amp; Customs</xrd:name></xrd:member>"
          R"(<xrd:member><xrd:id id:objectType="SUBSYSTEM"><id:xRoadInstance>ZA</id:xRoadInstance>)"
          "<id:memberClass>GOV</id:memberClass><id:memberCode>101</id:memberCode>"
          "<id:subsystemCode>tax</id:subsystemCode></xrd:id><xrd:name>Revenue &amp; Customs</xrd:name>"
          "<xrd:subsystemName>Tax &lt;office&gt;</xrd:subsystemName></xrd:member>"
          R"(<xrd:member><xrd:id id:objectType="SUBSYSTEM"><id:xRoadInstance>ZA</id:xRoadInstance>)"
          "<id:memberClass>GOV</id:memberClass><id:memberCode>101</id:memberCode>"
          "<id:subsystemCode>customs</id:subsystemCode></xrd:id><xrd:name>Revenue &amp; Customs</xrd:name></xrd:member>"
          R"(<xrd:member><xrd:id id:objectType="MEMBER"><id:xRoadInstance>ZA</id:xRoadInstance>)"
          "<id:memberClass>COM</id:memberClass><id:memberCode>7</id:memberCode></xrd:id>"
          "<xrd:name>Acme</xrd:name></xrd:member></xrd:clientList>");
}

TEST_CASE("clients are told in JSON when exactly that media type stands among what is accepted, in whatever place") {
    struct {
        const char* accept;
        bool json;
    } const rows[] = {
        {"application/json", true},
        {"text/html, application/json;q=0.1", true},
        {"application/*", false},
        {"application/json-patch+json", false},
        {"*/*", false},
        {"text/xml", false},
    };
    Clients clients;
    for (const auto& [accept, json] : rows) {
        CAPTURE(accept);
        const auto answer = clients.door.get("/listClients", {{"Accept", accept}});
        CHECK(answer.status == 200);
        CHECK(field_of(answer, "Content-Type") ==
              (json ? "application/json; charset=utf-8" : "text/xml; charset=UTF-8"));
        if (json) CHECK(answer.body == own_as_json);
    }
}

TEST_CASE("the instance is our own unless another one is named, which must be known") {
    Clients clients;
    const auto told = [&](const std::string& target) {
        return clients.door.get(target, {{"Accept", "application/json"}});
    };
    CHECK(told("/listClients?xRoadInstance=").body == own_as_json);
    CHECK(told("/listClients?xRoadInstance=%20").body == own_as_json);
    CHECK(told("/listClients?xRoadInstance=ZA").body == own_as_json);
    CHECK(contains(told("/listClients?xRoadInstance=XB").body, R"("xroad_instance":"XB")"));
    CHECK_FALSE(contains(told("/listClients?xRoadInstance=XB").body, R"("ZA")"));

    const auto unknown = told("/listClients?xRoadInstance=XC");
    CHECK(unknown.status == 200);
    CHECK(field_of(unknown, "Content-Type") == "text/xml;charset=utf-8");
    const auto fault = message::read_soap_fault(unknown.body);
    REQUIRE(fault);
    REQUIRE(*fault);
    CHECK((*fault)->code == "server.clientproxy.internal_error");
    CHECK(contains((*fault)->text, "'XC'"));
}

TEST_CASE("before the first configuration was downloaded no client can be told") {
    registry_view::GivenView view;
    Door door{[&](channel::Exchange& exchange) { return metadata::answer_list_clients(exchange, view); }};
    CHECK(contains(door.get("/listClients").body, "server.clientproxy.internal_error"));
}
