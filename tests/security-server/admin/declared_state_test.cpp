#include "security-server/admin/declared_state.hpp"

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
        {"a type is not served",
         head + "[[client.service]]\ncode = \"a\"\ntype = \"wsdl\"\nurl = \"http://127.0.0.1\"\n",
         "must be one of \"rest\", \"openapi\""},
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
            const auto refused = read(text);
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == FaultCode::malformed_server_conf);
            CHECK_MESSAGE(contains(refused.error().detail, says), refused.error().detail);
            CHECK(contains(refused.error().detail, "services.toml"));
        }
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
