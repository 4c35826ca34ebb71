// Single changes, each as an operator asks for it, and what it must not touch.
#include "security-server/admin/changes.hpp"

#include "security-server/admin/declared_state.hpp"
#include "tests/security-server/admin/documents.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

using namespace onceway;
using namespace onceway::tests;
namespace json = boost::json;

namespace {

const std::string wsdl = "http://10.0.0.9/d?wsdl", openapi = "http://10.0.0.9/api.json";

/// A server with one client, on which changes are made one after another.
struct World : GivenDocuments {
    World() {
        documents[wsdl] = wsdl_of({{"permit", "v1"}, {"permit", "v2"}, {"refund", ""}});
        documents[openapi] = openapi_of({"/pets", "/pets/{id}"});
        access::Client client;
        client.id = {"ZA", "GOV", "202", "roads"};
        now.clients.push_back(client);
    }
    Result<admin::Proposal> proposed(const std::string& kind, json::object more) {
        more["kind"] = kind;
        if (!more.contains("client")) more["client"] = "ZA/GOV/202/roads";
        return admin::propose_change(more, ground());
    }
    /// Makes a change, and gives what it changes.
    std::string make(const std::string& kind, const json::object& more) {
        const auto proposal = must(proposed(kind, more));
        warnings = told(proposal.warnings);
        std::string lines;
        for (const auto& change : admin::difference(now, proposal.next)) lines += change.text() + '\n';
        now = must(admin::read_state(admin::write_state(proposal.next), "stored", "/nowhere", server));
        return lines;
    }
    std::string refused(const std::string& kind, const json::object& more) {
        const auto proposal = proposed(kind, more);
        REQUIRE_FALSE(proposal);
        return proposal.error().detail;
    }
    access::Client& client() { return now.clients.at(0); }
    void add_both() {
        make("description.add", {{"type", "wsdl"}, {"url", wsdl}});
        make("description.add", {{"type", "openapi"}, {"url", openapi}, {"code", "pets"}});
    }
    std::string warnings;
};

const access::Subject tax{access::Subject::Kind::client, {"ZA", "GOV", "101", "tax"}, {}, {}};
constexpr const char* tax_id = "ZA/GOV/101/tax";

}  // namespace

TEST_CASE("SS-21: a description is added disabled, with the notice Out of order, unless it is to be open at once") {
    World world;
    world.make("description.add", {{"type", "wsdl"}, {"url", wsdl}});
    CHECK(world.client().descriptions.at(0).disabled == "Out of order");
    for (const auto& service : world.client().services) {
        CHECK(service.disabled == "Out of order");
        CHECK(service.timeout == std::chrono::seconds(60));
    }
    world.make("description.enable", {{"url", wsdl}});
    CHECK_FALSE(world.client().services.at(0).disabled);
    world.make("description.disable", {{"url", wsdl}, {"notice", ""}});
    CHECK(world.client().services.at(0).disabled == "");
    world.make("description.disable", {{"url", wsdl}});
    CHECK(world.client().services.at(0).disabled == "Out of order");
    world.make("description.add", {{"type", "openapi"}, {"url", openapi}, {"code", "pets"}, {"enabled", true}});
    CHECK_FALSE(world.client().service("pets")->disabled);
}

TEST_CASE("the digest of a document stands among what is approved") {
    World world;
    const auto changes = world.make("description.add", {{"type", "wsdl"}, {"url", wsdl}});
    CHECK_MESSAGE(contains(changes, "wsdl, document " + world.digest_of(wsdl) + ", disabled: \"Out of order\""),
                  changes);
    world.documents[wsdl] = wsdl_of({{"permit", "v1"}});
    CHECK(contains(world.refused("description.refresh", {{"url", wsdl}, {"sha256", std::string(64, '0')}}),
                   "another one than was approved"));
    world.make("description.refresh", {{"url", wsdl}, {"sha256", world.digest_of(wsdl)}});
    CHECK(world.client().services.size() == 1);
}

TEST_CASE("SS-23: an address is one description, whatever its letters") {
    World world;
    world.make("description.add", {{"type", "wsdl"}, {"url", wsdl}});
    const std::string capitals = "http://10.0.0.9/D?WSDL";
    world.documents[capitals] = world.documents[wsdl];
    CHECK(contains(world.refused("description.add", {{"type", "wsdl"}, {"url", capitals}}), "is there already"));
    const std::string elsewhere = "http://10.0.0.9/elsewhere";
    world.documents[elsewhere] = wsdl_of({{"PERMIT", "V1"}});
    CHECK(contains(world.refused("description.add", {{"type", "wsdl"}, {"url", elsewhere}}), "PERMIT.V1"));
}

TEST_CASE("SS-26: a refresh tells what comes and goes, and keeps what was set") {
    World world;
    world.add_both();
    world.make("service.set", {{"code", "permit"}, {"version", "v1"}, {"url", "https://10.0.0.5/"}, {"timeout_s", 5}});
    world.documents[wsdl] = wsdl_of({{"permit", "v1"}, {"appeal", ""}});
    world.make("description.refresh", {{"url", wsdl}});
    CHECK(world.warnings == "adding_services: appeal\ndeleting_services: permit.v2 refund\n");
    CHECK(world.client().service("permit", "v1")->url == "https://10.0.0.5/");
    CHECK(world.client().service("permit", "v1")->timeout == std::chrono::seconds(5));
    CHECK(world.client().service("appeal")->disabled == "Out of order");  // its description's
}

TEST_CASE("a description that moves keeps its services and their rights") {
    World world;
    world.add_both();
    world.make("right.grant", {{"code", "permit"}, {"to", tax_id}});
    const std::string moved = "http://10.0.0.9/new?wsdl";
    world.documents[moved] = world.documents[wsdl];
    world.make("description.refresh", {{"url", wsdl}, {"new_url", moved}});
    CHECK(world.client().description(moved));
    CHECK_FALSE(world.client().description(wsdl));
    CHECK(world.client().service("permit", "v1")->description == moved);
    CHECK(world.client().rights.size() == 1);
    CHECK(contains(world.refused("description.refresh", {{"url", moved}, {"new_url", openapi}}), "is there already"));
}

TEST_CASE("a description is removed with its services and their rights, unless another has the code") {
    World world;
    world.add_both();
    world.make("right.grant", {{"code", "permit"}, {"to", tax_id}});
    world.make("right.grant", {{"code", "refund"}, {"to", tax_id}});
    const std::string other = "http://10.0.0.9/other";
    world.documents[other] = wsdl_of({{"permit", "v3"}});
    world.make("description.add", {{"type", "wsdl"}, {"url", other}});
    world.make("description.remove", {{"url", wsdl}});
    CHECK(world.client().services.size() == 2);  // permit.v3 and pets
    CHECK(world.client().rights == std::vector<access::Right>{{tax, "permit"}});
}

TEST_CASE("SS-31: what is set for all is set for all services of the description, and for nothing else") {
    World world;
    world.add_both();
    world.make("service.set", {{"code", "permit"},
                               {"version", "v1"},
                               {"url", "https://10.0.0.5/"},
                               {"timeout_s", 9},
                               {"verify_certificate", false},
                               {"all", true}});
    for (const auto& service : world.client().services) {
        const bool described = service.description == wsdl;
        CHECK((service.url == "https://10.0.0.5/") == described);
        CHECK((service.timeout == std::chrono::seconds(9)) == described);
        CHECK(service.verify_certificate != described);
    }
}

TEST_CASE("SS-30: there is nothing to verify over http, and an address that becomes http clears what was set") {
    World world;
    world.make("service.add", {{"code", "a"}, {"url", "https://10.0.0.5/"}, {"verify_certificate", false}});
    CHECK_FALSE(world.client().service("a")->verify_certificate);
    world.make("service.set", {{"code", "a"}, {"url", "http://10.0.0.5/"}});
    CHECK(contains(world.refused("service.set", {{"code", "a"}, {"verify_certificate", true}}), "over http"));
    world.make("service.set", {{"code", "a"}, {"url", "https://10.0.0.5/"}});
    CHECK(world.client().service("a")->verify_certificate);  // not set, which works as on
    CHECK(contains(
        world.refused("service.set", {{"code", "a"}, {"url", "http://10.0.0.5/"}, {"verify_certificate", true}}),
        "over http"));
}

TEST_CASE("SS-29: endpoints by hand come and go with their rights; generated ones are the document's") {
    World world;
    world.add_both();
    world.make("endpoint.add", {{"code", "pets"}, {"method", "DELETE"}, {"path", "/pets/*"}});
    world.make("right.grant", {{"code", "pets"}, {"to", tax_id}, {"method", "DELETE"}, {"path", "/pets/*"}});
    CHECK(contains(world.refused("endpoint.remove", {{"code", "pets"}, {"method", "GET"}, {"path", "/pets"}}),
                   "was read from " + openapi));
    CHECK(contains(world.refused("endpoint.add", {{"code", "pets"}, {"method", "GET"}, {"path", "/pets"}}),
                   "is there already"));
    world.make("endpoint.remove", {{"code", "pets"}, {"method", "DELETE"}, {"path", "/pets/*"}});
    CHECK(world.client().rights.empty());
    CHECK(world.client().service("pets")->endpoints.size() == 2);

    world.make("endpoint.add", {{"code", "pets"}, {"method", "GET"}, {"path", "/owners"}});
    world.documents[openapi] = openapi_of({"/pets", "/pets/{id}", "/owners"});
    world.make("description.refresh", {{"url", openapi}});
    CHECK(world.warnings.empty());
    CHECK(world.client().service("pets")->endpoints.back() == access::Endpoint{"GET", "/owners", true});
}

TEST_CASE("SS-37: without method and path all rights of a subject to a service go, and nobody else's") {
    World world;
    world.add_both();
    for (const char* who : {tax_id, "ZA/GOV/101"}) {
        world.make("right.grant", {{"code", "pets"}, {"to", who}});
        world.make("right.grant", {{"code", "pets"}, {"to", who}, {"method", "GET"}, {"path", "/pets"}});
    }
    world.make("right.grant", {{"code", "permit"}, {"to", tax_id}});
    SUBCASE("the whole service") {
        world.make("right.revoke", {{"code", "pets"}, {"to", tax_id}});
        CHECK(world.client().rights.size() == 3);
        CHECK(world.client().rights.back() == access::Right{tax, "permit"});
    }
    SUBCASE("one endpoint") {
        world.make("right.revoke", {{"code", "pets"}, {"to", tax_id}, {"method", "GET"}, {"path", "/pets"}});
        CHECK(world.client().rights.size() == 4);
        CHECK(world.client().rights.front() == access::Right{tax, "pets"});
    }
}

TEST_CASE("SS-38: a local group goes with its rights, and nobody joins twice") {
    World world;
    world.add_both();
    world.make("group.add", {{"group", "schools"}, {"description", "Schools"}});
    world.make("group.join", {{"group", "schools"}, {"members", {"ZA/GOV/1/a", "ZA/GOV/2/b"}}});
    world.make("right.grant", {{"code", "pets"}, {"to", "local:schools"}});
    world.make("right.grant", {{"code", "pets"}, {"to", tax_id}});
    CHECK(contains(world.refused("group.join", {{"group", "schools"}, {"members", {"ZA/GOV/3/c", "ZA/GOV/1/a"}}}),
                   "ZA/GOV/1/a belongs to the group 'schools' already"));
    CHECK(contains(world.refused("group.add", {{"group", "schools"}, {"description", "x"}}), "is there already"));
    world.make("group.leave", {{"group", "schools"}, {"members", {"ZA/GOV/1/a"}}});
    CHECK(world.client().groups.at(0).members.size() == 1);
    world.make("group.remove", {{"group", "schools"}});
    CHECK(world.client().groups.empty());
    CHECK(world.client().rights == std::vector<access::Right>{{tax, "pets"}});
}

TEST_CASE("clients come, connect otherwise, and go") {
    World world;
    const auto certificate = CertificateAuthority().issue_tls_server({"is.test"}).certificate;
    world.make("client.add", {{"client", "ZA/GOV/202/bridges"}, {"connection", "https-no-authentication"}});
    REQUIRE(world.now.clients.size() == 2);
    const json::object secured{
        {"client", "ZA/GOV/202/bridges"}, {"connection", "https"}, {"certificates", {certificate.pem()}}};
    world.make("client.set", secured);
    CHECK(world.now.clients[1].connection == access::ConnectionType::https);
    const auto digest = to_hex(certificate.sha256());
    CHECK(contains(world.refused("client.set", {{"client", "ZA/GOV/202/bridges"}, {"drop", {digest}}}),
                   "https needs a certificate"));
    world.make("client.set",
               {{"client", "ZA/GOV/202/bridges"}, {"connection", "http"}, {"drop", {digest.substr(0, 8)}}});
    CHECK(world.now.clients[1].certificates.empty());
    CHECK(contains(world.refused("client.add", {{"client", "ZA/GOV/202/bridges"}}), "declared already"));
    CHECK(contains(world.refused("client.add", {{"client", "EE/GOV/202/bridges"}}), "not of this server's instance"));
    world.make("client.remove", {{"client", "ZA/GOV/202/bridges"}});
    CHECK(world.now.clients.size() == 1);
}

TEST_CASE("a single change is refused, with its reason, when") {
    World world;
    world.add_both();
    struct {
        const char* when;
        std::string kind;
        json::object more;
        std::string_view says;
    } const rows[] = {
        {"it is unknown", "service.steal", {}, "'service.steal' is not known"},
        {"its client is not declared", "right.grant", {{"client", "ZA/GOV/9/x"}}, "is not declared at this server"},
        {"its client is no identifier", "right.grant", {{"client", "ZA"}}, "instance/class/member"},
        {"a service is not there", "service.set", {{"code", "permits"}}, "it has permit.v1, permit.v2, refund, pets"},
        {"a version is left out", "service.set", {{"code", "permit"}}, "has no service permit;"},
        {"a time is endless", "service.set", {{"code", "pets"}, {"timeout_s", 0}}, "from 1 to 1000"},
        {"a time is too long", "service.set", {{"code", "pets"}, {"timeout_s", 1001}}, "from 1 to 1000"},
        {"an address is odd", "service.set", {{"code", "pets"}, {"url", "http://127.1/"}}, "odd form"},
        {"a service by hand takes a described one's name",
         "service.add",
         {{"code", "pets"}, {"url", "http://10.0.0.9/"}},
         "is there already"},
        {"a service by hand has a reserved name",
         "service.add",
         {{"code", "allowedMethods"}, {"url", "http://10.0.0.9/"}},
         "is reserved"},
        {"a described service is to go alone", "service.remove", {{"code", "pets"}}, "comes with the description"},
        {"a described service is to be disabled alone",
         "service.disable",
         {{"code", "pets"}},
         "comes with the description"},
        {"all is said of a service by hand", "service.set", {{"code", "mine"}, {"all", true}}, "has no service mine"},
        {"a description is of no type", "description.add", {{"type", "soap"}, {"url", wsdl}}, "wsdl or openapi"},
        {"an OpenAPI service has no name", "description.add", {{"type", "openapi"}, {"url", openapi}}, "name a code"},
        {"a description is not there",
         "description.refresh",
         {{"url", "http://x/"}},
         "it has http://10.0.0.9/d?wsdl, "},
        {"a document is not there",
         "description.add",
         {{"type", "wsdl"}, {"url", "http://10.0.0.9/none"}},
         "no document"},
        {"a right is given twice", "right.revoke", {{"code", "pets"}, {"to", tax_id}}, "has no such right"},
        {"a right names part of a SOAP service",
         "right.grant",
         {{"code", "permit"}, {"to", tax_id}, {"method", "GET"}},
         "is a SOAP service"},
        {"a right names no group", "right.grant", {{"code", "pets"}, {"to", "local:none"}}, "no group 'none'"},
        {"a right names nobody", "right.grant", {{"code", "pets"}, {"to", "everybody"}}, "instance/class/member"},
        {"an endpoint has no path",
         "endpoint.add",
         {{"code", "pets"}, {"method", "GET"}, {"path", "x"}},
         "begins with '/'"},
        {"an endpoint has no method",
         "endpoint.add",
         {{"code", "pets"}, {"method", "GETT"}, {"path", "/x"}},
         "in capitals"},
        {"a SOAP service is given an endpoint",
         "endpoint.add",
         {{"code", "refund"}, {"method", "GET"}, {"path", "/x"}},
         "has no endpoints"},
        {"a group has no description", "group.add", {{"group", "g"}}, "needs a description"},
        {"a group is joined by nobody", "group.join", {{"group", "g"}}, "no group 'g'"},
    };
    for (const auto& [when, kind, more, says] : rows) SUBCASE(when) {
            const auto why = world.refused(kind, more);
            CHECK_MESSAGE(contains(why, says), why);
        }
}

TEST_CASE("SS-36: one right opens every version of a service, and a new version comes with it") {
    World world;
    world.add_both();
    CHECK(contains(world.make("right.grant", {{"code", "permit"}, {"to", tax_id}}), "to permit * **"));
    CHECK(world.client().rights.size() == 1);
    CHECK(contains(world.refused("right.grant", {{"code", "permit.v1"}, {"to", tax_id}}), "has no service permit.v1"));
}
