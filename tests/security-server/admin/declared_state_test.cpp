#include "security-server/admin/declared_state.hpp"

#include "security-server/admin/declaration.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using admin::read_state;

namespace {

const identity::ServerId server{{"ZA-WC", "GOV", "HOME"}, "ss1"};

Result<access::State> read(const std::string& text, const std::filesystem::path& beside = "/nowhere") {
    return read_state(text, "services.toml", beside, server);
}

const std::string whole = R"(
[[client]]
id = "ZA-WC/GOV/HOME/people"

[[client.group]]
code = "schools"
description = "Schools that may ask"
members = ["ZA-WC/GOV/EDU/admission", "ZA-WC/GOV/EDU/exams"]

[[client.service]]
code = "register"
type = "rest"
url = "http://127.0.10.1:9001/api"
timeout_s = 5

[[client.service]]
code = "old"
type = "openapi"
url = "https://127.0.10.1:9002"
verify_certificate = false
disabled = "back on \"Monday\""

[[client.right]]
to = "ZA-WC/GOV/EDU/admission"
service = "register"

[[client.right]]
to = "group:ZA-WC/everybody"
service = "register"
method = "GET"
path = "/persons/*"

[[client.right]]
to = "local:schools"
service = "old"
)";

}  // namespace

TEST_CASE("a state file declares clients, their services, groups and rights") {
    const auto state = read(whole);
    REQUIRE_MESSAGE(state, state.error().detail);
    REQUIRE(state->clients.size() == 1);
    const auto& client = state->clients[0];
    CHECK(client.id.url() == "ZA-WC/GOV/HOME/people");
    CHECK(client.connection == access::ConnectionType::http);
    REQUIRE(client.service("register"));
    CHECK(client.service("register")->timeout == std::chrono::seconds(5));
    CHECK(client.service("register")->verify_certificate);
    CHECK_FALSE(client.service("register")->disabled);
    CHECK(client.service("old")->type == access::ServiceType::openapi);
    CHECK(client.service("old")->disabled == "back on \"Monday\"");
    REQUIRE(client.rights.size() == 3);
    CHECK(client.rights[0].subject.kind == access::Subject::Kind::client);
    CHECK(client.rights[0].method == "*");
    CHECK(client.rights[0].path == "**");
    CHECK(client.rights[1].subject.instance == "ZA-WC");
    CHECK(client.rights[1].subject.group == "everybody");
    CHECK(client.rights[2].subject.kind == access::Subject::Kind::local_group);
    REQUIRE(client.groups.size() == 1);
    CHECK(client.groups[0].members.size() == 2);
}

TEST_CASE("what is written of a state reads back the same, certificates enclosed") {
    const TemporaryFolder folder;
    const auto certificate = CertificateAuthority().issue_tls_server({"is.test"}).certificate;
    write_file(folder / "is.pem", certificate.pem());
    const auto text =
        "[[client]]\nid = \"ZA-WC/GOV/HOME\"\nconnection = \"https\"\ncertificates = [\"is.pem\"]\n" + whole;
    const auto first = read(text, folder.path());
    REQUIRE_MESSAGE(first, first.error().detail);
    REQUIRE(first->clients[0].certificates == std::vector{certificate});

    const auto second = read(admin::write_state(*first));
    REQUIRE_MESSAGE(second, second.error().detail);
    CHECK(admin::difference(*first, *second).empty());
    CHECK(second->clients[0].certificates == first->clients[0].certificates);
    CHECK(admin::write_state(*second) == admin::write_state(*first));
}

TEST_CASE("a state file is refused, with line and remedy, when") {
    const std::string head = "[[client]]\nid = \"ZA-WC/GOV/HOME/people\"\n";
    const std::string service = head + "[[client.service]]\ncode = \"a\"\nurl = \"http://127.0.0.1\"\n";
    const std::string wsdl = "[[client.description]]\nurl = \"http://127.0.0.1/d?wsdl\"\n";
    const std::string wsdl_in_capitals = "[[client.description]]\nurl = \"http://127.0.0.1/D?WSDL\"\n";
    struct {
        const char* what;
        std::string text;
        std::string_view says;
    } const rows[] = {
        {"a key is misspelt", head + "conection = \"http\"\n", "did you mean 'connection'?"},
        {"a client has no identity", "[[client]]\n", "'id' in [client 1] is needed"},
        {"a client is of another instance", "[[client]]\nid = \"EE/GOV/HOME/people\"\n",
         "this server's instance, ZA-WC"},
        {"a client is declared twice", head + head, "declared twice"},
        {"an identifier is hostile", "[[client]]\nid = \"ZA-WC/GOV/HO%2FME/people\"\n", "instance/class/member"},
        {"https has no certificate", head + "connection = \"https\"\n", "needs the certificates"},
        {"a certificate file is missing", head + "certificates = [\"absent.pem\"]\n", "cannot be read"},
        {"a certificate is none", head + "certificates = [\"-----BEGIN CERTIFICATE-----\\nxx\\n\"]\n",
         "holds no certificate"},
        {"the connection is unknown", head + "connection = \"ftp\"\n", "https-no-authentication"},
        {"a service code is no component", head + "[[client.service]]\ncode = \"a/b\"\nurl = \"http://127.0.0.1\"\n",
         "is no code"},
        {"a service has no address", head + "[[client.service]]\ncode = \"a\"\n",
         "'url' in [client 1, service 1] is needed"},
        {"an address is odd", head + "[[client.service]]\ncode = \"a\"\nurl = \"file:///etc/passwd\"\n",
         "is no address"},
        {"a type is unknown", head + "[[client.service]]\ncode = \"a\"\ntype = \"soap\"\nurl = \"http://127.0.0.1\"\n",
         "must be one of \"rest\", \"openapi\", \"wsdl\""},
        {"a REST service has a version", service + "version = \"v1\"\n", "for services of type \"wsdl\""},
        {"a SOAP service has endpoints", service + "type = \"wsdl\"\nendpoints = [\"GET /a\"]\n", "are for REST"},
        {"an endpoint has no method", service + "endpoints = [\"/a\"]\n", "no method and path"},
        {"an endpoint has no path", service + "endpoints = [\"GET a\"]\n", "no method and path"},
        {"endpoints by hand are called generated", service + "generated_endpoints = [\"GET /a\"]\n",
         "read from a [[client.description]]"},
        {"a notice is a story", service + "disabled = \"" + std::string(256, 'x') + "\"\n", "255 octets"},
        {"a group names a member twice",
         head + "[[client.group]]\ncode = \"g\"\nmembers = [\"ZA-WC/GOV/EDU/x\", \"ZA-WC/GOV/EDU/x\"]\n", "twice"},
        {"a description has no address", head + "[[client.description]]\n", "'url' in [client 1, description 1]"},
        {"a description names a file", head + "[[client.description]]\nurl = \"file:///etc/passwd\"\n",
         "is no address"},
        {"a description is declared twice", head + wsdl + wsdl, "declared twice"},
        {"a description is declared twice in other letters", head + wsdl + wsdl_in_capitals, "declared twice"},
        {"an OpenAPI description has no code",
         head + "[[client.description]]\ntype = \"openapi\"\nurl = \"http://127.0.0.1/a\"\n", "is needed"},
        {"a WSDL has a code", head + wsdl + "code = \"a\"\n", "names its services itself"},
        {"a digest is none", head + wsdl + "sha256 = \"AB\"\n", "64 hexadecimal digits"},
        {"a described service is disabled alone",
         head + wsdl + "[[client.service]]\ncode = \"a\"\ndescription = \"http://127.0.0.1/d?wsdl\"\ndisabled = \"\"\n",
         "belongs to the description"},
        {"a service is declared twice", service + service.substr(head.size()), "declared twice"},
        {"a timeout is no time", service + "timeout_s = 0\n", "from 1 to 3600"},
        {"a right names no service", service + "[[client.right]]\nto = \"ZA-WC/GOV/EDU/x\"\nservice = \"b\"\n",
         "no service of this client"},
        {"a right is given twice",
         service + "[[client.right]]\nto = \"ZA-WC/GOV/EDU/x\"\nservice = \"a\"\n[[client.right]]\nto = "
                   "\"ZA-WC/GOV/EDU/x\"\nservice = \"a\"\n",
         "given before"},
        {"a local group is not declared", service + "[[client.right]]\nto = \"local:g\"\nservice = \"a\"\n",
         "does not declare"},
        {"a global group has no instance", service + "[[client.right]]\nto = \"group:g\"\nservice = \"a\"\n",
         "group:instance/code"},
        {"a method is none",
         service + "[[client.right]]\nto = \"ZA-WC/GOV/EDU/x\"\nservice = \"a\"\nmethod = \"GETT\"\n", "GET, POST"},
        {"a method is in small letters",
         service + "[[client.right]]\nto = \"ZA-WC/GOV/EDU/x\"\nservice = \"a\"\nmethod = \"get\"\n", "in capitals"},
        {"a path does not begin with a slash",
         service + "[[client.right]]\nto = \"ZA-WC/GOV/EDU/x\"\nservice = \"a\"\npath = \"persons\"\n",
         "begin with '/'"},
    };
    for (const auto& [what, text, says] : rows) SUBCASE(what) {
            const auto refused = admin::read_declaration(text, "services.toml", "/nowhere", server);
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == FaultCode::malformed_server_conf);
            CHECK_MESSAGE(contains(refused.error().detail, says), refused.error().detail);
            CHECK(contains(refused.error().detail, "services.toml"));
        }
}

TEST_CASE("a right to a part of a service makes the part known as an endpoint") {
    const auto state = must(read(whole));
    const std::vector<access::Endpoint> one{{"GET", "/persons/*", false}};
    CHECK(state.clients[0].service("register")->endpoints == one);
    CHECK(state.clients[0].service("old")->endpoints.empty());
}

TEST_CASE("a state with descriptions says where each service comes from, and reads back the same") {
    const auto text = R"(
[[client]]
id = "ZA-WC/GOV/HOME/people"
[[client.description]]
type = "wsdl"
url = "https://127.0.10.1/grants?wsdl"
disabled = "Out of order"
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
read_at = "2026-02-02T10:15:30.000Z"
[[client.description]]
type = "openapi"
url = "http://127.0.10.1/openapi.yaml"
code = "pets"
disabled = false
sha256 = "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
[[client.service]]
code = "grant"
version = "v1"
description = "https://127.0.10.1/grants?wsdl"
title = "A \"grant\""
url = "https://127.0.10.1/grants"
timeout_s = 5
verify_certificate = false
[[client.service]]
code = "grant"
version = ""
description = "https://127.0.10.1/grants?wsdl"
[[client.service]]
code = "grant"
description = "https://127.0.10.1/grants?wsdl"
[[client.service]]
code = "pets"
description = "http://127.0.10.1/openapi.yaml"
url = "http://127.0.10.1/v1"
endpoints = ["* /by/**"]
generated_endpoints = ["GET /pets/*", "POST /pets"]
[[client.service]]
code = "by-hand"
type = "wsdl"
version = "v2"
url = "http://127.0.10.1/hand"
disabled = ""
)";
    const auto state = must(read(text));
    const auto& client = state.clients.at(0);
    REQUIRE(client.descriptions.size() == 2);
    CHECK(client.descriptions[0].disabled == "Out of order");
    CHECK(client.descriptions[0].read_at == "2026-02-02T10:15:30.000Z");
    CHECK_FALSE(client.descriptions[1].disabled);
    const auto* grant = client.service("grant", "v1");
    REQUIRE(grant);
    CHECK(grant->type == access::ServiceType::wsdl);
    CHECK(grant->title == "A \"grant\"");
    CHECK(grant->timeout == std::chrono::seconds(5));
    CHECK_FALSE(grant->verify_certificate);
    CHECK(grant->disabled == "Out of order");  // its description's
    CHECK(client.service("grant", ""));
    CHECK(client.service("grant", std::nullopt) != client.service("grant", ""));
    const std::vector<access::Endpoint> endpoints{
        {"GET", "/pets/*", true}, {"POST", "/pets", true}, {"*", "/by/**", false}};
    CHECK(client.service("pets")->endpoints == endpoints);
    CHECK_FALSE(client.service("pets")->disabled);
    CHECK(client.service("by-hand", "v2")->disabled == "");

    const auto written = admin::write_state(state);
    const auto again = must(read(written));
    CHECK(admin::difference(state, again).empty());
    CHECK(admin::write_state(again) == written);
    CHECK(again.clients[0].services.size() == 5);
}

TEST_CASE("a description whose document was never read is no state yet") {
    const auto text =
        "[[client]]\nid = \"ZA-WC/GOV/HOME/people\"\n[[client.description]]\nurl = \"http://127.0.0.1/w\"\n";
    const auto refused = read(text);
    REQUIRE_FALSE(refused);
    CHECK(contains(refused.error().detail, "http://127.0.0.1/w of ZA-WC/GOV/HOME/people has not been read"));
}

TEST_CASE("an OpenAPI description without exactly its one service is no state") {
    const std::string description =
        "[[client]]\nid = \"ZA-WC/GOV/HOME/people\"\n[[client.description]]\ntype = \"openapi\"\ncode = \"a\"\n"
        "url = \"http://127.0.0.1/o\"\nsha256 = \"" +
        std::string(64, '0') + "\"\n";
    const auto service = [](const char* code) {
        return "[[client.service]]\ndescription = \"http://127.0.0.1/o\"\ncode = \"" + std::string(code) + "\"\n";
    };
    for (const auto& services : {std::string(), service("b"), service("a") + service("b")}) {
        const auto refused = read(description + services);
        REQUIRE_FALSE(refused);
        CHECK(contains(refused.error().detail, "exactly one service, 'a'"));
    }
    const auto state = must(read(description + service("a")));
    CHECK(state.clients[0].services[0].disabled == "Out of order");  // nobody said that it is open
}

TEST_CASE("over http there is no certificate to verify, so a service called over http has nothing set") {
    const auto service = [](const char* url) {
        return "[[client]]\nid = \"ZA-WC/GOV/HOME/people\"\n[[client.service]]\ncode = \"a\"\nurl = \"" +
               std::string(url) + "\"\nverify_certificate = false\n";
    };
    CHECK(must(read(service("http://127.0.0.1"))).clients[0].services[0].verify_certificate);
    CHECK_FALSE(must(read(service("https://127.0.0.1"))).clients[0].services[0].verify_certificate);
}

TEST_CASE("the difference of two states tells what is added, removed and changed, whatever the order of the file") {
    const auto now = must(read(whole));
    const auto lines = [](const std::vector<admin::Change>& changes) {
        std::string all;
        for (const auto& change : changes) all += change.text() + '\n';
        return all;
    };
    CHECK(admin::difference(now, now).empty());

    auto next = now;
    next.clients[0].services[0].url = "http://127.0.10.9:9001";
    next.clients[0].rights.erase(next.clients[0].rights.begin());
    next.clients[0].groups[0].members.push_back({"ZA-WC", "GOV", "HEALTH", "clinics"});
    CHECK(lines(admin::difference(now, next)) ==
          "- client ZA-WC/GOV/HOME/people, right of ZA-WC/GOV/EDU/admission to register * **: granted\n"
          "+ client ZA-WC/GOV/HOME/people, group schools, member ZA-WC/GOV/HEALTH/clinics: belongs\n"
          "~ client ZA-WC/GOV/HOME/people, service register: rest http://127.0.10.1:9001/api, 5000 ms -> rest "
          "http://127.0.10.9:9001, 5000 ms\n");

    auto reordered = now;
    std::swap(reordered.clients[0].services[0], reordered.clients[0].services[1]);
    std::swap(reordered.clients[0].rights[0], reordered.clients[0].rights[2]);
    CHECK(admin::difference(now, reordered).empty());
    CHECK(lines(admin::difference(access::State{}, now)).find("- ") == std::string::npos);
}
