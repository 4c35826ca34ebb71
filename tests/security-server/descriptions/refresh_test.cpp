// What a document changes when it is read again.
#include "security-server/descriptions/refresh.hpp"

#include "tests/security-server/descriptions/samples.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using access::Right;
using access::ServiceType;
using access::Subject;
using descriptions::put_services;

namespace {

const std::string url = "http://10.0.0.9/d";
const Subject tax{Subject::Kind::client, {"ZA", "GOV", "101", "tax"}, {}, {}};

descriptions::Content wsdl(const std::vector<Operation>& operations) {
    return must(descriptions::read_content({ServiceType::wsdl, url, {}}, {wsdl_of(operations), "text/xml"}, {}));
}
descriptions::Content openapi(const std::vector<std::string>& paths) {
    return must(
        descriptions::read_content({ServiceType::openapi, url, "pets"}, {openapi_of(paths), "application/json"}, {}));
}

/// A client with what `content` brings, and rights to each code.
access::Client client_with(const descriptions::Content& content) {
    access::Client client;
    client.id = {"ZA", "GOV", "202", "roads"};
    put_services(client, url, content, true);
    for (const auto& service : content.services) client.rights.push_back({tax, service.code});
    return client;
}

std::string told(const std::vector<descriptions::Warning>& warnings) {
    std::string all;
    for (const auto& warning : warnings) {
        all += warning.code + ':';
        for (const auto& one : warning.about) all += ' ' + one;
        all += '\n';
    }
    return all;
}

}  // namespace

TEST_CASE("SS-26: services that stay keep what their operator set, and who comes and goes is told") {
    auto client = client_with(wsdl({{"permit", "v1"}, {"refund", ""}}));
    auto& permit = client.services[0];
    permit.url = "https://10.0.0.7/mine";
    permit.timeout = std::chrono::seconds(7);
    permit.verify_certificate = false;

    const auto warnings = put_services(client, url, wsdl({{"permit", "v1"}, {"permit", "v2"}}), false);
    CHECK(told(warnings) == "adding_services: permit.v2\ndeleting_services: refund\n");
    const auto* kept = client.service("permit", "v1");
    REQUIRE(kept);
    CHECK(kept->url == "https://10.0.0.7/mine");
    CHECK(kept->timeout == std::chrono::seconds(7));
    CHECK_FALSE(kept->verify_certificate);
    const auto* added = client.service("permit", "v2");
    REQUIRE(added);
    CHECK(added->url == "http://10.0.0.9/soap");
    CHECK(added->timeout == std::chrono::seconds(60));
    CHECK_FALSE(client.service("refund"));
}

TEST_CASE("a document that stayed the same changes and tells nothing, and a new description warns of nothing") {
    auto client = client_with(wsdl({{"permit", "v1"}}));
    CHECK(put_services(client, url, wsdl({{"permit", "v1"}}), false).empty());
    CHECK(client.services.size() == 1);
    access::Client fresh;
    CHECK(put_services(fresh, url, wsdl({{"permit", "v1"}}), true).empty());
}

TEST_CASE("SS-27: rights go with the last version of a code, not before") {
    auto client = client_with(wsdl({{"permit", "v1"}, {"permit", "v2"}, {"refund", "v1"}}));
    client.rights = {{tax, "permit"}, {tax, "refund"}};
    SUBCASE("one of two versions goes") {
        put_services(client, url, wsdl({{"permit", "v2"}, {"refund", "v1"}}), false);
        CHECK(client.rights.size() == 2);
    }
    SUBCASE("the last version goes") {
        put_services(client, url, wsdl({{"permit", "v1"}, {"permit", "v2"}}), false);
        CHECK(client.rights == std::vector<Right>{{tax, "permit"}});
    }
    SUBCASE("another description has the code too") {
        access::Service other;
        other.code = "refund";
        other.version = "v9";
        other.type = ServiceType::wsdl;
        client.services.push_back(other);
        put_services(client, url, wsdl({{"permit", "v1"}}), false);
        CHECK(client.rights.size() == 2);
    }
}

TEST_CASE("SS-29: endpoints follow the document; those by hand stay, and become generated when the document has them") {
    auto client = client_with(openapi({"/pets", "/pets/{id}"}));
    client.services[0].endpoints.push_back({"GET", "/owners", false});
    client.services[0].endpoints.push_back({"DELETE", "/pets/*", false});
    client.rights = {{tax, "pets", "GET", "/pets/*"}, {tax, "pets", "GET", "/pets"}, {tax, "pets", "GET", "/owners"}};

    const auto warnings = put_services(client, url, openapi({"/pets", "/owners", "/shops"}), false);
    CHECK(told(warnings) == "adding_endpoints: GET /shops\ndeleting_endpoints: GET /pets/*\n");
    const std::vector<access::Endpoint> now{
        {"GET", "/pets", true}, {"GET", "/owners", true}, {"GET", "/shops", true}, {"DELETE", "/pets/*", false}};
    CHECK(client.services[0].endpoints == now);
    CHECK(client.rights == std::vector<Right>{{tax, "pets", "GET", "/pets"}, {tax, "pets", "GET", "/owners"}});
}

TEST_CASE("services of other descriptions, and those by hand, are left alone") {
    auto client = client_with(wsdl({{"permit", "v1"}}));
    access::Service by_hand;
    by_hand.code = "mine";
    client.services.push_back(by_hand);
    client.rights.push_back({tax, "mine"});
    put_services(client, url, wsdl({{"refund", ""}}), false);
    CHECK(client.service("mine"));
    CHECK(client.rights == std::vector<Right>{{tax, "mine"}});
}

TEST_CASE("ten thousand services are put in place in a moment") {
    std::vector<Operation> many;
    for (int i = 0; i < 10'000; ++i) many.push_back({"operation-" + std::to_string(i), "v1"});
    const auto content = wsdl(many);
    access::Client client;
    put_services(client, url, content, true);
    CHECK(put_services(client, url, content, false).empty());
    CHECK(client.services.size() == 10'000);
}
