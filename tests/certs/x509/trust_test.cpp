#include "certs/x509/trust.hpp"

#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::x509;
using tests::CertificateAuthority;
using tests::contains;

namespace {

const identity::MemberId owner{"TEST", "GOV", "1"};
const identity::ClientId client{"TEST", "COM", "2", "sub"};

}  // namespace

TEST_CASE("an issuer is found by its subject in one instance, and of two with one subject the later counts") {
    const CertificateAuthority first("Same"), second("Same"), other("Other");
    auto parameters = tests::shared_parameters(first);
    parameters.approved_cas.push_back(tests::shared_parameters(second).approved_cas[0]);
    parameters.approved_cas[1].profile = "Second";
    const auto trust = Trust::build("TEST", {parameters, tests::shared_parameters(other, nullptr, "ELSE")});
    const auto leaf = first.issue_signing(owner).certificate;
    const auto* found = trust->issuer_of(leaf, "TEST");
    REQUIRE(found);
    CHECK(found->certificate == second.certificate());
    CHECK(found->profile == "Second");
    CHECK_FALSE(trust->issuer_of(leaf, "ELSE"));
    CHECK_FALSE(trust->issuer_of(leaf, "test"));
    CHECK_FALSE(trust->issuer_of(other.issue_signing(owner).certificate, "TEST"));
    CHECK(trust->authorities().size() == 3);
    CHECK(trust->responder_candidates().size() == 6);
}

TEST_CASE("an authentication certificate finds its server by SHA-256, by SHA-1 only in a configuration of version 2") {
    const CertificateAuthority authority;
    const auto certificate = authority.issue_authentication().certificate;
    for (const int version : {2, 3, 6}) {
        CAPTURE(version);
        auto parameters = tests::shared_parameters(authority);
        parameters.version = version;
        tests::add_server(parameters, {owner, "ss1"}, certificate, {client});
        CHECK(parameters.servers[0].auth_certificate_hashes[0].size() == (version == 2 ? 20 : 32));
        const auto trust = tests::trust_of(parameters);
        REQUIRE(trust->server_with(certificate));
        CHECK(trust->server_with(certificate)->id.code == "ss1");
        CHECK(trust->serves(certificate, client));

        parameters.servers[0].auth_certificate_hashes = {version == 2 ? certificate.sha256() : certificate.sha1()};
        CHECK_FALSE(tests::trust_of(parameters)->server_with(certificate));
    }
}

TEST_CASE("a server serves its owner and its registered clients, exactly") {
    const CertificateAuthority authority;
    const auto one = authority.issue_authentication("one").certificate,
               two = authority.issue_authentication("two").certificate;
    auto parameters = tests::shared_parameters(authority);
    tests::add_server(parameters, {owner, "ss1"}, one, {client});
    tests::add_server(parameters, {owner, "ss2"}, two, {});
    const auto trust = tests::trust_of(parameters);
    CHECK(trust->serves(one, identity::ClientId::of(owner)));
    CHECK(trust->serves(two, identity::ClientId::of(owner)));
    CHECK(trust->serves(one, client));
    CHECK_FALSE(trust->serves(two, client));
    CHECK_FALSE(trust->serves(one, {"TEST", "COM", "2", std::nullopt}));
    CHECK_FALSE(trust->serves(one, {"TEST", "GOV", "1", "sub"}));
    CHECK_FALSE(trust->serves(authority.issue_authentication("three").certificate, client));

    REQUIRE(trust->servers_of(identity::ClientId::of(owner)).size() == 2);
    CHECK(trust->servers_of(identity::ClientId::of(owner))[0]->id.code == "ss1");
    CHECK(trust->servers_of(client).size() == 1);
    CHECK(trust->servers_of({"TEST", "COM", "2", "SUB"}).empty());
    CHECK(trust->server({owner, "ss2"}));
    CHECK_FALSE(trust->server({owner, "ss3"}));
}

TEST_CASE("groups are those of the instance that is asked for") {
    const CertificateAuthority authority;
    auto parameters = tests::shared_parameters(authority),
         elsewhere = tests::shared_parameters(authority, nullptr, "ELSE");
    parameters.groups.push_back({"partners", "Partners", {client}});
    elsewhere.groups.push_back({"partners", "Others", {}});
    const auto trust = Trust::build("TEST", {parameters, elsewhere});
    CHECK(trust->in_group(client, "TEST", "partners"));
    CHECK_FALSE(trust->in_group(client, "ELSE", "partners"));
    CHECK_FALSE(trust->in_group(client, "TEST", "Partners"));
    CHECK_FALSE(trust->in_group(identity::ClientId::of(owner), "TEST", "partners"));
}

TEST_CASE("a certificate that cannot be read makes its service unusable, and only that") {
    const CertificateAuthority authority, other("Other");
    const auto tsa = authority.issue_time_stamper();
    auto parameters = tests::shared_parameters(authority, &tsa);
    parameters.approved_cas.push_back(parameters.approved_cas[0]);
    parameters.approved_cas[1].name = "Broken service";
    parameters.approved_cas[1].top.certificate = "broken";
    parameters.approved_tsas.push_back({"Broken TSA", "http://x/", "broken", {}});
    const auto trust = tests::trust_of(parameters);
    REQUIRE(trust->complaints().size() == 2);
    CHECK(contains(trust->complaints()[0], "Broken service"));
    CHECK(contains(trust->complaints()[1], "Broken TSA"));
    CHECK(trust->authorities().size() == 1);
    REQUIRE(trust->time_stampers().size() == 1);
    CHECK(trust->time_stampers()[0] == tsa.certificate);
}

TEST_CASE("certificates in PEM are read as those in DER") {
    const CertificateAuthority authority;
    auto parameters = tests::shared_parameters(authority);
    parameters.approved_cas[0].top.certificate = authority.certificate().pem();
    CHECK(tests::trust_of(parameters)->issuer_of(authority.issue_signing(owner).certificate, "TEST"));
}

TEST_CASE("freshness and settings are those of the own instance") {
    const CertificateAuthority authority;
    auto own = tests::shared_parameters(authority), other = tests::shared_parameters(authority, nullptr, "ELSE");
    own.ocsp_freshness_seconds = 111;
    other.ocsp_freshness_seconds = 222;
    CHECK(Trust::build("TEST", {other, own})->ocsp_freshness_seconds() == 111);
    CHECK(Trust::build("ELSE", {other, own})->ocsp_freshness_seconds() == 222);
    CHECK(Trust::build("NONE", {other, own})->ocsp_freshness_seconds() == 3600);
    CHECK(Trust::build("TEST", {own})->optional().verify_next_update);
    CHECK(Trust::build("TEST", {own})->instance("TEST"));
    CHECK_FALSE(Trust::build("TEST", {own})->instance("ELSE"));
}

TEST_CASE("a responder configured for a certificate counts wherever that certificate is approved") {
    const CertificateAuthority authority;
    auto without = tests::shared_parameters(authority, nullptr, "ELSE");
    without.approved_cas[0].top.ocsp.clear();
    const auto trust = Trust::build("TEST", {tests::shared_parameters(authority), without});
    const auto* found = trust->issuer_of(authority.issue_signing(owner).certificate, "ELSE");
    REQUIRE(found);
    CHECK(found->responders.size() == 1);
    CHECK(found->ocsp_urls.empty());
}
