#include "certs/x509/certificate.hpp"

#include "certs/keys/der.hpp"
#include "certs/x509/writing.hpp"
#include "schemas/base/limits.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::x509;
using tests::contains;
using tests::must;
using namespace std::chrono_literals;

namespace {

// A certificate whose body is written by hand, to say what `issue` never says.
Octets forged(OctetsView serial, const Octets& extensions) {
    namespace der = keys::der;
    const auto key = tests::shared_key();
    const Octets name = must(write_name({{"CN", "forged"}}));
    const Octets algorithm = *from_hex("300a06082a8648ce3d040302");
    const Octets validity = der::element(
        der::sequence, {der::write_time(tests::test_time() - 24h), der::write_time(tests::test_time() + 24h)});
    const Octets list = extensions.empty()
                            ? Octets()
                            : der::element(der::context_constructed(3), der::element(der::sequence, extensions));
    const Octets body = der::element(der::sequence, {der::element(der::context_constructed(0), der::small_integer(2)),
                                                     der::element(der::integer, serial), algorithm, name, validity,
                                                     name, key->public_key().spki(), list});
    return must(sign_body(body, *key));
}

}  // namespace

TEST_CASE("an issued certificate says what was asked for") {
    const tests::CertificateAuthority authority;
    tests::Wanted wanted;
    wanted.subject = {{"C", "ZA"}, {"O", "Tésting, Inc."}, {"CN", "a+b"}, {"serialNumber", "12-34"}};
    wanted.profile = Profile::authentication;
    wanted.serial = "340282366920938463463374607431768211455";
    wanted.addresses = {"server.test", "127.0.10.1", "::1"};
    wanted.ocsp_url = "http://127.0.0.1:8888/";
    const auto [certificate, key] = authority.issue(wanted);

    CHECK(certificate.subject() == "serialNumber=12-34,CN=a\\+b,O=Tésting\\, Inc.,C=ZA");
    CHECK(certificate.issuer() == "CN=Test CA,O=Test,C=ZA");
    CHECK(certificate.serial_decimal() == wanted.serial);
    CHECK(certificate.not_before() == tests::test_time() - std::chrono::days(365));
    CHECK(certificate.valid_at(certificate.not_after()));
    CHECK_FALSE(certificate.valid_at(certificate.not_after() + 1ms));
    CHECK_FALSE(certificate.valid_at(certificate.not_before() - 1ms));
    CHECK(certificate.ocsp_urls() == std::vector<std::string>{wanted.ocsp_url});
    CHECK(certificate.digital_signature());
    CHECK(certificate.key_encipherment());
    CHECK(certificate.data_encipherment());
    CHECK_FALSE(certificate.non_repudiation());
    CHECK(certificate.has_extended_usage("1.3.6.1.5.5.7.3.2"));
    CHECK_FALSE(certificate.is_ca());
    CHECK_FALSE(certificate.self_issued());
    CHECK(must(certificate.public_key()).spki() == key->public_key().spki());
    CHECK(certificate.sha256() == keys::sha256(certificate.der()));
    CHECK(certificate.sha1() == keys::sha1(certificate.der()));
    CHECK(certificate.signed_by(authority.certificate()));
    CHECK_FALSE(certificate.signed_by(tests::CertificateAuthority("Other CA").certificate()));
    CHECK_FALSE(certificate.signed_by(tests::CertificateAuthority().certificate()));  // the same name, another key

    const auto attributes = certificate.subject_attributes();
    REQUIRE(attributes.size() == 4);
    CHECK(attributes[0].type == 19);  // C is a PrintableString
    CHECK(attributes[1].type == 12);
    CHECK(attributes[1].value == "Tésting, Inc.");
    CHECK(attributes[3].type == 19);
}

TEST_CASE("OpenSSL agrees with what we issue: path, purposes, key identifiers, times") {
    const tests::TemporaryFolder folder;
    const tests::CertificateAuthority root("Root CA");
    const tests::CertificateAuthority issuing(root, "Issuing CA");
    tests::Wanted wanted;
    wanted.subject = {{"CN", "x"}};
    wanted.not_after = Instant(std::chrono::sys_days(std::chrono::year(2061) / 3 / 4)) + 5h;
    wanted.profile = Profile::time_stamping;
    const auto leaf = issuing.issue(wanted).certificate;
    tests::write_file(folder / "root.pem", root.certificate().pem());
    tests::write_file(folder / "issuing.pem", issuing.certificate().pem());
    tests::write_file(folder / "leaf.pem", leaf.pem());
    const std::string at =
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(tests::test_time().time_since_epoch()).count());
    const auto verified =
        tests::run_tool({"openssl", "verify", "-x509_strict", "-purpose", "timestampsign", "-attime", at, "-CAfile",
                         folder / "root.pem", "-untrusted", folder / "issuing.pem", folder / "leaf.pem"});
    CAPTURE(verified.output);
    CHECK(verified.status == 0);
    const auto shown = tests::run_tool(
        {"openssl", "x509", "-in", folder / "leaf.pem", "-noout", "-dates", "-ext", "extendedKeyUsage"});
    CHECK(contains(shown.output, "notAfter=Mar  4 05:00:00 2061 GMT"));
    CHECK(contains(shown.output, "critical"));
    CHECK(leaf.not_after() == *wanted.not_after);
    CHECK(leaf.has_only_critical_usage("1.3.6.1.5.5.7.3.8"));
    CHECK(issuing.certificate().path_length() == 0);
    CHECK(issuing.certificate().may_sign_certificates());
}

TEST_CASE("a certificate is refused when it") {
    const Octets good = tests::CertificateAuthority().certificate().der();
    const Octets usage = write_key_usage({0}, true);
    struct {
        const char* why;
        Octets octets;
        const char* says;
    } const rows[] = {
        {"is empty", "", "not DER"},
        {"is cut short", good.substr(0, good.size() - 1), "not DER"},
        {"is followed by an octet", good + "x", "follow"},
        {"is larger than any certificate", Octets(limits::certificate_octets + 1, '\x30'), "more than"},
        {"is some other DER", "\x30\x03\x02\x01\x01", "structure"},
        {"has an extension twice", forged("\x01", usage + usage), "twice"},
        {"has a malformed extension", forged("\x01", extension("2.5.29.15", true, "\x04")), "extension is malformed"},
        {"is PEM without an end", "-----BEGIN CERTIFICATE-----\nMIIB", "end line"},
        {"is PEM that is not Base64", "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n", "Base64"},
    };
    for (const auto& [why, octets, says] : rows) SUBCASE(why) {
            const auto certificate = Certificate::from_pem_or_der(octets);
            REQUIRE_FALSE(certificate);
            CHECK(certificate.error().code == FaultCode::incorrect_certificate);
            CHECK(contains(certificate.error().detail, says));
        }
    CHECK(Certificate::from_der(forged("\x01", usage)));
}

TEST_CASE("a certificate with explicit curve parameters is refused before OpenSSL builds the curve") {
    const tests::TemporaryFolder folder;
    REQUIRE(tests::run_tool({"openssl", "ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-genkey", "-noout",
                             "-out", folder / "key.pem"})
                .status == 0);
    REQUIRE(tests::run_tool({"openssl", "req", "-x509", "-new", "-key", folder / "key.pem", "-subj", "/CN=x", "-out",
                             folder / "crt.pem"})
                .status == 0);
    const auto certificate = Certificate::from_pem_or_der(tests::contents_of(folder / "crt.pem"));
    REQUIRE_FALSE(certificate);
    CHECK(certificate.error().code == FaultCode::unsupported_sign_algorithm);
}

TEST_CASE("a certificate with a weak key is read, but its key is not given out") {
    const tests::TemporaryFolder folder;
    REQUIRE(tests::run_tool({"openssl", "req", "-x509", "-newkey", "rsa:1024", "-noenc", "-keyout", folder / "key.pem",
                             "-subj", "/CN=x", "-out", folder / "crt.pem"})
                .status == 0);
    const auto certificate = must(Certificate::from_pem_or_der(tests::contents_of(folder / "crt.pem")));
    const auto key = certificate.public_key();
    REQUIRE_FALSE(key);
    CHECK(key.error().code == FaultCode::unsupported_sign_algorithm);
    CHECK_FALSE(certificate.signed_by(certificate));
}

TEST_CASE("of a PEM bundle the first certificate counts, whatever stands around it") {
    const tests::CertificateAuthority one("One"), two("Two");
    const auto read =
        must(Certificate::from_pem_or_der("text before\r\n" + one.certificate().pem() + two.certificate().pem()));
    CHECK(read == one.certificate());
}

TEST_CASE("usage decides what a certificate is for") {
    const tests::CertificateAuthority authority;
    const auto usage = [&](Profile profile) {
        tests::Wanted wanted;
        wanted.subject = {{"CN", "x"}};
        wanted.profile = profile;
        const auto certificate = authority.issue(wanted).certificate;
        return std::pair(must(certificate.is_signing()), must(certificate.is_authentication()));
    };
    CHECK(usage(Profile::signing) == std::pair(true, false));
    CHECK(usage(Profile::authentication) == std::pair(false, true));
    CHECK(usage(Profile::configuration_signing) == std::pair(true, true));
    CHECK(usage(Profile::ca) == std::pair(false, false));

    const auto none = must(Certificate::from_der(forged("\x01", "")));
    CHECK(none.is_signing().error().code == FaultCode::internal_error);
    CHECK(none.is_authentication().error().code == FaultCode::internal_error);
    namespace der = keys::der;
    const Octets client_auth = extension("2.5.29.37", false, der::element(der::sequence, oid("1.3.6.1.5.5.7.3.2")));
    CHECK(must(must(Certificate::from_der(forged("\x01", client_auth))).is_authentication()));
}

TEST_CASE("names are equal whatever string type, case and spacing they are written with") {
    const auto subject = [](Subject subject) {
        tests::Wanted wanted;
        wanted.subject = std::move(subject);
        static const tests::CertificateAuthority authority;
        return authority.issue(wanted).certificate.subject_der();
    };
    const Octets plain = subject({{"O", "Some Body"}, {"CN", "x"}});
    CHECK(subject({{"O", " some   BODY "}, {"CN", "X"}}) == plain);
    CHECK(subject({{"O", "SomeBody"}, {"CN", "x"}}) != plain);
    CHECK(subject({{"CN", "x"}, {"O", "Some Body"}}) != plain);
    CHECK(subject({{"OU", "Some Body"}, {"CN", "x"}}) != plain);
    CHECK(subject({{"O", "Some Body"}, {"CN", "x"}, {"CN", "x"}}) != plain);
}

TEST_CASE("every certificate of the recordings is read, and its own authority is found to have signed it") {
    const auto folder = tests::vectors();
    if (!folder) {
        MESSAGE("no recordings at hand; skipped");
        return;
    }
    std::vector<Certificate> authorities;
    std::vector<std::pair<std::string, Certificate>> all;
    std::size_t profiles = 0;
    for (const char* part : {"trust/pki", "trust/pki-more", "certificates/profiles"})
        for (const auto& entry : std::filesystem::directory_iterator(*folder / part)) {
            if (entry.path().extension() != ".der") continue;
            CAPTURE(entry.path().filename().string());
            auto certificate = must(Certificate::from_der(tests::contents_of(entry.path())));
            CHECK(must(Certificate::from_pem_or_der(certificate.pem())) == certificate);
            if (certificate.is_ca()) authorities.push_back(certificate);
            if (std::string_view(part) == "certificates/profiles")
                ++profiles;  // made by an authority that is not enclosed
            else
                all.emplace_back(entry.path().stem().stem().string(), std::move(certificate));
        }
    for (const auto& [name, certificate] : all) {
        CAPTURE(name);
        const bool found = certificate.signed_by(certificate) ||
                           std::any_of(authorities.begin(), authorities.end(),
                                       [&](const Certificate& authority) { return certificate.signed_by(authority); });
        CHECK(found == (name != "sign-other-issuer-key"));
    }
    MESSAGE((all.size() + profiles) << " certificates read");
    CHECK(all.size() + profiles > 70);
}
