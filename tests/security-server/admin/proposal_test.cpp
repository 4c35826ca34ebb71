// What a state file makes of the state in force, when it names documents: what is read, what is kept, what is refused.
#include "security-server/admin/proposal.hpp"

#include "security-server/admin/declared_state.hpp"
#include "tests/security-server/admin/documents.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using admin::propose;

namespace {

const std::string client = "[[client]]\nid = \"ZA/GOV/202/roads\"\n";
const std::string wsdl = "[[client.description]]\ntype = \"wsdl\"\nurl = \"http://10.0.0.9/d?wsdl\"\n";
const std::string openapi =
    "[[client.description]]\ntype = \"openapi\"\nurl = \"http://10.0.0.9/api.json\"\ncode = \"pets\"\n";

std::string right(const std::string& service, const std::string& more = "") {
    return "[[client.right]]\nto = \"ZA/GOV/101/tax\"\nservice = \"" + service + "\"\n" + more;
}
std::string setting(const std::string& code, const std::string& more,
                    const std::string& of = "http://10.0.0.9/d?wsdl") {
    return "[[client.service]]\ncode = \"" + code + "\"\ndescription = \"" + of + "\"\n" + more;
}

/// A state that files are applied to, one after another.
struct World : GivenDocuments {
    World() {
        documents["http://10.0.0.9/d?wsdl"] = wsdl_of({{"permit", "v1"}, {"refund", ""}});
        documents["http://10.0.0.9/api.json"] = openapi_of({"/pets", "/pets/{id}"});
    }
    Result<admin::Proposal> proposed(const std::string& file, bool refresh = false) {
        const auto declaration =
            must(admin::read_declaration(file, "services.toml", "/nowhere", GivenDocuments::server));
        return propose(declaration, ground(), refresh);
    }
    const access::Client& apply(const std::string& file, bool refresh = false) {
        const auto proposal = must(proposed(file, refresh));
        warnings = told(proposal.warnings);
        now = must(admin::read_state(admin::write_state(proposal.next), "stored", "/nowhere", server));
        return now.clients.at(0);
    }
    std::string refused(const std::string& file, bool refresh = false) {
        const auto proposal = proposed(file, refresh);
        REQUIRE_FALSE(proposal);
        return proposal.error().detail;
    }
    std::string warnings;
};

}  // namespace

TEST_CASE("SS-21: a new description is read once; its services are there, disabled as out of order, 60 s each") {
    World world;
    const auto& applied = world.apply(client + wsdl + openapi + right("permit") + right("pets", "path = \"/pets\"\n"));
    CHECK(world.reads == 2);
    CHECK(world.warnings.empty());
    REQUIRE(applied.services.size() == 3);
    CHECK(applied.services[0].disabled == "Out of order");
    CHECK(applied.services[0].timeout == std::chrono::seconds(60));
    CHECK(applied.services[0].verify_certificate);
    CHECK(applied.descriptions[0].sha256.size() == 64);
    CHECK(applied.descriptions[0].read_at == world.at);
    CHECK(applied.rights.size() == 2);
}

TEST_CASE("a file may open a description at once, or disable it with words of its own") {
    World world;
    CHECK_FALSE(world.apply(client + wsdl + "disabled = false\n").services[0].disabled);
    CHECK_FALSE(world.apply(client + wsdl).services[0].disabled);  // said nothing: as it stands
    CHECK(world.apply(client + wsdl + "disabled = \"moving\"\n").services[0].disabled == "moving");
    CHECK(world.apply(client + wsdl).services[0].disabled == "moving");
    CHECK(world.apply(client + wsdl + "disabled = \"\"\n").services[0].disabled == "");
    CHECK(world.reads == 1);
}

TEST_CASE("a document that was read is not read again until somebody asks for it") {
    World world;
    world.apply(client + wsdl);
    world.documents["http://10.0.0.9/d?wsdl"] = wsdl_of({{"permit", "v2"}});
    CHECK(world.apply(client + wsdl + right("permit")).service("permit", "v1"));
    CHECK(world.reads == 1);
    const auto& refreshed = world.apply(client + wsdl + right("permit"), true);
    CHECK(world.reads == 2);
    CHECK(world.warnings == "adding_services: permit.v2\ndeleting_services: permit.v1 refund\n");
    CHECK(refreshed.service("permit", "v2"));
    CHECK(refreshed.rights.size() == 1);
}

TEST_CASE("what a file says of a described service counts; what it does not say stays as its operator left it") {
    World world;
    const auto set = setting("permit", "version = \"v1\"\nurl = \"https://10.0.0.5/x\"\nverify_certificate = false\n");
    world.apply(client + wsdl + set);
    const auto& later = world.apply(client + wsdl + setting("permit", "version = \"v1\"\ntimeout_s = 5\n"));
    const auto* permit = later.service("permit", "v1");
    CHECK(permit->url == "https://10.0.0.5/x");
    CHECK_FALSE(permit->verify_certificate);
    CHECK(permit->timeout == std::chrono::seconds(5));
    CHECK(later.service("refund")->timeout == std::chrono::seconds(60));
}

TEST_CASE("what is printed of a state is a file that changes nothing") {
    World world;
    world.apply(client + wsdl + openapi + setting("pets", "endpoints = [\"* /x/**\"]\n", "http://10.0.0.9/api.json") +
                right("pets", "method = \"GET\"\npath = \"/pets/*\"\n"));
    const auto before = world.now;
    world.apply(admin::write_state(before));
    CHECK(admin::difference(before, world.now).empty());
    world.apply(admin::write_state(before), true);
    CHECK(admin::difference(before, world.now).empty());
    CHECK(world.warnings.empty());
}

TEST_CASE("a file that names a digest takes that document and no other") {
    World world;
    const auto digest = world.digest_of("http://10.0.0.9/d?wsdl");
    world.apply(client + wsdl + "sha256 = \"" + digest + "\"\n");
    CHECK(world.reads == 1);

    world.documents["http://10.0.0.9/d?wsdl"] = wsdl_of({{"steal", ""}});
    CHECK(world.apply(client + wsdl + "sha256 = \"" + digest + "\"\n").service("permit", "v1"));
    CHECK(world.reads == 1);
    const auto why = world.refused(client + wsdl + "sha256 = \"" + digest + "\"\n", true);
    CHECK_MESSAGE(contains(why, "another one than was approved"), why);
    CHECK(contains(why, world.digest_of("http://10.0.0.9/d?wsdl")));
    world.apply(client + wsdl + "sha256 = \"" + world.digest_of("http://10.0.0.9/d?wsdl") + "\"\n");
    CHECK(world.now.clients[0].service("steal"));
}

TEST_CASE("SS-28: an OpenAPI description is one service with an endpoint for each path and method") {
    World world;
    const auto& applied = world.apply(client + openapi);
    const std::vector<access::Endpoint> endpoints{{"GET", "/pets", true}, {"GET", "/pets/*", true}};
    CHECK(applied.service("pets")->endpoints == endpoints);
    CHECK(applied.service("pets")->url == "http://10.0.0.9/api");
}

TEST_CASE("an OpenAPI service can be given another code, and keeps what it has") {
    World world;
    world.apply(client + openapi);
    auto renamed = openapi;
    renamed.replace(renamed.find("\"pets\""), 6, "\"animals\"");
    const auto& applied = world.apply(client + renamed);
    CHECK(world.reads == 1);
    REQUIRE(applied.service("animals"));
    CHECK(applied.service("animals")->endpoints.size() == 2);
    CHECK_FALSE(applied.service("pets"));
}

TEST_CASE("what a file leaves out is removed, a description with its services") {
    World world;
    world.apply(client + wsdl + openapi);
    const auto& applied = world.apply(client + openapi);
    CHECK(applied.services.size() == 1);
    CHECK(applied.descriptions.size() == 1);
    CHECK(world.reads == 2);
}

TEST_CASE("a state is not proposed, for the reason told, when") {
    World world;
    world.documents["http://10.0.0.9/other"] = wsdl_of({{"Permit", "v1"}});
    world.documents["http://10.0.0.9/reserved"] = wsdl_of({{"getWsdl", ""}});
    const std::string other = "[[client.description]]\nurl = \"http://10.0.0.9/other\"\n";
    const std::string by_hand = "[[client.service]]\nurl = \"http://10.0.0.9/\"\n";
    struct {
        const char* when;
        std::string file;
        std::string_view says;
    } const rows[] = {
        {"the document cannot be read", client + "[[client.description]]\nurl = \"http://10.0.0.9/absent\"\n",
         "no document"},
        {"SS-23: another description has the service, in other letters", client + wsdl + other,
         "the service Permit.v1 (of http://10.0.0.9/other) has the name of another (of http://10.0.0.9/d?wsdl)"},
        {"SS-23: a service by hand has the name", client + by_hand + "code = \"PERMIT.V1\"\n" + wsdl,
         "has the name of another"},
        {"a REST service has the code of a SOAP service", client + by_hand + "code = \"permit\"\n" + wsdl,
         "only SOAP services have versions"},
        {"SS-24: a WSDL has a reserved code", client + "[[client.description]]\nurl = \"http://10.0.0.9/reserved\"\n",
         "'getWsdl' is reserved"},
        {"SS-24: an OpenAPI service has a reserved code",
         client + "[[client.description]]\ntype = \"openapi\"\nurl = \"http://10.0.0.9/api.json\"\ncode = "
                  "\"listMethods\"\n",
         "'listMethods' is reserved"},
        {"SS-24: a REST service has a reserved code", client + by_hand + "code = \"getOpenAPI\"\n",
         "'getOpenAPI' is reserved"},
        {"a right names what the document does not bring", client + wsdl + right("permits"),
         "names 'permits', which is no service"},
        {"a right names a part of a SOAP service", client + wsdl + right("permit", "path = \"/x\"\n"),
         "is a SOAP service"},
        {"something is said of a service that the document does not bring",
         client + wsdl + setting("permit", "version = \"v9\"\n"), "brings no service permit.v9"},
        {"SS-30: a certificate is to be verified over http",
         client + wsdl + setting("refund", "verify_certificate = true\n"), "no certificate to verify"},
        {"SS-29: a generated endpoint is taken out",
         client + openapi + setting("pets", "generated_endpoints = [\"GET /pets\"]\n", "http://10.0.0.9/api.json"),
         "generated endpoints of pets are those of its document"},
        {"SS-43: two members beside the owner are clients",
         "[[client]]\nid = \"ZA/GOV/202\"\n[[client]]\nid = \"ZA/GOV/303\"\n[[client]]\nid = \"ZA/GOV/404\"\n",
         "only one member can be a client itself, and ZA/GOV/303 is one"},
    };
    for (const auto& [when, file, says] : rows) SUBCASE(when) {
            const auto why = world.refused(file);
            CHECK_MESSAGE(contains(why, says), why);
        }
}

TEST_CASE("SS-43: the owner, one other member and any number of subsystems are clients") {
    World world;
    world.apply(
        "[[client]]\nid = \"ZA/GOV/202\"\n[[client]]\nid = \"ZA/GOV/303\"\n[[client]]\nid = \"ZA/GOV/404/a\"\n"
        "[[client]]\nid = \"ZA/GOV/404/b\"\n");
    CHECK(world.now.clients.size() == 4);
}
