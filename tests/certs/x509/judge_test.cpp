#include "certs/x509/judge.hpp"

#include "certs/keys/der.hpp"
#include "certs/x509/writing.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::x509;
using tests::CertificateAuthority;
using tests::contains;
using tests::must;
using namespace std::chrono_literals;

namespace {

const Instant at = tests::test_time();
const identity::MemberId member{"TEST", "GOV", "1"};
const identity::ClientId client{"TEST", "GOV", "1", "sub"};

tests::Wanted wanted(Profile profile, std::string name = "x") {
    tests::Wanted wanted;
    wanted.subject = {{"CN", std::move(name)}};
    wanted.profile = profile;
    return wanted;
}

std::string outcome(const auto& result) { return result ? "accepted" : result.error().wire_code(); }

/// One instance with a root that approves an issuing authority below it, and a server registered by its certificate.
struct Country {
    CertificateAuthority root{"Root"}, issuing{root, "Issuing"}, stranger{"Stranger"};
    tests::Identity server = issuing.issue_authentication("server");
    tests::Identity signer = issuing.issue_signing(member);
    registry::SharedParameters parameters = tests::shared_parameters(root);
    Octets leaf_answer = issuing.ocsp(server.certificate), issuing_answer = root.ocsp(issuing.certificate());

    Country() {
        registry::CaCertificate intermediate{issuing.certificate().der(),
                                             {{"http://x/", issuing.responder().certificate.der(), {}}}};
        parameters.approved_cas[0].intermediates.push_back(intermediate);
        tests::add_server(parameters, {member, "ss1"}, server.certificate, {client});
    }
    std::shared_ptr<const Trust> trust() const { return tests::trust_of(parameters); }
    std::vector<Certificate> chain() const { return {server.certificate, issuing.certificate()}; }
    std::vector<Octets> answers() const { return {leaf_answer, issuing_answer}; }
};

}  // namespace

TEST_CASE("a path is built over intermediates, in whatever order they are offered, and ends before the anchor") {
    const CertificateAuthority root("Root");
    const CertificateAuthority first(root, "First");
    const auto leaf = first.issue_authentication().certificate;
    const CertificateAuthority stranger("Stranger");
    const std::vector<Certificate> extra{stranger.certificate(), first.responder().certificate, first.certificate()};
    CHECK(must(build_path(leaf, extra, {stranger.certificate(), root.certificate()}, at)) ==
          std::vector<Certificate>{leaf, first.certificate()});
    CHECK(must(build_path(leaf, extra, {first.certificate()}, at)) == std::vector<Certificate>{leaf});
}

TEST_CASE("a path is refused, with its reason, when") {
    const CertificateAuthority root("Root"), namesake("Root");
    const CertificateAuthority issuing(root, "Issuing");
    const auto leaf = issuing.issue_authentication("leaf").certificate;
    auto expired = wanted(Profile::authentication), early = wanted(Profile::authentication),
         old_authority = wanted(Profile::ca, "Old");
    expired.not_after = at - 1s;
    early.not_before = at + 1s;
    old_authority.not_after = at - 1s;
    const auto old = root.issue(old_authority);
    const auto made_by = [](const tests::Identity& issuer, const Subject& subject, Profile profile) {
        const auto key = tests::shared_key();
        return must(issue({subject, key->public_key().spki(), profile, "", at - 24h, at + 24h, {}, ""},
                          &issuer.certificate, *issuer.key));
    };
    const auto by_old = made_by(old, {{"CN", "y"}}, Profile::signing);
    const auto end_entity = root.issue(wanted(Profile::authentication, "not an authority"));
    const auto by_end_entity = made_by(end_entity, {{"CN", "y"}}, Profile::signing);
    const auto below_issuing = issuing.issue(wanted(Profile::ca, "Too deep"));
    const auto by_too_deep = made_by(below_issuing, {{"CN", "y"}}, Profile::signing);
    // A chain of five: four intermediates without a length limit.
    std::vector<tests::Identity> long_chain{root.issue(wanted(Profile::ca, "A"))};
    for (const char* name : {"B", "C", "D"}) {
        const auto key = tests::fresh_key();
        long_chain.push_back(
            {must(issue({{{"CN", name}}, key->public_key().spki(), Profile::ca, "", at - 24h, at + 24h, {}, ""},
                        &long_chain.back().certificate, *long_chain.back().key)),
             key});
    }
    const auto deep_leaf = made_by(long_chain.back(), {{"CN", "y"}}, Profile::signing);
    std::vector<Certificate> chain_certificates;
    for (const auto& each : long_chain) chain_certificates.push_back(each.certificate);

    struct {
        const char* why;
        Certificate leaf;
        std::vector<Certificate> extra, anchors;
        const char* says;
    } const rows[] = {
        {"the intermediate is missing", leaf, {}, {root.certificate()}, "no certificate at hand issued"},
        {"there is no anchor", leaf, {issuing.certificate()}, {}, "no certificate at hand issued 'CN=Issuing"},
        {"the anchor only has the name of the issuer",
         root.issue(wanted(Profile::signing)).certificate,
         {},
         {namesake.certificate()},
         "no certificate"},
        {"the leaf has expired", root.issue(expired).certificate, {}, {root.certificate()}, "is valid from"},
        {"the leaf is not valid yet", root.issue(early).certificate, {}, {root.certificate()}, "is valid from"},
        {"an intermediate has expired", by_old, {old.certificate}, {root.certificate()}, "'CN=Old' is valid from"},
        {"an intermediate is no authority",
         by_end_entity,
         {end_entity.certificate},
         {root.certificate()},
         "may not issue"},
        {"an authority below another exceeds its path length",
         by_too_deep,
         {below_issuing.certificate, issuing.certificate()},
         {root.certificate()},
         "too long"},
        {"it is longer than four certificates",
         deep_leaf,
         chain_certificates,
         {root.certificate()},
         "longer than four"},
        {"the leaf is an authority", issuing.certificate(), {}, {root.certificate()}, "not an end entity"},
        {"too many certificates are offered",
         leaf,
         std::vector<Certificate>(17, issuing.certificate()),
         {root.certificate()},
         "17"},
    };
    for (const auto& row : rows) SUBCASE(row.why) {
            const auto path = build_path(row.leaf, row.extra, row.anchors, at);
            REQUIRE_FALSE(path);
            CHECK(path.error().wire_code() == "cannot_create_cert_path.internal_error");
            CHECK(contains(path.error().detail, row.says));
        }
}

TEST_CASE("the certificate of a consumer's server is accepted, with path, answers and deadline") {
    const Country country;
    const auto trust = country.trust();
    const auto judgement = must(judge_consumer_server(country.chain(), country.answers(), client, *trust, at));
    CHECK(judgement.path == country.chain());
    CHECK(judgement.ocsp.size() == 2);
    CHECK(judgement.deadline == at + 1h);
    CHECK(judgement.from == at - 60s);
    CHECK(outcome(judge_consumer_server(country.chain(), country.answers(), identity::ClientId::of(member), *trust,
                                        at)) == "accepted");
}

TEST_CASE("the certificate of a consumer's server is refused, in the order of the checks, when") {
    Country country;
    const auto other_server = country.issuing.issue_authentication("another").certificate;
    const auto signing = country.signer.certificate;
    struct {
        const char* why;
        std::vector<Certificate> presented;
        std::vector<Octets> answers;
        identity::ClientId client;
        Instant at;
        const char* code;
        const char* says;
    } const rows[] = {
        {"no OCSP answer came with the message",
         country.chain(),
         {},
         client,
         at,
         "ssl_authentication_failed",
         "no OCSP answer"},
        {"nothing was presented", {}, country.answers(), client, at, "ssl_authentication_failed", "no certificate"},
        {"the issuer is not approved in the client's instance",
         {country.stranger.issue_authentication().certificate},
         country.answers(),
         client,
         at,
         "internal_error",
         "not approved"},
        {"the client is of another instance",
         country.chain(),
         country.answers(),
         {"OTHER", "GOV", "1", "sub"},
         at,
         "internal_error",
         "not approved in OTHER"},
        {"it is a signing certificate",
         {signing, country.issuing.certificate()},
         country.answers(),
         client,
         at,
         "ssl_authentication_failed",
         "not an authentication certificate"},
        {"the intermediate belongs to another path",
         {other_server, country.root.responder().certificate},
         country.answers(),
         client,
         at,
         "ssl_authentication_failed.cannot_create_cert_path.internal_error",
         "no certificate"},
        {"it is judged before it was valid", country.chain(), country.answers(), client, at - 730 * 24h,
         "ssl_authentication_failed.cannot_create_cert_path.internal_error", "is valid from"},
        {"the answer for the leaf is missing",
         country.chain(),
         {country.answers()[1]},
         client,
         at,
         "ssl_authentication_failed.invalid_cert_path.cert_validation",
         "no OCSP answer about"},
        {"the answer for the intermediate is missing",
         country.chain(),
         {country.answers()[0]},
         client,
         at,
         "ssl_authentication_failed.invalid_cert_path.cert_validation",
         "no OCSP answer about 'CN=Issuing"},
        {"both answers are the one of the leaf",
         country.chain(),
         {country.answers()[0], country.answers()[0]},
         client,
         at,
         "ssl_authentication_failed.invalid_cert_path.cert_validation",
         "Issuing"},
        {"it was revoked",
         country.chain(),
         {country.issuing.ocsp(country.server.certificate, at, Revocation::revoked), country.answers()[1]},
         client,
         at,
         "ssl_authentication_failed.invalid_cert_path.cert_validation",
         "revoked"},
        {"its status is unknown",
         country.chain(),
         {country.issuing.ocsp(country.server.certificate, at, Revocation::unknown), country.answers()[1]},
         client,
         at,
         "ssl_authentication_failed.invalid_cert_path.cert_validation",
         "unknown"},
        {"the answer is stale", country.chain(), country.answers(), client, at + 3601s,
         "ssl_authentication_failed.invalid_cert_path.incorrect_validation_info", "older"},
        {"the answer is by a foreign responder",
         country.chain(),
         {country.issuing.ocsp_by(country.stranger.responder(), country.server.certificate,
                                  {Revocation::good, at, {}, {}}),
          country.answers()[1]},
         client,
         at,
         "ssl_authentication_failed.invalid_cert_path.incorrect_validation_info",
         ""},
        {"the responder says tryLater",
         country.chain(),
         {ocsp_error(3)},
         client,
         at,
         "ssl_authentication_failed.invalid_cert_path.internal_error",
         "status 3"},
        {"there is a second, other answer",
         country.chain(),
         {country.answers()[0], country.answers()[1],
          country.issuing.ocsp(country.server.certificate, at, Revocation::revoked)},
         client,
         at,
         "ssl_authentication_failed.invalid_cert_path.incorrect_validation_info",
         "two different"},
        {"the server does not serve the client",
         country.chain(),
         country.answers(),
         {"TEST", "GOV", "1", "other"},
         at,
         "ssl_authentication_failed",
         "no server of"},
        {"the client's name differs in case",
         country.chain(),
         country.answers(),
         {"TEST", "gov", "1", "sub"},
         at,
         "ssl_authentication_failed",
         "no server of"},
        {"the certificate is registered nowhere",
         {other_server, country.issuing.certificate()},
         {country.issuing.ocsp(other_server), country.answers()[1]},
         client,
         at,
         "ssl_authentication_failed",
         "no server of"},
    };
    const auto trust = country.trust();
    for (const auto& row : rows) SUBCASE(row.why) {
            const auto judgement = judge_consumer_server(row.presented, row.answers, row.client, *trust, row.at);
            REQUIRE_FALSE(judgement);
            CHECK(outcome(judgement) == row.code);
            CHECK(contains(judgement.error().detail, row.says));
        }
}

TEST_CASE("the certificate of a provider's server needs only its own answer, for its direct issuer is the anchor") {
    const Country country;
    const auto trust = country.trust();
    const auto judgement = must(judge_provider_server(country.chain(), {country.answers()[0]}, client, *trust, at));
    CHECK(judgement.path == std::vector<Certificate>{country.server.certificate});
}

TEST_CASE("the certificate of a provider's server is refused when") {
    const Country country;
    const auto trust = country.trust();
    const auto judge = [&](std::vector<Certificate> presented, std::vector<Octets> answers,
                           identity::ClientId provider) {
        return outcome(judge_provider_server(presented, answers, provider, *trust, at));
    };
    SUBCASE("its issuer is not approved")
    CHECK(judge({country.stranger.issue_authentication().certificate}, country.answers(), client) ==
          "ssl_authentication_failed.cannot_create_cert_path.internal_error");
    SUBCASE("it is a signing certificate")
    CHECK(judge({country.signer.certificate}, country.answers(), client) == "ssl_authentication_failed");
    SUBCASE("there is no answer")
    CHECK(judge(country.chain(), {}, client) == "ssl_authentication_failed.invalid_cert_path.cert_validation");
    SUBCASE("it serves somebody else")
    CHECK(judge(country.chain(), country.answers(), {"TEST", "COM", "2", {}}) == "ssl_authentication_failed");
    SUBCASE("nothing is presented") CHECK(judge({}, country.answers(), client) == "ssl_authentication_failed");
}

TEST_CASE("a signing certificate is judged against the authority that issued it, in the signer's instance") {
    Country country;
    const auto good = country.issuing.ocsp(country.signer.certificate);
    const auto judge = [&](const Certificate& leaf, std::vector<Octets> answers, std::string_view instance = "TEST",
                           Instant when = at) {
        return outcome(judge_signer(leaf, {country.issuing.certificate()}, answers, instance, *country.trust(), when));
    };
    CHECK(judge(country.signer.certificate, {good}) == "accepted");
    CHECK(judge(country.signer.certificate, {good}, "OTHER") == "internal_error");
    CHECK(judge(country.stranger.issue_signing(member).certificate, {good}) == "internal_error");
    CHECK(judge(country.signer.certificate, {}) == "invalid_cert_path.cert_validation");
    CHECK(judge(country.signer.certificate, {country.issuing.ocsp(country.server.certificate)}) ==
          "invalid_cert_path.cert_validation");
    CHECK(judge(country.signer.certificate, {good}, "TEST", at + 2h) == "invalid_cert_path.incorrect_validation_info");
    CHECK(judge(country.signer.certificate, {good}, "TEST", at + 20 * 365 * 24h) ==
          "cannot_create_cert_path.internal_error");
    CHECK(judge(country.signer.certificate, {"not OCSP"}) == "io_error");
    CHECK(judge(country.signer.certificate,
                {good, country.issuing.ocsp(country.signer.certificate, at, Revocation::revoked)}) ==
          "invalid_cert_path.incorrect_validation_info");
    CHECK(judge(country.signer.certificate, {good, good}) == "accepted");

    country.parameters.approved_cas[0].authentication_only = true;
    CHECK(judge(country.signer.certificate, {good}) == "internal_error");
}

TEST_CASE("the configuration decides how old an answer may be and whether nextUpdate counts") {
    Country country;
    const auto answer = country.issuing.ocsp(country.signer.certificate, {Revocation::good, at - 2h, at - 1h, {}});
    const auto judge = [&](std::int64_t freshness, bool verify_next_update) {
        country.parameters.ocsp_freshness_seconds = freshness;
        const auto trust = Trust::build("TEST", {country.parameters}, {1200, verify_next_update});
        return outcome(judge_signer(country.signer.certificate, {}, {answer}, "TEST", *trust, at));
    };
    CHECK(judge(14400, false) == "accepted");
    CHECK(judge(14400, true) == "invalid_cert_path.incorrect_validation_info");
    CHECK(judge(3600, false) == "invalid_cert_path.incorrect_validation_info");
}

TEST_CASE("a judgement is remembered until its deadline, for its snapshot, and not more than so many") {
    const Country country;
    const auto trust = country.trust(), next = country.trust();
    const auto judgement = must(judge_consumer_server(country.chain(), country.answers(), client, *trust, at));
    JudgementMemory memory(2);
    memory.keep("one", trust, judgement);
    REQUIRE(memory.find("one", *trust, at));
    CHECK(memory.find("one", *trust, at)->path == judgement.path);
    CHECK(memory.find("one", *trust, judgement.deadline));
    CHECK_FALSE(memory.find("one", *trust, judgement.deadline + 1ms));
    CHECK_FALSE(memory.find("one", *trust, judgement.from - 1ms));
    CHECK_FALSE(memory.find("two", *trust, at));
    CHECK_FALSE(memory.find("one", *next, at));
    memory.keep("two", trust, judgement);
    memory.keep("three", trust, judgement);
    CHECK_FALSE(memory.find("one", *trust, at));
    CHECK(memory.find("three", *trust, at));
    memory.keep("four", next, judgement);
    CHECK_FALSE(memory.find("three", *trust, at));
    CHECK(memory.find("four", *next, at));
}
