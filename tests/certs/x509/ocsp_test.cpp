#include "certs/x509/ocsp.hpp"

#include "certs/keys/der.hpp"
#include "certs/keys/signature_identifier.hpp"
#include "certs/x509/ocsp_fields.hpp"
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
namespace der = onceway::keys::der;

namespace {

const Instant at = tests::test_time();
const OcspRules rules;

struct Bench {
    tests::CertificateAuthority authority{"Bench CA"};
    Certificate about = authority.issue_signing({"TEST", "GOV", "1"}).certificate;
    std::vector<Certificate> configured{authority.responder().certificate};

    Result<OcspVerdict> judge(OctetsView response, OcspRules how = rules) const {
        return judge_ocsp(response, about, authority.certificate(), configured, at, how);
    }
    tests::Identity delegate(Profile profile, Instant until = at + 24h) const {
        tests::Wanted wanted;
        wanted.subject = {{"CN", "Delegate"}};
        wanted.profile = profile;
        wanted.not_after = until;
        return authority.issue(wanted);
    }
};

// A response around single responses that are given as DER.
Octets response_of(const tests::Identity& signer, const std::vector<Octets>& singles, Octets algorithm = {}) {
    Octets list;
    for (const Octets& single : singles) list += single;
    const Octets data = der::element(
        der::sequence, {der::element(der::context_constructed(2),
                                     der::element(der::octet_string, keys::sha1(signer.certificate.public_key_bits()))),
                        der::write_time(at), der::element(der::sequence, list)});
    const auto with = keys::certificate_algorithm(*signer.key);
    const Octets value = must(signer.key->sign(with, data, keys::EcdsaForm::der));
    const Octets basic = der::element(
        der::sequence,
        {data, algorithm.empty() ? keys::identifier_of(with) : algorithm, der::bits(value),
         der::element(der::context_constructed(0), der::element(der::sequence, signer.certificate.der()))});
    const Octets bytes =
        der::element(der::sequence, {oid("1.3.6.1.5.5.7.48.1.1"), der::element(der::octet_string, basic)});
    return der::element(der::sequence,
                        {der::small_integer(0, der::enumerated), der::element(der::context_constructed(0), bytes)});
}
Octets single(const Octets& id, std::uint8_t status = der::context(0)) {
    return der::element(der::sequence, {id, der::element(status, OctetsView()), der::write_time(at)});
}

}  // namespace

TEST_CASE("an answer is accepted from") {
    const Bench bench;
    const OcspAnswer good{Revocation::good, at - 10min, at + 10min, {}};
    SUBCASE("a configured responder, whatever its purpose says") {
        const auto responder = bench.delegate(Profile::signing);
        const auto verdict = must(judge_ocsp(bench.authority.ocsp_by(responder, bench.about, good), bench.about,
                                             bench.authority.certificate(), {responder.certificate}, at, rules));
        CHECK(verdict.responder == responder.certificate);
    }
    SUBCASE("the authority itself") {
        CHECK(bench.judge(bench.authority.ocsp_by(bench.authority.identity(), bench.about, good)));
    }
    SUBCASE("a delegate of the authority for OCSP signing that nobody configured") {
        CHECK(bench.judge(bench.authority.ocsp_by(bench.delegate(Profile::ocsp_responder), bench.about, good)));
    }
}

TEST_CASE("a verdict tells status, times, responder and until when it may be used") {
    const Bench bench;
    const auto judge = [&](OcspAnswer answer, OcspRules how) {
        return must(bench.judge(bench.authority.ocsp(bench.about, answer), how));
    };
    const auto good = judge({Revocation::good, at - 10min, at + 10min, {}}, rules);
    CHECK(good.status == Revocation::good);
    CHECK(good.this_update == at - 10min);
    CHECK(good.next_update == at + 10min);
    CHECK(good.deadline == at + 10min);
    CHECK(good.responder == bench.authority.responder().certificate);
    CHECK(judge({Revocation::good, at - 10min, at + 10h, {}}, rules).deadline == at + 50min);
    CHECK(judge({Revocation::good, at - 10min, {}, {}}, {1200, true}).deadline == at + 10min);
    CHECK(judge({Revocation::good, at - 10min, at - 5min, {}}, {1200, false}).deadline == at + 10min);
    CHECK(judge({Revocation::revoked, at, at + 1h, at - 24h}, rules).status == Revocation::revoked);
    CHECK(judge({Revocation::unknown, at, {}, {}}, rules).status == Revocation::unknown);
}

TEST_CASE("a verdict by a delegate whom nobody configured ends and begins with the delegate's certificate") {
    const Bench bench;
    const OcspAnswer good{Revocation::good, at - 10min, {}, {}};
    const auto verdict = [&](const tests::Identity& signer, const std::vector<Certificate>& configured) {
        return must(judge_ocsp(bench.authority.ocsp_by(signer, bench.about, good), bench.about,
                               bench.authority.certificate(), configured, at, rules));
    };
    tests::Wanted wanted;
    wanted.subject = {{"CN", "Delegate"}};
    wanted.profile = Profile::ocsp_responder;
    wanted.not_before = at - 5min;
    wanted.not_after = at + 5min;
    const auto delegate = bench.authority.issue(wanted);
    CHECK(verdict(delegate, {}).deadline == at + 5min);
    CHECK(verdict(delegate, {}).from == at - 5min);
    CHECK(verdict(delegate, {delegate.certificate}).deadline == at + 50min);
    CHECK(verdict(delegate, {delegate.certificate}).from == at - 11min);
    CHECK(verdict(bench.authority.responder(), {}).deadline == at + 50min);
}

TEST_CASE("the edges of time belong to the good side") {
    const Bench bench;
    const auto accepted = [&](Instant this_update, std::optional<Instant> next_update) {
        return bench.judge(bench.authority.ocsp(bench.about, {Revocation::good, this_update, next_update, {}}))
            .has_value();
    };
    CHECK(accepted(at - 3600s, {}));
    CHECK_FALSE(accepted(at - 3601s, {}));
    CHECK(accepted(at, at));
    CHECK_FALSE(accepted(at - 2s, at - 1s));
    CHECK(accepted(at + 60s, {}));
    CHECK_FALSE(accepted(at + 61s, {}));
}

TEST_CASE("an answer is refused, with its reason, when it") {
    const Bench bench;
    const tests::CertificateAuthority stranger("Stranger CA"), namesake("Bench CA");
    const OcspAnswer good{Revocation::good, at, at + 1h, {}};
    const Octets plain = bench.authority.ocsp(bench.about, good);
    const auto other = bench.authority.issue_signing({"TEST", "GOV", "2"}).certificate;
    tests::Wanted same_serial;
    same_serial.subject = {{"CN", "x"}};
    same_serial.serial = bench.about.serial_decimal();
    const auto twin = stranger.issue(same_serial).certificate;
    const Octets id = cert_id(bench.about.serial_octets(), bench.authority.certificate());
    const Octets other_id = cert_id(other.serial_octets(), bench.authority.certificate());
    Octets without_null = id;
    without_null =
        der::element(der::sequence, {keys::identifier_of(keys::Digest::sha1, false), OctetsView(id).substr(2 + 11)});
    const auto& signer = bench.authority.responder();
    Octets damaged = plain;
    const auto in_time = static_cast<std::size_t>(must(read_ocsp(plain)).signed_part.rfind("20260202111530Z") +
                                                  (must(read_ocsp(plain)).signed_part.data() - plain.data()));
    damaged[in_time + 3] = '7';  // nextUpdate a year later
    const Octets sha1_with_ecdsa = der::element(der::sequence, oid("1.2.840.10045.4.1"));

    struct {
        const char* why;
        Octets response;
        FaultCode code;
        const char* says;
    } const rows[] = {
        {"is about another serial number", bench.authority.ocsp(other, good), FaultCode::cert_validation,
         "another certificate"},
        {"is about the same serial number of another issuer", stranger.ocsp(twin, good), FaultCode::cert_validation,
         "another certificate"},
        {"names the certificate without NULL parameters", response_of(signer, {single(without_null)}),
         FaultCode::cert_validation, "SHA-1"},
        {"is signed by the responder of another authority",
         bench.authority.ocsp_by(stranger.responder(), bench.about, good), FaultCode::incorrect_validation_info,
         "appointed"},
        {"is signed by the namesake of the authority", bench.authority.ocsp_by(namesake.identity(), bench.about, good),
         FaultCode::incorrect_validation_info, ""},
        {"is signed by a delegate of a namesake", bench.authority.ocsp_by(namesake.responder(), bench.about, good),
         FaultCode::incorrect_validation_info, ""},
        {"is signed by a certificate without the purpose",
         bench.authority.ocsp_by(bench.delegate(Profile::authentication), bench.about, good),
         FaultCode::incorrect_validation_info, "OCSP signing"},
        {"is signed by an expired delegate",
         bench.authority.ocsp_by(bench.delegate(Profile::ocsp_responder, at - 1s), bench.about, good),
         FaultCode::incorrect_validation_info, "not valid"},
        {"was changed", damaged, FaultCode::incorrect_validation_info, "signature"},
        {"says good and revoked", response_of(signer, {single(id), single(id, der::context(2))}),
         FaultCode::incorrect_validation_info, "more than one"},
        {"says revoked and good", response_of(signer, {single(id, der::context(2)), single(id)}),
         FaultCode::cert_validation, "more than one"},
        {"answers about others as well", response_of(signer, {single(id), single(other_id)}),
         FaultCode::incorrect_validation_info, "more than one"},
        {"answers about another one first", response_of(signer, {single(other_id), single(id)}),
         FaultCode::cert_validation, "another"},
        {"answers nothing", response_of(signer, {}), FaultCode::internal_error, "nothing"},
        {"states a SHA-1 signature", response_of(signer, {single(id)}, sha1_with_ecdsa),
         FaultCode::incorrect_validation_info, "SHA-1"},
        {"is followed by octets", plain + "tail", FaultCode::incorrect_validation_info, "follow"},
        {"is stale", bench.authority.ocsp(bench.about, {Revocation::good, at - 2h, {}, {}}),
         FaultCode::incorrect_validation_info, "older"},
        {"is of the future", bench.authority.ocsp(bench.about, {Revocation::good, at + 5min, {}, {}}),
         FaultCode::incorrect_validation_info, "future"},
        {"has been replaced", bench.authority.ocsp(bench.about, {Revocation::good, at - 2min, at - 1min, {}}),
         FaultCode::incorrect_validation_info, "successor"},
        {"says tryLater", ocsp_error(3), FaultCode::internal_error, "status 3"},
        {"is empty", "", FaultCode::io_error, "OCSPResponse"},
        {"is cut short", plain.substr(0, plain.size() - 1), FaultCode::io_error, "OCSPResponse"},
        {"is some text", "revoked", FaultCode::io_error, "OCSPResponse"},
        {"has 10 MB", Octets(10'000'000, '0'), FaultCode::io_error, "64 KiB"},
    };
    for (const auto& [why, response, code, says] : rows) SUBCASE(why) {
            const auto verdict = bench.judge(response);
            REQUIRE_FALSE(verdict);
            CHECK(verdict.error().code == code);
            CHECK(contains(verdict.error().detail, says));
        }
    CHECK(bench.judge(plain));
    CHECK(bench.judge(response_of(signer, {single(id)})));
}

TEST_CASE("matching tells whose answer it is, and what is none at all") {
    const Bench bench;
    const Octets response = bench.authority.ocsp(bench.about);
    CHECK(must(ocsp_matches(response, bench.about, bench.authority.certificate())));
    CHECK(must(ocsp_matches(response + "x", bench.about, bench.authority.certificate())));
    CHECK_FALSE(must(ocsp_matches(response, bench.authority.responder().certificate, bench.authority.certificate())));
    CHECK(ocsp_matches("x", bench.about, bench.authority.certificate()).error().code == FaultCode::io_error);
    CHECK(ocsp_matches(ocsp_error(6), bench.about, bench.authority.certificate()).error().code ==
          FaultCode::internal_error);
    CHECK(check_ocsp_form(response));
    CHECK(check_ocsp_form(ocsp_error(6)));
    CHECK(check_ocsp_form("").error().code == FaultCode::io_error);
}

TEST_CASE("questions are written as genuine servers write them and read as they stand") {
    const Bench bench;
    const Octets request = write_ocsp_request(bench.about, bench.authority.certificate());
    const auto questions = must(read_ocsp_request(request));
    REQUIRE(questions.size() == 1);
    CHECK(questions[0].serial_decimal == bench.about.serial_decimal());
    CHECK(questions[0].issuer_name_sha1 == keys::sha1(bench.authority.certificate().subject_name_der()));
    CHECK(questions[0].issuer_key_sha1 == keys::sha1(bench.authority.certificate().public_key_bits()));
    CHECK(contains(to_hex(request), "300906052b0e03021a0500"));
    const auto answered = must(answer_ocsp(questions[0], {Revocation::good, at, {}, {}},
                                           bench.authority.responder().certificate, *bench.authority.responder().key));
    CHECK(bench.judge(answered));
    for (const Octets& wrong : {Octets(), request.substr(1), request + "x", Octets("\x30\x02\x30\x00", 4)})
        CHECK(read_ocsp_request(wrong).error().code == FaultCode::invalid_request);
}

TEST_CASE("OpenSSL asks what we ask and accepts what we answer") {
    const Bench bench;
    const tests::TemporaryFolder folder;
    tests::write_file(folder / "ca.pem", bench.authority.certificate().pem());
    tests::write_file(folder / "leaf.pem", bench.about.pem());
    const auto asked = tests::run_tool({"openssl", "ocsp", "-no_nonce", "-issuer", folder / "ca.pem", "-cert",
                                        folder / "leaf.pem", "-reqout", folder / "request.der"});
    CHECK(asked.status == 0);
    CHECK(tests::contents_of(folder / "request.der") == write_ocsp_request(bench.about, bench.authority.certificate()));

    struct {
        Revocation status;
        const char* says;
    } const rows[] = {
        {Revocation::good, ": good"}, {Revocation::revoked, ": revoked"}, {Revocation::unknown, ": unknown"}};
    for (const auto& [status, says] : rows) {
        const Instant now = Clock::system().now();
        tests::write_file(folder / "response.der",
                          bench.authority.ocsp(bench.about, {status, now, now + 1h, now - 1h}));
        const auto judged =
            tests::run_tool({"openssl", "ocsp", "-issuer", folder / "ca.pem", "-cert", folder / "leaf.pem", "-respin",
                             folder / "response.der", "-CAfile", folder / "ca.pem"});
        CAPTURE(judged.output);
        CHECK(contains(judged.output, "Response verify OK"));
        CHECK(contains(judged.output, says));
    }
}

TEST_CASE("the recorded answers of port 5577 are read and each is about one recorded certificate") {
    const auto folder = tests::vectors();
    if (!folder) {
        MESSAGE("no recordings at hand; skipped");
        return;
    }
    std::vector<Certificate> all;
    for (const auto& entry : std::filesystem::directory_iterator(*folder / "trust/pki"))
        if (entry.path().extension() == ".der")
            all.push_back(must(Certificate::from_der(tests::contents_of(entry.path()))));
    int read = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(*folder / "ocsp-port")) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with("ocsp-") || !name.ends_with(".der")) continue;
        CAPTURE(entry.path().string());
        const Octets response = tests::contents_of(entry.path());
        int about = 0;
        for (const Certificate& certificate : all)
            for (const Certificate& issuer : all)
                if (issuer.is_ca() && certificate.issuer_der() == issuer.subject_der() && certificate.valid_at(at) &&
                    must(ocsp_matches(response, certificate, issuer))) {
                    ++about;
                    const auto fields = must(read_ocsp(response));
                    CHECK(judge_ocsp(response, certificate, issuer, all, fields.this_update + 1min, {14400, true}));
                }
        CHECK(about == 1);
        ++read;
    }
    MESSAGE(read << " recorded OCSP answers judged");
    CHECK(read > 0);
}
