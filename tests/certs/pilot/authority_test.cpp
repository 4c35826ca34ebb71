#include "certs/pilot/authority.hpp"

#include "certs/timestamp/timestamp.hpp"
#include "certs/x509/judge.hpp"
#include "certs/x509/trust.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <thread>

using namespace onceway;
using tests::contains;
using tests::must;
using namespace std::chrono_literals;

namespace {

pilot::Setup quick(bool issuing_authority = false) {
    pilot::Setup setup;
    setup.name = "ZA-TEST";
    setup.family = keys::KeyFamily::ec;
    setup.issuing_authority = issuing_authority;
    setup.ocsp_url = "http://127.0.0.1:8888/";
    return setup;
}

struct Bench {
    explicit Bench(bool issuing_authority = false)
        : authority(must(pilot::Authority::init(folder / "pilot", quick(issuing_authority), clock))) {}

    x509::Certificate issue(x509::Profile profile, const x509::Subject& subject = {{"CN", "x"}}) {
        return must(authority.issue(must(x509::write_request(*tests::fresh_key(), subject, profile))));
    }
    Result<x509::OcspVerdict> status(const x509::Certificate& certificate, const x509::Certificate& issuer) {
        const auto answer = must(authority.answer_ocsp(x509::write_ocsp_request(certificate, issuer), {clock.now()}));
        return x509::judge_ocsp(answer, certificate, issuer, {}, clock.now(), {});
    }

    tests::TemporaryFolder folder;
    FixedClock clock{tests::test_time()};
    pilot::Authority authority;
};

}  // namespace

TEST_CASE("every certificate of a pilot says so, and OpenSSL verifies its paths and purposes") {
    for (const bool issuing_authority : {false, true}) {
        CAPTURE(issuing_authority);
        Bench bench(issuing_authority);
        const auto leaf = bench.issue(x509::Profile::authentication);
        tests::write_file(bench.folder / "leaf.pem", leaf.pem());
        const auto all = must(bench.authority.list());
        CHECK(all.size() == (issuing_authority ? 6 : 4));
        for (const auto& issued : all) CHECK(contains(issued.certificate.subject(), "Pilot"));
        const std::string place = bench.folder / "pilot";
        struct {
            std::string file;
            const char* purpose;
        } const rows[] = {{bench.folder / "leaf.pem", "sslclient"},
                          {place + "/ocsp.pem", "ocsphelper"},
                          {place + "/tsa.pem", "timestampsign"}};
        const auto at = std::to_string(
            std::chrono::duration_cast<std::chrono::seconds>(tests::test_time().time_since_epoch()).count());
        for (const auto& [file, purpose] : rows) {
            const auto verified =
                tests::run_tool({"openssl", "verify", "-x509_strict", "-purpose", purpose, "-attime", at, "-CAfile",
                                 place + "/root.pem", "-untrusted", place + "/ca.pem", file});
            CAPTURE(verified.output);
            CHECK(verified.status == 0);
        }
        CHECK(bench.authority.time_stamper().has_only_critical_usage("1.3.6.1.5.5.7.3.8"));
        CHECK(bench.authority.ocsp_responder().has_extended_usage("1.3.6.1.5.5.7.3.9"));
        CHECK((bench.authority.issuing() == bench.authority.root()) == !issuing_authority);
        CHECK(leaf.ocsp_urls() == std::vector<std::string>{"http://127.0.0.1:8888/"});
    }
}

TEST_CASE("a request is certified for what its key usage asks, and names its member by the Basic profile") {
    Bench bench;
    const identity::MemberId member{"ZA-TEST", "GOV", "HOME"};
    const auto subject = must(x509::request_subject(tests::basic_profile, x509::Profile::signing, member,
                                                    "Home Affairs", {member, "ss1"}, {{"C", "ZA"}}));
    const auto signing = bench.issue(x509::Profile::signing, subject);
    CHECK(must(signing.is_signing()));
    CHECK_FALSE(must(signing.is_authentication()));
    CHECK(must(x509::member_of(signing, tests::basic_profile, member)) == member);
    const auto authentication = bench.issue(x509::Profile::authentication);
    CHECK(must(authentication.is_authentication()));
    CHECK_FALSE(must(authentication.is_signing()));
    CHECK(signing.not_before() < bench.clock.now());
    CHECK(signing.not_after() == bench.clock.now() + std::chrono::days(730));
}

TEST_CASE("the profile may be chosen otherwise, but never that of an authority") {
    Bench bench;
    const auto request = must(x509::write_request(*tests::fresh_key(), {{"CN", "x"}}, x509::Profile::authentication));
    const auto server = must(bench.authority.issue(request, x509::Profile::tls_server, {"server.test", "127.0.0.1"}));
    CHECK(server.has_extended_usage("1.3.6.1.5.5.7.3.1"));
    CHECK_FALSE(server.has_extended_usage("1.3.6.1.5.5.7.3.2"));
    for (const auto profile : {x509::Profile::ca, x509::Profile::sub_ca})
        CHECK(bench.authority.issue(request, profile).error().code == FaultCode::invalid_request);
    CHECK(bench.authority.issue("no request").error().code == FaultCode::invalid_request);
    CHECK(must(bench.authority.list()).size() == 4);
}

TEST_CASE("OCSP says good, then revoked since when, and unknown about what was never issued") {
    for (const bool issuing_authority : {false, true}) {
        CAPTURE(issuing_authority);
        Bench bench(issuing_authority);
        const auto issuer = bench.authority.issuing();
        const auto leaf = bench.issue(x509::Profile::signing);
        const auto good = must(bench.status(leaf, issuer));
        CHECK(good.status == x509::Revocation::good);
        CHECK(good.this_update == bench.clock.now());
        CHECK(good.next_update == bench.clock.now() + 1h);
        CHECK(good.responder == bench.authority.ocsp_responder());

        bench.clock.advance(60s);
        must(bench.authority.revoke(leaf.serial_decimal()));
        bench.clock.advance(60s);
        CHECK(must(bench.authority.revoke(leaf.serial_decimal())).revoked_at == bench.clock.now() - 60s);
        CHECK(must(bench.status(leaf, issuer)).status == x509::Revocation::revoked);
        CHECK(bench.authority.revoke("12345").error().code == FaultCode::cert_not_found);

        const x509::Issue elsewhere{{{"CN", "x"}},
                                    tests::shared_key()->public_key().spki(),
                                    x509::Profile::signing,
                                    "777",
                                    tests::test_time(),
                                    tests::test_time() + 24h,
                                    {},
                                    ""};
        const auto never = must(x509::issue(elsewhere, &issuer, *tests::shared_key()));
        CHECK(must(bench.status(never, issuer)).status == x509::Revocation::unknown);
    }
}

TEST_CASE("the root's own responder speaks for the issuing authority") {
    Bench bench(true);
    const auto verdict = must(bench.status(bench.authority.issuing(), bench.authority.root()));
    CHECK(verdict.status == x509::Revocation::good);
    CHECK(verdict.responder != bench.authority.ocsp_responder());
    CHECK(verdict.responder.issuer_der() == bench.authority.root().subject_der());
}

TEST_CASE("a question about another authority, or no question, gets an error response") {
    Bench bench;
    const tests::CertificateAuthority stranger;
    const auto leaf = stranger.issue_signing({"T", "GOV", "1"}).certificate;
    CHECK(must(bench.authority.answer_ocsp(x509::write_ocsp_request(leaf, stranger.certificate()),
                                           {bench.clock.now()})) == x509::ocsp_error(6));
    CHECK(must(bench.authority.answer_ocsp("no question", {bench.clock.now()})) == x509::ocsp_error(1));
}

TEST_CASE("time-stamps are those that were asked for") {
    Bench bench;
    const auto question = timestamp::Question::about(keys::sha512("data"));
    const auto answer = must(bench.authority.answer_time_stamp(question.der(), bench.clock.now()));
    const auto token = must(question.judge(answer, {bench.authority.time_stamper()}));
    CHECK(token.at == bench.clock.now());
    CHECK(timestamp::judge_token(token.der, "data", {bench.authority.time_stamper()}, true));
    const auto refused = must(bench.authority.answer_time_stamp("no question", bench.clock.now()));
    CHECK(question.judge(refused, {bench.authority.time_stamper()}).error().code ==
          FaultCode::mlog_timestamp_non_granted_response);
}

TEST_CASE("answers that are wrong on purpose are recognised as wrong") {
    Bench bench;
    const auto leaf = bench.issue(x509::Profile::signing);
    const auto wrong = must(bench.authority.answer_ocsp_wrongly(
        x509::write_ocsp_request(leaf, bench.authority.issuing()), {bench.clock.now()}));
    const auto verdict = x509::judge_ocsp(wrong, leaf, bench.authority.issuing(), {bench.authority.ocsp_responder()},
                                          bench.clock.now(), {});
    REQUIRE_FALSE(verdict);
    CHECK(verdict.error().code == FaultCode::incorrect_validation_info);
    const auto question = timestamp::Question::about(keys::sha512("data"));
    const auto stamped = must(bench.authority.answer_time_stamp_wrongly(question.der(), bench.clock.now()));
    CHECK(question.judge(stamped, {bench.authority.time_stamper()}).error().code ==
          FaultCode::mlog_timestamp_response_validation_failed);
}

TEST_CASE("an authority is there again when it is opened, and is never made twice") {
    Bench bench;
    const auto leaf = bench.issue(x509::Profile::signing);
    must(bench.authority.revoke(leaf.serial_decimal()));
    const auto again = must(pilot::Authority::open(bench.folder / "pilot", bench.clock));
    CHECK(again.root() == bench.authority.root());
    const auto all = must(again.list());
    REQUIRE(all.size() == 4);
    CHECK(all.back().certificate == leaf);
    CHECK(all.back().profile == "signing");
    CHECK(all.back().revoked_at == bench.clock.now());
    CHECK(pilot::Authority::init(bench.folder / "pilot", quick()).error().code == FaultCode::invalid_argument);
    CHECK(pilot::Authority::open(bench.folder / "nowhere").error().code == FaultCode::not_found);
    auto wrong = quick();
    wrong.certificate_days = 0;
    CHECK(pilot::Authority::init(bench.folder / "other", wrong).error().code == FaultCode::invalid_argument);
}

TEST_CASE("what an interrupted init left is made anew") {
    Bench bench;
    std::filesystem::remove(bench.folder / "pilot" / "pilot.json");
    const auto again = must(pilot::Authority::init(bench.folder / "pilot", quick(), bench.clock));
    CHECK(again.root() != bench.authority.root());
    CHECK(must(again.list()).size() == 3);
}

TEST_CASE("keys are readable by their owner only") {
    const Bench bench;
    for (const char* name : {"root.key", "ocsp.key", "tsa.key"}) {
        struct stat facts{};
        REQUIRE(::stat((bench.folder / "pilot" / name).c_str(), &facts) == 0);
        CHECK((facts.st_mode & 0777) == 0600);
    }
}

TEST_CASE("several may issue, revoke and ask at the same time") {
    Bench bench;
    std::vector<std::thread> threads;
    std::atomic<int> good = 0;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            auto own = must(pilot::Authority::open(bench.folder / "pilot", bench.clock));
            for (int i = 0; i < 5; ++i) {
                const auto request =
                    must(x509::write_request(*tests::shared_key(), {{"CN", "x"}}, x509::Profile::signing));
                const auto leaf = must(own.issue(request));
                good += bench.status(leaf, bench.authority.issuing()).has_value();
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(good == 20);
    CHECK(must(bench.authority.list()).size() == 23);
}
