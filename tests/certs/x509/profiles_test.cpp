#include "certs/x509/trust.hpp"

#include "certs/keys/der.hpp"
#include "certs/x509/writing.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

#include <boost/json.hpp>

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::x509;
using tests::contains;
using tests::must;

namespace {

namespace der = keys::der;

const identity::MemberId expected{"TEST", "GOV", "1234"};
std::string profile_class(std::string_view simple) {
    return "ee.ria.xroad.common.certificateprofile.impl." + std::string(simple);
}

Certificate with_subject(const Subject& subject) {
    static const tests::CertificateAuthority authority;
    tests::Wanted wanted;
    wanted.subject = subject;
    wanted.key = tests::shared_key();
    return authority.issue(wanted).certificate;
}

// A self-signed certificate whose Name is given as DER.
Certificate with_name(const Octets& name) {
    const auto key = tests::shared_key();
    const Octets algorithm = *from_hex("300a06082a8648ce3d040302");
    const Octets validity =
        der::element(der::sequence, {der::write_time(tests::test_time()), der::write_time(tests::test_time())});
    const Octets body =
        der::element(der::sequence, {der::element(der::context_constructed(0), der::small_integer(2)),
                                     der::small_integer(1), algorithm, name, validity, name, key->public_key().spki()});
    return must(Certificate::from_der(must(sign_body(body, *key))));
}
Octets pair(std::string_view type, int tag, OctetsView value) {
    return der::element(der::sequence, {oid(*dotted_oid(type)), der::element(static_cast<std::uint8_t>(tag), value)});
}

std::string outcome(const Certificate& certificate, std::string_view profile, const identity::MemberId& expected) {
    const auto member = member_of(certificate, profile, expected);
    return member ? member->instance + '/' + member->member_class + '/' + member->member_code
                  : std::string(spelling(member.error().code));
}

}  // namespace

TEST_CASE("a subject names a member, or is refused, by the rules of its profile") {
    struct {
        const char* profile;
        Subject subject;
        const char* outcome;
    } const rows[] = {
        {"Basic", {{"businessCategory", "GOV"}, {"serialNumber", "1"}}, "TEST/GOV/1"},
        {"Basic", {{"CN", "x"}, {"serialNumber", "1"}}, "incorrect_certificate"},
        {"Basic", {{"businessCategory", "GOV"}}, "incorrect_certificate"},
        {"Basic", {{"businessCategory", "GOV"}, {"serialNumber", " "}}, "internal_error"},
        {"Basic", {{"businessCategory", "GOV"}, {"serialNumber", "1"}, {"serialNumber", "2"}}, "TEST/GOV/2"},
        {"BasicACME", {{"serialNumber", "1"}, {"businessCategory", "COM"}}, "TEST/COM/1"},
        {"BasicACME", {{"serialNumber", "1"}}, "incorrect_certificate"},
        {"Ejbca", {{"C", "ZA"}, {"O", "GOV"}, {"CN", "1"}}, "ZA/GOV/1"},
        {"Ejbca", {{"O", "GOV"}, {"CN", "1"}}, "incorrect_certificate"},
        {"FiVRK", {{"C", "FI"}, {"O", "x"}, {"serialNumber", "FI-TEST/ss1/GOV"}, {"CN", "1"}}, "FI-TEST/GOV/1"},
        {"FiVRK", {{"C", "FI"}, {"O", "x"}, {"serialNumber", "I/s/C/"}, {"CN", "1"}}, "I/C/1"},
        {"FiVRK", {{"C", "FI"}, {"O", "x"}, {"serialNumber", "I//C"}, {"CN", "1"}}, "I/C/1"},
        {"FiVRK", {{"C", "FI"}, {"O", "x"}, {"serialNumber", "I/s/"}, {"CN", "1"}}, "incorrect_certificate"},
        {"FiVRK", {{"C", "FI"}, {"O", "x"}, {"serialNumber", "I/s/C/D"}, {"CN", "1"}}, "incorrect_certificate"},
        {"FiVRK", {{"C", "FI"}, {"O", "x"}, {"serialNumber", "/s/C"}, {"CN", "1"}}, "internal_error"},
        {"FiVRK", {{"C", "SE"}, {"O", "x"}, {"serialNumber", "I/s/C"}, {"CN", "1"}}, "incorrect_certificate"},
        {"FiVRK", {{"C", "FI"}, {"serialNumber", "I/s/C"}, {"CN", "1"}}, "incorrect_certificate"},
        {"FiVRK", {{"C", "FI"}, {"O", "I"}, {"OU", "C"}, {"CN", "1"}}, "I/C/1"},
        {"FiVRK", {{"C", "SE"}, {"O", "I"}, {"OU", "C"}, {"CN", "1"}}, "incorrect_certificate"},
        {"FiVRK", {{"C", "I"}, {"O", "C"}, {"CN", "1"}}, "I/C/1"},
        {"Is", {{"C", "IS"}, {"O", "I"}, {"OU", "C"}, {"CN", "1"}, {"serialNumber", "I/C/1/s"}}, "I/C/1"},
        {"Is", {{"C", "IS"}, {"O", "I"}, {"OU", "C"}, {"CN", "1"}}, "incorrect_certificate"},
        {"Is", {{"C", "FO"}, {"O", "I"}, {"OU", "C"}, {"CN", "1"}, {"serialNumber", "s"}}, "incorrect_certificate"},
        {"Is", {{"C", "I"}, {"O", "C"}, {"CN", "1"}}, "I/C/1"},
        {"Fo", {{"C", "FO"}, {"O", "I"}, {"OU", "C"}, {"CN", "1"}, {"serialNumber", "s"}}, "I/C/1"},
        {"Fo", {{"C", "FO"}, {"O", "I"}, {"OU", "C"}, {"CN", "1"}}, "incorrect_certificate"},
        {"Fo", {{"C", "IS"}, {"O", "I"}, {"OU", "C"}, {"CN", "1"}, {"serialNumber", "s"}}, "incorrect_certificate"},
        {"SkKlass3", {{"organizationIdentifier", "NTREE-12345678"}}, "TEST/COM/12345678"},
        {"SkKlass3", {{"organizationIdentifier", "GO:EE-1"}}, "TEST/GOV/1"},
        {"SkKlass3", {{"organizationIdentifier", "NP:EE-1"}}, "TEST/NGO/1"},
        {"SkKlass3", {{"organizationIdentifier", "VATFI-1"}, {"serialNumber", "71234567"}}, "TEST/NEE/VATFI-1"},
        {"SkKlass3", {{"serialNumber", "61234567"}}, "TEST/COM/61234567"},
        {"SkKlass3", {{"serialNumber", "71234567"}}, "TEST/GOV/71234567"},
        {"SkKlass3", {{"serialNumber", "91234567"}}, "TEST/NGO/91234567"},
        {"SkKlass3", {{"serialNumber", "01234567"}}, "internal_error"},
        {"SkKlass3", {{"serialNumber", "1234567"}}, "invalid_certificate"},
        {"SkKlass3", {{"serialNumber", "1234567x"}}, "invalid_certificate"},
        {"SkKlass3", {{"CN", "x"}}, "invalid_certificate"},
        {"SkEsteId", {{"serialNumber", "38001085718"}}, "TEST/PERSON/38001085718"},
        {"SkEsteId", {{"CN", "x"}}, "invalid_certificate"},
        {"Unknown", {{"CN", "x"}}, "internal_error"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.profile);
        CAPTURE(with_subject(row.subject).subject());
        CHECK(outcome(with_subject(row.subject), profile_class(row.profile) + "CertificateProfileInfoProvider",
                      expected) == row.outcome);
    }
    CHECK(outcome(with_subject({{"businessCategory", "GOV"}, {"serialNumber", "1"}}), "", expected) ==
          "internal_error");
    CHECK(outcome(with_subject({{"businessCategory", "GOV"}, {"serialNumber", "1"}}),
                  " " + std::string(tests::basic_profile) + "\n", expected) == "TEST/GOV/1");
}

TEST_CASE("characters with a meaning in RFC 2253 come back escaped, so that they match no identifier") {
    CHECK(outcome(with_subject({{"businessCategory", "GOV"}, {"serialNumber", "a+b"}}), tests::basic_profile,
                  expected) == "TEST/GOV/a\\+b");
    CHECK(outcome(with_subject({{"businessCategory", "GOV"}, {"serialNumber", "1/CN=2"}}), tests::basic_profile,
                  expected) == "TEST/GOV/1/CN\\=2");
    CHECK(outcome(with_subject({{"businessCategory", "GOV"}, {"serialNumber", "#1"}}), tests::basic_profile,
                  expected) == "TEST/GOV/\\#1");
}

TEST_CASE("of a relative name with several attributes the first counts, of several relative names the last") {
    const Octets multi = der::element(der::set, {pair("serialNumber", 0x13, "1"), pair("serialNumber", 0x13, "2")});
    const Octets category = der::element(der::set, pair("businessCategory", 0x0c, "GOV"));
    const Octets earlier = der::element(der::set, pair("serialNumber", 0x13, "0"));
    CHECK(outcome(with_name(der::element(der::sequence, {earlier, category, multi})), tests::basic_profile, expected) ==
          "TEST/GOV/1");
}

TEST_CASE("a string that readers understand differently names nobody") {
    const Octets category = der::element(der::set, pair("businessCategory", 0x0c, "GOV"));
    struct {
        const char* what;
        int tag;
        Octets value;
    } const rows[] = {
        {"T61String", 0x14, "1234"},
        {"BMPString", 0x1e, Octets("\0001\0002", 4)},
        {"UniversalString", 0x1c, Octets("\0\0\0001", 4)},
        {"embedded NUL", 0x0c, Octets("12\00034", 5)},
    };
    for (const auto& [what, tag, value] : rows) SUBCASE(what) {
            const Octets serial = der::element(der::set, pair("serialNumber", tag, value));
            const auto member =
                member_of(with_name(der::element(der::sequence, {category, serial})), tests::basic_profile, expected);
            REQUIRE_FALSE(member);
            CHECK(member.error().code == FaultCode::incorrect_certificate);
            CHECK(contains(member.error().detail, "string"));
        }
}

TEST_CASE("requests hold the fields of their profile in its order") {
    const identity::MemberId member{"TEST", "GOV", "1234"};
    const identity::ServerId server{{"TEST", "COM", "99"}, "ss1"};
    const std::map<std::string, std::string> fill{
        {"CN", "ss.test"}, {"C", "ZA"}, {"O", "Organisation"}, {"serialNumber", "filled"}};
    struct {
        const char* profile;
        Profile usage;
        Subject subject;
    } const rows[] = {
        {"Basic", Profile::authentication, {{"CN", "ss.test"}, {"serialNumber", "99"}, {"C", "ZA"}, {"O", "Name"}}},
        {"Basic",
         Profile::signing,
         {{"CN", "Name"}, {"O", "Name"}, {"businessCategory", "GOV"}, {"C", "ZA"}, {"serialNumber", "1234"}}},
        {"BasicACME", Profile::authentication, {{"C", "ZA"}, {"O", "Name"}, {"serialNumber", "99"}, {"CN", "ss.test"}}},
        {"BasicACME",
         Profile::signing,
         {{"C", "ZA"}, {"O", "Name"}, {"businessCategory", "GOV"}, {"serialNumber", "1234"}, {"CN", "Name"}}},
        {"Ejbca", Profile::authentication, {{"C", "TEST"}, {"CN", "ss1"}}},
        {"Ejbca", Profile::signing, {{"C", "TEST"}, {"O", "GOV"}, {"CN", "1234"}}},
        {"FiVRK",
         Profile::authentication,
         {{"C", "FI"}, {"O", "Organisation"}, {"serialNumber", "TEST/ss1/COM"}, {"CN", "ss.test"}}},
        {"FiVRK",
         Profile::signing,
         {{"C", "FI"}, {"O", "Organisation"}, {"serialNumber", "TEST/ss1/GOV"}, {"CN", "1234"}}},
        {"Is", Profile::authentication, {{"C", "IS"}, {"CN", "ss.test"}, {"serialNumber", "TEST/COM/99/ss1"}}},
        {"Is",
         Profile::signing,
         {{"C", "IS"}, {"O", "TEST"}, {"OU", "GOV"}, {"CN", "1234"}, {"serialNumber", "TEST/GOV/1234/ss1"}}},
        {"Fo", Profile::authentication, {{"C", "FO"}, {"O", "TEST"}, {"CN", "TEST/COM/99/ss1"}}},
        {"Fo",
         Profile::signing,
         {{"C", "FO"}, {"O", "TEST"}, {"OU", "GOV"}, {"CN", "1234"}, {"serialNumber", "filled"}}},
        {"SkKlass3", Profile::authentication, {{"SN", "99"}, {"CN", "Name"}}},
        {"SkKlass3", Profile::signing, {{"SN", "1234"}, {"CN", "Name"}}},
        {"SkEsteId", Profile::signing, {}},
    };
    for (const auto& row : rows) {
        CAPTURE(row.profile);
        const auto profile = profile_class(row.profile) + "CertificateProfileInfoProvider";
        CHECK(must(request_subject(profile, row.usage, member, "Name", server, fill)) == row.subject);
    }
    CHECK(request_subject(tests::basic_profile, Profile::signing, member, "Name", server, {}).error().code ==
          FaultCode::invalid_argument);
    CHECK(request_subject("NoSuchProfile", Profile::signing, member, "Name", server, {}).error().code ==
          FaultCode::internal_error);
}

TEST_CASE("a member's certificate by a profile gives that member back, whatever the profile") {
    const identity::MemberId member{"TEST", "GOV", "1234"};
    const identity::ServerId server{member, "ss1"};
    for (const char* simple : {"Basic", "BasicACME", "Ejbca", "FiVRK", "Is", "Fo"}) {
        CAPTURE(simple);
        const auto profile = profile_class(simple) + "CertificateProfileInfoProvider";
        const auto subject = must(request_subject(profile, Profile::signing, member, "Name", server,
                                                  {{"C", "ZA"}, {"O", "x"}, {"serialNumber", "s"}}));
        CHECK(must(member_of(with_subject(subject), profile, member)) == member);
    }
}

TEST_CASE("the recorded certificate profiles give what genuine software gives") {
    const auto folder = tests::vectors();
    if (!folder) {
        MESSAGE("no recordings at hand; skipped");
        return;
    }
    const auto cases = boost::json::parse(tests::contents_of(*folder / "certificates/profiles/cases.json")).as_array();
    const auto usage = [](const Result<bool>& found) {
        return found ? boost::json::value(*found) : boost::json::value("error: certificate has no keyUsage extension");
    };
    int ran = 0;
    for (const auto& each : cases) {
        const auto& row = each.as_object();
        CAPTURE(row.at("name").as_string().c_str());
        const auto certificate = must(Certificate::from_der(
            tests::contents_of(*folder / "certificates/profiles" / row.at("certificate").as_string().c_str())));
        const std::string wanted(row.at("expectedSigner").as_string());
        const auto first = wanted.find('/'), second = wanted.find('/', first + 1);
        const identity::MemberId signer{wanted.substr(0, first), wanted.substr(first + 1, second - first - 1),
                                        wanted.substr(second + 1)};
        const std::string got = outcome(certificate, profile_class(row.at("profile").as_string()), signer);
        CHECK(got == (row.contains("error") ? row.at("error") : row.at("member")).as_string().c_str());
        if (row.contains("matchesExpectedSigner")) CHECK((got == wanted) == row.at("matchesExpectedSigner").as_bool());
        CHECK(usage(certificate.is_signing()) == row.at("isSigningCertificate"));
        CHECK(usage(certificate.is_authentication()) == row.at("isAuthenticationCertificate"));
        ++ran;
    }
    MESSAGE(ran << " recorded certificates judged");
    CHECK(ran == static_cast<int>(cases.size()));
    CHECK(ran >= 37);
}
