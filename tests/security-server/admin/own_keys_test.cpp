#include "security-server/admin/own_keys.hpp"

#include "security-server/admin/key_picture.hpp"
#include "tests/security-server/admin/given_responder.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// Why the owner's signing key cannot be used now; empty when it can.
std::string signing_trouble(KeyWorld& world) {
    const auto key = world.keys->signing_key(world.server.owner);
    if (key) return {};
    CHECK(key.error().code == FaultCode::cannot_create_signature);
    return key.error().detail;
}

}  // namespace

TEST_CASE("a signing key is handed out with its certificate and a fresh OCSP answer") {
    KeyWorld world;
    world.set_up();
    const auto key = world.keys->signing_key(world.server.owner);
    REQUIRE_MESSAGE(key, key.error().detail);
    CHECK((*key)->certificate == *world.signing);
    CHECK((*key)->intermediates.empty());
    REQUIRE((*key)->ocsp.size() == 1);
    CHECK(must(x509::ocsp_matches((*key)->ocsp[0], *world.signing, world.authority.certificate())));

    const auto identity = world.keys->authentication();
    REQUIRE(identity);
    CHECK(identity->chain == std::vector{*world.authentication});
    const auto proofs = must(world.keys->authentication_ocsp());
    CHECK(proofs->size() == 1);
    CHECK(must(world.keys->authentication_ocsp()) == proofs);
}

TEST_CASE("a signing key is the same object until anything about it is another") {
    KeyWorld world;
    world.set_up();
    const auto now = [&] { return must(world.keys->signing_key(world.server.owner)); };
    const auto first = now();
    CHECK(now() == first);
    world.clock.advance(std::chrono::minutes(30));
    CHECK(now() == first);
    SUBCASE("an answer that was fetched since") {
        world.fetch();
        CHECK(now() != first);
        CHECK(now()->ocsp != first->ocsp);
    }
    SUBCASE("a configuration that was published since") {
        world.publish();
        CHECK(now() != first);
        CHECK(now()->ocsp == first->ocsp);
    }
    SUBCASE("keys that were looked at again") {
        world.keys->look_again();
        CHECK(now() != first);
    }
    const auto last = now();
    CHECK(now() == last);
}

TEST_CASE("a signing key is refused, with what to do, when") {
    KeyWorld world;
    world.set_up();
    REQUIRE(signing_trouble(world).empty());
    SUBCASE("the member has none") {
        const auto refused = world.keys->signing_key({"TEST", "GOV", "OTHER"});
        REQUIRE_FALSE(refused);
        CHECK(contains(refused.error().detail, "no signing certificate of MEMBER:TEST/GOV/OTHER"));
    }
    SUBCASE("the keys are locked") {
        world.restart();
        CHECK(contains(signing_trouble(world), "onceway-server key unlock"));
        must(world.keys->unlock(KeyWorld::pin));
        CHECK(signing_trouble(world).empty());
    }
    SUBCASE("its certificate expired") {
        world.clock.advance(std::chrono::hours(24 * 101));
        world.keys->look_again();
        CHECK(contains(signing_trouble(world), "expired at"));
    }
    SUBCASE("its certificate was revoked") {
        world.responder.status = x509::Revocation::revoked;
        world.clock.advance(std::chrono::minutes(30));
        world.fetch();
        CHECK(contains(signing_trouble(world), "revoked"));
    }
    SUBCASE("its issuer is no longer approved") {
        world.shared.approved_cas.clear();
        world.publish();
        CHECK_FALSE(signing_trouble(world).empty());
    }
}

TEST_CASE("GC-55: an authority approved for authentication only gives no signing certificate") {
    KeyWorld world;
    world.set_up();
    world.shared.approved_cas[0].authentication_only = true;
    world.publish();
    CHECK_FALSE(signing_trouble(world).empty());
    CHECK(world.keys->authentication());
    const auto key = world.make_key(keys::KeyUsage::signing, world.server.owner.url());
    const auto refused = world.keys->import(world.certify_signing(key, world.server.owner));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == FaultCode::wrong_cert_usage);
}

TEST_CASE("GC-57: an OCSP answer older than the configuration allows, by thisUpdate, is not handed out") {
    KeyWorld world;
    world.shared.ocsp_freshness_seconds = 600;
    world.set_up();
    CHECK(signing_trouble(world).empty());
    world.clock.advance(std::chrono::seconds(600));
    CHECK(signing_trouble(world).empty());
    world.clock.advance(std::chrono::seconds(1));
    CHECK(contains(signing_trouble(world), "no fresh OCSP answer"));
    SUBCASE("not even when it was fetched just now") {
        world.responder.age = std::chrono::seconds(700);
        world.fetch();
        CHECK(contains(signing_trouble(world), "no fresh OCSP answer"));
    }
    SUBCASE("a new one heals") {
        world.fetch();
        CHECK(signing_trouble(world).empty());
    }
    SUBCASE("a configuration that allows more makes it fresh again") {
        world.shared.ocsp_freshness_seconds = 3600;
        world.publish();
        CHECK(signing_trouble(world).empty());
    }
}

TEST_CASE("GC-64: an import is refused when") {
    KeyWorld world;
    world.set_up();
    const auto key = world.make_key(keys::KeyUsage::signing, world.server.owner.url());
    SUBCASE("a signing certificate names another member") {
        const auto refused = world.keys->import(world.certify_signing(key, {"TEST", "GOV", "OTHER"}));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::incorrect_certificate);
        CHECK(contains(refused.error().detail,
                       "names MEMBER:TEST/GOV/OTHER, but its key was made for MEMBER:TEST/GOV/HOME"));
    }
    SUBCASE("the key is of the other usage") {
        const auto refused = world.keys->import(world.certify(key, x509::Profile::authentication, {{"CN", "x"}}));
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::wrong_cert_usage);
    }
    SUBCASE("the key is not of this token") {
        const auto refused = world.keys->import(world.authority.issue_signing(world.server.owner).certificate);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::key_not_found);
    }
    SUBCASE("the issuer is not approved") {
        const CertificateAuthority foreign("Foreign CA");
        const auto certificate = world.certify(
            key, x509::Profile::signing, {{"businessCategory", "GOV"}, {"serialNumber", "HOME"}}, &foreign.identity());
        const auto refused = world.keys->import(certificate);
        REQUIRE_FALSE(refused);
        CHECK(contains(refused.error().detail, "no approved authority"));
    }
    SUBCASE("it names the member: then it is taken") {
        CHECK(world.keys->import(world.certify_signing(key, world.server.owner)));
    }
    CHECK(signing_trouble(world).empty());
}

TEST_CASE("GC-66: an unknown profile makes only its own authority's certificates unusable") {
    KeyWorld world;
    world.set_up();
    const CertificateAuthority odd("Odd CA");
    auto second = shared_parameters(odd).approved_cas[0];
    second.profile = "org.example.UnknownProfile";
    world.shared.approved_cas.push_back(second);
    world.publish();
    CHECK(signing_trouble(world).empty());
    const auto key = world.make_key(keys::KeyUsage::signing, world.server.owner.url());
    const auto certificate = world.certify(key, x509::Profile::signing,
                                           {{"businessCategory", "GOV"}, {"serialNumber", "HOME"}}, &odd.identity());
    const auto refused = world.keys->import(certificate);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == FaultCode::internal_error);
}

TEST_CASE(
    "the registered authentication certificate is used before a newer one, which takes over once it is registered") {
    KeyWorld world;
    world.set_up();
    int changes = 0;
    world.keys->on_authentication_change([&] { ++changes; });
    const auto key = world.make_key(keys::KeyUsage::authentication);
    x509::Issue wanted{{{"CN", "next.test"}},
                       world.spki(key),
                       x509::Profile::authentication,
                       {},
                       test_time() - std::chrono::hours(1),
                       test_time() + std::chrono::hours(24),
                       {},
                       {}};
    const auto next = must(x509::issue(wanted, &world.authority.certificate(), *world.authority.identity().key));
    must(world.keys->import(next));
    CHECK(must(world.keys->authentication()).chain[0] == *world.authentication);
    CHECK(changes == 0);

    world.shared.servers[0].auth_certificate_hashes = {next.sha256()};
    world.publish();
    CHECK(must(world.keys->authentication()).chain[0] == next);
    CHECK(changes == 1);
}

TEST_CASE("unlocking tells that the authentication certificate is there") {
    KeyWorld world;
    world.set_up();
    world.restart();
    int changes = 0;
    world.keys->on_authentication_change([&] { ++changes; });
    CHECK_FALSE(world.keys->authentication());
    CHECK_FALSE(world.keys->unlock("wrong-pin"));
    CHECK(changes == 0);
    must(world.keys->unlock(KeyWorld::pin));
    CHECK(changes == 1);
    CHECK(world.keys->authentication());
}

TEST_CASE("the intermediates of an issuing authority go with the certificate, the top authority does not") {
    KeyWorld world;
    const CertificateAuthority issuing(world.authority, "Issuing CA");
    registry::CaCertificate intermediate{issuing.certificate().der(),
                                         {{"http://127.0.0.1:8889/", issuing.responder().certificate.der(), {}}}};
    world.shared.approved_cas[0].intermediates.push_back(intermediate);
    const auto key = world.make_key(keys::KeyUsage::authentication);
    const auto certificate =
        world.certify(key, x509::Profile::authentication, {{"CN", "home.test"}}, &issuing.identity());
    add_member(world.shared, identity::ClientId::of(world.server.owner));
    add_server(world.shared, world.server, certificate, {});
    world.publish();
    must(world.keys->import(certificate));
    const auto identity = world.keys->authentication();
    REQUIRE(identity);
    CHECK(identity->chain == std::vector{certificate, issuing.certificate()});
}

// --- answers kept fresh ---------------------------------------------------------------------------------------------

TEST_CASE("answers are asked for at the interval, or before half of their life is over, and not in between") {
    KeyWorld world;
    world.set_up();
    world.responder.asked.clear();
    world.fetch(std::chrono::seconds(1200));
    CHECK(world.responder.asked.empty());
    world.clock.advance(std::chrono::seconds(1199));
    world.fetch(std::chrono::seconds(1200));
    CHECK(world.responder.asked.empty());
    world.clock.advance(std::chrono::seconds(1));
    world.fetch(std::chrono::seconds(1200));
    CHECK(world.responder.asked.size() == 2);
    CHECK(world.responder.asked[0] == "POST http://127.0.0.1:8888/");

    SUBCASE("a long interval does not let an answer age") {
        world.responder.asked.clear();
        world.clock.advance(std::chrono::seconds(1801));  // half of the 3600 s that the configuration allows
        world.fetch(std::chrono::seconds(86'400));
        CHECK(world.responder.asked.size() == 2);
    }
}

TEST_CASE("answers survive a restart on disk, and a responder that is silent or lies is told apart") {
    KeyWorld world;
    world.set_up();
    world.responder.asked.clear();
    world.restart();
    must(world.keys->unlock(KeyWorld::pin));
    CHECK(signing_trouble(world).empty());
    CHECK(world.responder.asked.empty());

    world.clock.advance(std::chrono::hours(2));
    const auto asked = [&] { return run(world.ocsp->fetch(*world.signing)); };
    SUBCASE("silent") {
        world.responder.silent = true;
        const auto refused = asked();
        REQUIRE_FALSE(refused);
        CHECK(contains(refused.error().detail, "nobody listens there"));
    }
    SUBCASE("garbage") {
        world.responder.garbage = true;
        const auto refused = asked();
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::cert_validation);
    }
    SUBCASE("an answer about nothing") {
        world.responder.known.clear();
        CHECK_FALSE(asked());
    }
    SUBCASE("after the configuration has expired nobody is asked") {
        world.clock.advance(std::chrono::hours(24 * 366));
        world.responder.asked.clear();
        const auto refused = asked();
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::global_conf_outdated);
        CHECK(world.responder.asked.empty());
    }
    CHECK_FALSE(signing_trouble(world).empty());
}

TEST_CASE("port 5577 gives answers about our own certificates and the approved authorities', and about nobody else's") {
    KeyWorld world;
    world.set_up();
    world.responder.known.push_back(world.authority.certificate());
    const auto given = [&](const x509::Certificate& certificate) {
        return run(world.keys->ocsp_by_sha1(certificate.sha1()));
    };
    CHECK(given(*world.signing));
    CHECK(given(*world.authentication));
    const auto refused = given(CertificateAuthority("Nobody's CA").certificate());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == FaultCode::not_found);
    SUBCASE("what is not fresh is asked for at that moment") {
        world.clock.advance(std::chrono::hours(2));
        world.responder.asked.clear();
        CHECK(given(*world.authentication));
        CHECK(world.responder.asked.size() == 1);
        CHECK(given(*world.authentication));
        CHECK(world.responder.asked.size() == 1);
    }
}

TEST_CASE("the standing of every certificate says whom it signs for, whether it is registered, and what is wrong") {
    KeyWorld world;
    world.set_up();
    auto standings = world.keys->standings();
    REQUIRE(standings.size() == 2);
    for (const auto& standing : standings) {
        CHECK(standing.trouble.empty());
        REQUIRE(standing.ocsp);
        CHECK(standing.ocsp->verdict.status == x509::Revocation::good);
        if (standing.key.usage == keys::KeyUsage::signing)
            CHECK(standing.member == world.server.owner);
        else
            CHECK(standing.registered);
    }
    world.shared.servers.clear();
    world.publish();
    for (const auto& standing : world.keys->standings()) CHECK_FALSE(standing.registered);
}
