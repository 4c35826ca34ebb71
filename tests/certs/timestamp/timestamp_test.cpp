#include "certs/timestamp/timestamp.hpp"

#include "certs/keys/der.hpp"
#include "certs/timestamp/token_fields.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::timestamp;
using tests::contains;
using tests::must;
using namespace std::chrono_literals;
namespace der = onceway::keys::der;

namespace {

const Instant at = tests::test_time() + 123ms;

struct Bench {
    tests::CertificateAuthority authority{"TSA CA"};
    tests::Identity tsa = authority.issue_time_stamper();
    std::vector<x509::Certificate> configured{tsa.certificate};

    tests::Identity other_tsa(x509::Profile profile, Instant until = at + 24h) const {
        tests::Wanted wanted;
        wanted.subject = {{"CN", "Other TSA"}};
        wanted.profile = profile;
        wanted.not_after = until;
        return authority.issue(wanted);
    }
    Octets answer_by(const tests::Identity& signer, const Question& question, Instant when = at) const {
        return must(answer(must(read_query(question.der())), signer.certificate, *signer.key, when, "\x07"));
    }
};

// The token inside a granted answer.
Octets token_in(const Octets& answer) {
    der::Reader outer(der::Reader(answer).next()->content);
    outer.next();
    return Octets(outer.next()->whole);
}
Octets granted(const Octets& token) {
    return der::element(der::sequence, {der::element(der::sequence, der::small_integer(0)), token});
}

Octets replaced(Octets text, const Octets& from, const Octets& to) {
    const auto found = text.find(from);
    REQUIRE(found != Octets::npos);
    return text.replace(found, from.size(), to);
}

}  // namespace

TEST_CASE("a question draws a fresh nonce and asks for the certificate") {
    const auto one = Question::about(keys::sha512("data")), two = Question::about(keys::sha512("data"));
    CHECK(one.nonce().size() == 8);
    CHECK(one.nonce() != two.nonce());
    CHECK(one.imprint() == keys::sha512("data"));
    const auto query = must(read_query(one.der()));
    CHECK(query.digest == keys::Digest::sha512);
    CHECK(query.imprint == one.imprint());
    CHECK(query.nonce_der == one.nonce());
    CHECK(query.wants_certificate);
}

TEST_CASE("a granted answer gives the token with time and signer") {
    const Bench bench;
    const auto question = Question::about(keys::sha512("data"));
    const auto token = must(question.judge(bench.answer_by(bench.tsa, question), bench.configured));
    CHECK(token.at == at);
    CHECK(token.signer == bench.tsa.certificate);
    CHECK(token.imprint == keys::sha512("data"));
    CHECK(token.imprint_digest == keys::Digest::sha512);
    const auto again = must(judge_token(token.der, "data", bench.configured, true));
    CHECK(again.at == at);
    CHECK(must(judge_token_imprint(token.der, keys::sha512("data"), bench.configured, true)).signer ==
          bench.tsa.certificate);
}

TEST_CASE("the signer's certificate is put into a token that came without it") {
    const Bench bench;
    const auto question = Question::about(keys::sha512("data"));
    auto query = must(read_query(question.der()));
    query.wants_certificate = false;
    const auto bare = must(answer(query, bench.tsa.certificate, *bench.tsa.key, at, "\x07"));
    CHECK_FALSE(contains(bare, bench.tsa.certificate.der()));
    const auto token = must(question.judge(bare, bench.configured));
    CHECK(contains(token.der, bench.tsa.certificate.der()));
    CHECK(judge_token(token.der, "data", bench.configured, true));
    CHECK(must(read_token(token.der)).certificates.size() == 1);
}

TEST_CASE("RSA authorities are understood as EC ones") {
    const Bench bench;
    tests::Wanted wanted;
    wanted.subject = {{"CN", "RSA TSA"}};
    wanted.profile = x509::Profile::time_stamping;
    wanted.key = tests::shared_key("RSA-2048");
    const auto rsa = bench.authority.issue(wanted);
    const auto question = Question::about(keys::sha512("data"));
    CHECK(question.judge(bench.answer_by(rsa, question), {bench.tsa.certificate, rsa.certificate}));
}

TEST_CASE("an answer is refused, with its reason, when it") {
    const Bench bench;
    const tests::CertificateAuthority namesake("TSA CA");
    const auto question = Question::about(keys::sha512("data"));
    const auto other_data = Question::about(keys::sha512("other")), other_nonce = Question::about(keys::sha512("data"));
    const auto without_nonce = Question::asked(keys::sha512("data"), {});
    const Octets good = bench.answer_by(bench.tsa, question);
    const auto unlisted = bench.other_tsa(x509::Profile::time_stamping),
               no_purpose = bench.other_tsa(x509::Profile::authentication),
               expired = bench.other_tsa(x509::Profile::time_stamping, at - 1s);
    std::vector<x509::Certificate> configured = bench.configured;
    configured.push_back(no_purpose.certificate);
    configured.push_back(expired.certificate);
    // The serial and issuer of a configured authority, the key of somebody else.
    tests::Wanted twin_wanted;
    twin_wanted.subject = {{"CN", "twin"}};
    twin_wanted.profile = x509::Profile::time_stamping;
    twin_wanted.serial = bench.tsa.certificate.serial_decimal();
    const auto twin = namesake.issue(twin_wanted);
    const Octets second_signer = [&] {
        const Octets token = token_in(good);
        const auto fields = must(read_token(token));
        der::Reader info(der::Reader(token).next()->content);
        info.next();
        der::Reader data(der::Reader(info.next()->content).next()->content);
        Octets parts;
        for (int i = 0; i < 4; ++i) parts += data.next()->whole;
        const Octets signer(data.next()->content);
        const Octets body = der::element(der::sequence, parts + der::element(der::set, signer + signer));
        return granted(der::element(
            der::sequence, *from_hex("06092a864886f70d010702") + der::element(der::context_constructed(0), body)));
    }();
    Octets changed_time = replaced(good, "20260202101530.123Z", "20260202101531.123Z");
    Octets sha256_imprint = [&] {
        Query query = must(read_query(question.der()));
        query.digest = keys::Digest::sha256;
        query.imprint = keys::sha256("data");
        return must(answer(query, bench.tsa.certificate, *bench.tsa.key, at, "\x07"));
    }();
    const Octets failure_with_token =
        der::element(der::sequence, {der::element(der::sequence, der::small_integer(2)), token_in(good)});
    struct {
        const char* why;
        Octets answer;
        FaultCode code;
        const char* says;
    } const rows[] = {
        {"is empty", "", FaultCode::mlog_reading_timestamp_response_failed, "TimeStampResp"},
        {"is HTML", "<html>", FaultCode::mlog_reading_timestamp_response_failed, "TimeStampResp"},
        {"is larger than 64 KiB", Octets(70'000, '0'), FaultCode::mlog_reading_timestamp_response_failed, "64 KiB"},
        {"declines", refusal(2, "not today"), FaultCode::mlog_timestamp_non_granted_response, "not today"},
        {"declines and encloses a token", failure_with_token, FaultCode::mlog_timestamp_non_granted_response,
         "status 2"},
        {"grants without a token", refusal(0, ""), FaultCode::mlog_timestamp_response_validation_failed, "no token"},
        {"encloses something else", granted(*from_hex("300b06092a864886f70d010701")),
         FaultCode::mlog_timestamp_response_object_creation_failed, ""},
        {"has two signers", second_signer, FaultCode::mlog_timestamp_response_object_creation_failed, "one signer"},
        {"is about other data", bench.answer_by(bench.tsa, other_data),
         FaultCode::mlog_timestamp_response_validation_failed, "other data"},
        {"uses another digest", sha256_imprint, FaultCode::mlog_timestamp_response_validation_failed,
         "digest algorithm"},
        {"has another nonce", bench.answer_by(bench.tsa, other_nonce),
         FaultCode::mlog_timestamp_response_validation_failed, "nonce"},
        {"has no nonce", bench.answer_by(bench.tsa, without_nonce),
         FaultCode::mlog_timestamp_response_validation_failed, "nonce"},
        {"is signed by an authority that is not configured", bench.answer_by(unlisted, question),
         FaultCode::mlog_tsp_certificate_not_found, "no time-stamping service"},
        {"is signed by a twin of a configured authority", bench.answer_by(twin, question),
         FaultCode::mlog_timestamp_signer_verification_failed, "another certificate"},
        {"was changed", changed_time, FaultCode::mlog_timestamp_signer_verification_failed, "changed"},
        {"is signed by a certificate without the purpose", bench.answer_by(no_purpose, question),
         FaultCode::mlog_timestamp_signer_verification_failed, "time-stamping alone"},
        {"is signed by an expired certificate", bench.answer_by(expired, question),
         FaultCode::mlog_timestamp_signer_verification_failed, "not valid"},
    };
    for (const auto& [why, answered, code, says] : rows) SUBCASE(why) {
            const auto token = question.judge(answered, configured);
            REQUIRE_FALSE(token);
            CHECK(token.error().code == code);
            CHECK(contains(token.error().detail, says));
        }
    CHECK(question.judge(good, configured));
    const auto nobody = question.judge(good, {});
    REQUIRE_FALSE(nobody);
    CHECK(nobody.error().code == FaultCode::mlog_no_timestamping_provider_found);
}

TEST_CASE("certificates injected into a token change nothing") {
    const Bench bench;
    const auto stranger = tests::CertificateAuthority("Stranger").issue_time_stamper();
    const auto question = Question::about(keys::sha512("data"));
    const Octets injected = with_certificate(token_in(bench.answer_by(bench.tsa, question)), stranger.certificate);
    CHECK(must(question.judge(granted(injected), bench.configured)).signer == bench.tsa.certificate);
    CHECK(question.judge(granted(injected), {stranger.certificate}).error().code ==
          FaultCode::mlog_tsp_certificate_not_found);
}

TEST_CASE("a kept token is judged over its data") {
    const Bench bench;
    const Octets token = tests::time_stamp(bench.tsa, "data", at);
    SUBCASE("and refused over other data") {
        const auto judged = judge_token(token, "other", bench.configured, false);
        REQUIRE_FALSE(judged);
        CHECK(judged.error().code == FaultCode::malformed_signature);
        CHECK(contains(judged.error().detail, "Timestamp hashes do not match"));
    }
    SUBCASE("and refused when it is no token") {
        for (const Octets& wrong :
             {Octets(), Octets("x"), token.substr(1), token + "x", token.substr(0, token.size() - 1)})
            CHECK(judge_token(wrong, "data", bench.configured, false).error().code == FaultCode::malformed_signature);
    }
    SUBCASE("tolerantly of a certificate that was not made for it, strictly not") {
        const auto old = bench.other_tsa(x509::Profile::authentication, at - 1h);
        const Query query{keys::Digest::sha512, keys::sha512("data"), {}, true};
        const Octets kept = token_in(must(answer(query, old.certificate, *old.key, at, "\x07")));
        CHECK(judge_token(kept, "data", {old.certificate}, false));
        CHECK(judge_token(kept, "data", {old.certificate}, true).error().code ==
              FaultCode::mlog_timestamp_signer_verification_failed);
    }
    SUBCASE("with the digest that it names itself") {
        const Query query{keys::Digest::sha256, keys::sha256("data"), {}, true};
        const Octets kept = token_in(must(answer(query, bench.tsa.certificate, *bench.tsa.key, at, "\x07")));
        CHECK(must(judge_token(kept, "data", bench.configured, true)).imprint_digest == keys::Digest::sha256);
    }
    SUBCASE("every single bit of it that is signed counts") {
        const auto fields = must(read_token(token));
        const auto begin = static_cast<std::size_t>(fields.content.data() - token.data());
        for (std::size_t i = begin; i < begin + fields.content.size(); ++i) {
            Octets changed = token;
            changed[i] = static_cast<char>(changed[i] ^ 1);
            CHECK_FALSE(judge_token(changed, "data", bench.configured, false));
        }
    }
}

TEST_CASE("a query is refused when it") {
    const Octets good = Question::about(keys::sha512("data")).der();
    struct {
        const char* why;
        Octets octets;
    } const rows[] = {
        {"is empty", ""},
        {"is cut short", good.substr(0, good.size() - 1)},
        {"is followed by octets", good + "x"},
        {"is of version 2", replaced(good, Octets("\x02\x01\x01", 3), Octets("\x02\x01\x02", 3))},
        {"names SHA-512 for 20 octets", Question::asked(Octets(20, 'x'), {}).der()},
    };
    for (const auto& [why, octets] : rows) SUBCASE(why) {
            const auto query = read_query(octets);
            REQUIRE_FALSE(query);
            CHECK(query.error().code == FaultCode::invalid_request);
        }
}

TEST_CASE("OpenSSL understands our question and our answer, and we understand OpenSSL's") {
    const Bench bench;
    const tests::TemporaryFolder folder;
    tests::write_file(folder / "data", "data");
    tests::write_file(folder / "ca.pem", bench.authority.certificate().pem());
    tests::write_file(folder / "tsa.pem", bench.tsa.certificate.pem());
    tests::write_file(folder / "tsa.key", bench.tsa.key->to_pem(""));
    tests::write_file(folder / "serial", "01\n");
    tests::write_file(folder / "ts.cnf",
                      "[tsa]\ndefault_tsa = t\n[t]\nserial = " + (folder / "serial").string() +
                          "\nsigner_digest = sha256\ndefault_policy = 1.2.3.4\ndigests = sha256, sha512\n"
                          "ess_cert_id_alg = sha256\naccuracy = secs:1\nordering = yes\ntsa_name = "
                          "yes\nclock_precision_digits = 3\n");
    const auto question = Question::about(keys::sha512("data"));
    tests::write_file(folder / "question", question.der());

    SUBCASE("question read and answered by OpenSSL") {
        const auto replied = tests::run_tool({"openssl", "ts", "-reply", "-config", folder / "ts.cnf", "-section", "t",
                                              "-queryfile", folder / "question", "-signer", folder / "tsa.pem",
                                              "-inkey", folder / "tsa.key", "-out", folder / "answer"});
        CAPTURE(replied.output);
        REQUIRE(replied.status == 0);
        const auto token = question.judge(tests::contents_of(folder / "answer"), bench.configured);
        if (!token) CAPTURE(token.error().detail);
        CHECK(token);
    }
    SUBCASE("OpenSSL's question answered by us") {
        REQUIRE(tests::run_tool(
                    {"openssl", "ts", "-query", "-data", folder / "data", "-sha512", "-cert", "-out", folder / "query"})
                    .status == 0);
        const auto query = must(read_query(tests::contents_of(folder / "query")));
        tests::write_file(folder / "answer",
                          must(answer(query, bench.tsa.certificate, *bench.tsa.key, Clock::system().now(), "\x07")));
        const auto verified = tests::run_tool({"openssl", "ts", "-verify", "-queryfile", folder / "query", "-in",
                                               folder / "answer", "-CAfile", folder / "ca.pem"});
        CAPTURE(verified.output);
        CHECK(verified.status == 0);
        CHECK(contains(verified.output, "Verification: OK"));
    }
}
