// The state file: read whole, or refused with file and line.
#include "central-registry/members/state_file.hpp"

#include "central-registry/members/rules.hpp"
#include "tests/central-registry/sample.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::central;
using namespace onceway::central::tests;

namespace {

constexpr std::string_view whole = R"(instance = "TEST"
ocsp_freshness_seconds = 900
time_stamping_interval_seconds = 30

[publication]
every_seconds = 5
valid_seconds = 50

[management]
provider = "GOV/1000/MANAGEMENT"
url = "https://registry.test:4001/managementservice/"
certificate = "server.pem"

[classes]
GOV = "Government"
COM = "Companies"

[[members]]
class = "GOV"
code = "1000"
name = "Registry"
subsystems = ["MANAGEMENT", { code = "roads", name = "Roads" }]

[[members]]
class = "COM"
code = "2000"
name = "Company"

[[servers]]
owner = "GOV/1000"
code = "SS1"
address = "ss1.test"
certificates = ["server.der"]
clients = ["GOV/1000/roads", "COM/2000"]
maintenance = ""

[[certification_services]]
certificate = "ca.pem"
authentication_only = true
csr_format = "DER"
ocsp = [{ url = "http://ca.test", certificate = "ca.pem", cost = "PAID" }, { url = "http://other.test" }]

[[certification_services.intermediates]]
certificate = "below.pem"
ocsp = [{ url = "http://below.test" }]

[[time_stamping_services]]
url = "http://tsa.test"
certificate = "tsa.pem"

[[groups]]
code = "partners"
description = "Partners"
members = ["COM/2000", "GOV/1000/roads"]
)";

/// A folder with the certificates that the file names.
struct Folder {
    TemporaryFolder path;
    State held;
    Folder() {
        const auto& certificates = sample_certificates();
        const CertificateAuthority below(certificates.authority, "Below");
        write_file(path / "ca.pem", certificates.authority.certificate().pem());
        write_file(path / "below.pem", below.certificate().pem());
        write_file(path / "server.pem", certificates.server.certificate.pem());
        write_file(path / "server.der", certificates.server.certificate.der());
        write_file(path / "tsa.pem", certificates.tsa.certificate.pem());
        write_file(path / "garbage.pem", "garbage");
        held.publication.address = "registry.test";
        held.publication.https_address = "registry.test";
    }
    Result<State> read(std::string_view text) {
        write_file(path / "state.toml", text);
        return read_state_file(path / "state.toml", held);
    }
};

std::string replaced(std::string_view what, std::string_view with) {
    std::string text(whole);
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("a whole state file is read, and what it says may be") {
    Folder folder;
    const auto state = folder.read(whole);
    REQUIRE_MESSAGE(state, state.error().detail);
    CHECK(state->instance == "TEST");
    CHECK(state->publication.address == "registry.test");
    CHECK(state->publication.every == std::chrono::seconds(5));
    CHECK(state->publication.valid == std::chrono::seconds(50));
    CHECK(state->ocsp_freshness_seconds == 900);
    CHECK(state->time_stamping_interval_seconds == 30);
    CHECK(state->management.provider == client("GOV", "1000", "MANAGEMENT"));
    CHECK(state->management.certificate == sample_certificates().server.certificate.der());
    REQUIRE(state->members.size() == 2);
    CHECK(state->members[1].subsystems.at(1).name == "Roads");
    CHECK_FALSE(state->members[1].subsystems.at(0).name);
    CHECK(state->servers.at(0).certificates.at(0) == sample_certificates().server.certificate.der());
    CHECK(state->servers.at(0).clients.size() == 2);
    CHECK(state->servers.at(0).maintenance == "");
    const auto& ca = state->certification_services.at(0);
    CHECK(ca.name == "Sample CA");
    CHECK(ca.authentication_only);
    CHECK(ca.profile == basic_profile);
    CHECK(ca.default_csr_format == "DER");
    CHECK(ca.top.ocsp.at(0).cost_type == "PAID");
    CHECK_FALSE(ca.top.ocsp.at(1).certificate);
    CHECK(ca.intermediates.at(0).ocsp.at(0).url == "http://below.test");
    CHECK(state->time_stamping_services.at(0).name == "Sample TSA");
    CHECK(state->groups.at(0).members.size() == 2);
    const auto allowed = check(*state);
    CHECK_MESSAGE(allowed, allowed.error().detail);
}

TEST_CASE("a state file is refused, with file and reason, when it") {
    Folder folder;
    struct {
        const char* why;
        std::string text;
        std::string_view says;
    } const wrong[] = {
        {"is no TOML", "instance = ", "line 1"},
        {"names no instance", replaced("instance = \"TEST\"\n", ""), "'instance' is missing"},
        {"has an unknown key", replaced("[classes]", "classes_of = 1\n[classes]"), "classes_of"},
        {"has an unknown key in a table", replaced("address = \"ss1.test\"", "adress = \"ss1.test\""), "adress"},
        {"has a number in quotes", replaced("= 900", "= \"900\""), "whole number"},
        {"has a text without quotes around it", replaced("code = \"1000\"", "code = 1000"), "text in quotes"},
        {"has a flag that is none", replaced("= true", "= \"true\""), "true or false"},
        {"has a table where a list belongs", replaced("[[groups]]", "[groups]"), "list"},
        {"has a list where a table belongs", replaced("[management]", "[[management]]"), "table"},
        {"has numbers among the clients", replaced("\"GOV/1000/roads\", \"COM/2000\"]\nmain", "1]\nmain"),
         "neither text nor table"},
        {"has an identifier of one part", replaced("owner = \"GOV/1000\"", "owner = \"1000\""), "class/code"},
        {"has a subsystem for an owner", replaced("owner = \"GOV/1000\"", "owner = \"GOV/1000/roads\""),
         "must be a member"},
        {"has an unknown cost", replaced("\"PAID\"", "\"CHEAP\""), "CHEAP"},
        {"names a file that is not there", replaced("tsa.pem", "none.pem"), "none.pem"},
        {"names a file that holds no certificate", replaced("tsa.pem", "garbage.pem"), "no certificate"},
        {"has a server without code", replaced("code = \"SS1\"\n", ""), "'code' is missing"},
    };
    for (const auto& [why, text, says] : wrong) SUBCASE(why) {
            const auto state = folder.read(text);
            REQUIRE_FALSE(state);
            CHECK(state.error().code == FaultCode::invalid_argument);
            CHECK_MESSAGE(contains(state.error().detail, says), state.error().detail);
            CHECK(contains(state.error().detail, "state.toml"));
        }
    const auto absent = read_state_file(folder.path / "none.toml", folder.held);
    REQUIRE_FALSE(absent);
    CHECK(absent.error().code == FaultCode::io_error);
}
