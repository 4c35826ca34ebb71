#include "certs/x509/certificate.hpp"

#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::x509;
using tests::contains;
using tests::must;

namespace {

const Subject subject{{"C", "ZA"}, {"O", "Home Affairs"}, {"businessCategory", "GOV"}, {"serialNumber", "HOME"}};

std::string pem_of(const Octets& der) {
    return "-----BEGIN CERTIFICATE REQUEST-----\n" + to_base64(der) + "\n-----END CERTIFICATE REQUEST-----\n";
}

}  // namespace

TEST_CASE("a request holds the key usage that genuine servers ask for, and OpenSSL verifies it") {
    const tests::TemporaryFolder folder;
    struct {
        const char* kind;
        Profile profile;
        const char* usage;
    } const rows[] = {
        {"RSA-2048", Profile::signing, "Non Repudiation, Certificate Sign"},
        {"P-256", Profile::signing, "Non Repudiation, Certificate Sign"},
        {"P-384", Profile::authentication, "Digital Signature, Key Encipherment, Data Encipherment"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.kind);
        const auto der = must(write_request(*tests::shared_key(row.kind), subject, row.profile));
        tests::write_file(folder / "request.der", der);
        const auto shown = tests::run_tool(
            {"openssl", "req", "-inform", "DER", "-in", folder / "request.der", "-noout", "-verify", "-text"});
        CHECK(shown.status == 0);
        CHECK(contains(shown.output, row.usage));
        CHECK(contains(shown.output, "businessCategory = GOV"));
        CHECK_FALSE(contains(shown.output, "Key Usage: critical"));

        for (const Octets& form : {der, pem_of(der)}) {
            const auto request = must(read_request(form));
            CHECK(request.subject == subject);
            CHECK(request.spki == tests::shared_key(row.kind)->public_key().spki());
            CHECK(request.profile == row.profile);
        }
    }
}

TEST_CASE("a name for TLS stands as subjectAltName before the key usage") {
    const tests::TemporaryFolder folder;
    tests::write_file(folder / "request.der",
                      must(write_request(*tests::shared_key(), subject, Profile::authentication, "server.test")));
    const auto shown =
        tests::run_tool({"openssl", "req", "-inform", "DER", "-in", folder / "request.der", "-noout", "-text"});
    CHECK(contains(shown.output, "DNS:server.test"));
    CHECK(shown.output.find("Alternative Name") < shown.output.find("Key Usage"));
}

TEST_CASE("a request of OpenSSL is read") {
    const tests::TemporaryFolder folder;
    const auto made =
        tests::run_tool({"openssl", "req", "-new", "-newkey", "rsa:2048", "-noenc", "-keyout", folder / "key.pem",
                         "-subj", "/C=ZA/CN=x", "-addext", "keyUsage=nonRepudiation", "-out", folder / "request.pem"});
    REQUIRE(made.status == 0);
    const auto request = must(read_request(tests::contents_of(folder / "request.pem")));
    CHECK(request.profile == Profile::signing);
    CHECK(request.subject == Subject{{"C", "ZA"}, {"CN", "x"}});
}

TEST_CASE("a request is refused when it") {
    const Octets good = must(write_request(*tests::shared_key(), subject, Profile::signing));
    Octets other_name = good;
    other_name.replace(other_name.find("Home"), 4, "Hame");
    struct {
        const char* why;
        Octets octets;
        const char* says;
    } const rows[] = {
        {"was changed after it was signed", other_name, "signature"},
        {"is cut short", good.substr(0, good.size() - 1), "PKCS#10"},
        {"is followed by octets", good + "x", "PKCS#10"},
        {"is empty", "", "PKCS#10"},
        {"is too large", Octets(100'000, '0'), "too large"},
        {"is a certificate in PEM", tests::CertificateAuthority().certificate().pem(), "something else"},
        {"is PEM that ends early", "-----BEGIN CERTIFICATE REQUEST-----\nMIIB", "cut"},
    };
    for (const auto& [why, octets, says] : rows) SUBCASE(why) {
            const auto request = read_request(octets);
            REQUIRE_FALSE(request);
            CHECK(request.error().code == FaultCode::invalid_request);
            CHECK(contains(request.error().detail, says));
        }
}

TEST_CASE("a subject that cannot be written is refused") {
    for (const Subject& wrong : {Subject{{"XX", "y"}}, Subject{{"CN", ""}}, Subject{{"CN", "\xff"}}})
        CHECK(write_request(*tests::shared_key(), wrong, Profile::signing).error().code == FaultCode::invalid_argument);
}

TEST_CASE("no certificate is issued with a serial number that is") {
    for (const char* serial : {"0", "-1", "1x", "1461501637330902918203684832716283019655932542975"}) SUBCASE(serial) {
            const Issue wanted{subject,
                               tests::shared_key()->public_key().spki(),
                               Profile::ca,
                               serial,
                               tests::test_time(),
                               tests::test_time(),
                               {},
                               ""};
            const auto issued = issue(wanted, nullptr, *tests::shared_key());
            REQUIRE_FALSE(issued);
            CHECK(contains(issued.error().detail, "serial"));
        }
}
