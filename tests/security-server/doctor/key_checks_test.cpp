#include "security-server/doctor/checks.hpp"

#include "security-server/admin/internal_tls.hpp"
#include "tests/security-server/admin/given_responder.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace onceway;
using namespace onceway::tests;
using doctor::Finding;
using doctor::Turn;
using doctor::Verdict;

namespace {

/// Keys and certificates on disk, looked at as those of a server that runs with its keys unlocked.
struct KeyCheckWorld : KeyWorld {
    admin::ServerFile file = must(admin::read_server_file(
        "[server]\nid = \"TEST/GOV/HOME/ss1\"\n[listen]\ninside = \"127.0.0.1\"\noutside = \"127.0.0.1\"\n",
        folder.path()));
    std::optional<access::State> state = access::State{};
    bool unlocked = true;

    KeyCheckWorld() {
        set_up();
        must(admin::make_internal_tls(file, clock.now()));
    }
    std::vector<Finding> findings() {
        doctor::Patient patient(file, clock);
        patient.running = true;
        patient.status = {{"keys", {{"unlocked", unlocked}}}};
        patient.state = state;
        patient.keys = must(keys::SoftwareToken::open(folder / "keys")).list();
        return doctor::key_findings(patient, view.current());
    }
    /// The findings that are not well; none when all is.
    std::vector<Finding> bad() {
        auto all = findings();
        std::erase_if(all, [](const Finding& one) { return one.good(); });
        return all;
    }
    /// The only finding that is not well.
    Finding only() {
        const auto all = bad();
        REQUIRE(all.size() == 1);
        return all.front();
    }
};

}  // namespace

TEST_CASE("keys in order have no complaint, and each check is named") {
    KeyCheckWorld world;
    const auto findings = world.findings();
    CHECK(world.bad().empty());
    for (const char* name : {"token", "internal_tls", "certificate", "registration"})
        CHECK(std::ranges::count(findings, name, &Finding::check) >= 1);
    CHECK(contains(findings.back().found, "is registered"));
}

TEST_CASE("one thing wrong with the keys is one finding, with whose turn it is, when") {
    KeyCheckWorld world;
    struct Expected {
        std::string_view check;
        Verdict verdict;
        Turn turn;
        std::string_view found;
    };
    const auto says = [&](const Expected& expected) {
        const auto finding = world.only();
        CHECK(finding.check == expected.check);
        CHECK(finding.verdict == expected.verdict);
        CHECK(finding.turn == expected.turn);
        CHECK_MESSAGE(contains(finding.about + ' ' + finding.found, expected.found), finding.found);
    };
    SUBCASE("they are locked") {
        world.unlocked = false;
        says({"token", Verdict::failed, Turn::here, "locked"});
    }
    SUBCASE("the authentication certificate is not registered") {
        world.shared.servers.front().auth_certificate_hashes.clear();
        world.publish();
        says({"registration", Verdict::failed, Turn::registry, "is not registered for this server"});
    }
    SUBCASE("the registry does not know the server") {
        world.shared.servers.clear();
        world.publish();
        says({"registration", Verdict::failed, Turn::registry, "does not know this server"});
    }
    SUBCASE("a client's member has no signing certificate") {
        world.state->clients.push_back({.id = {"TEST", "GOV", "HEALTH", "records"}});
        says({"signer", Verdict::failed, Turn::here, "TEST/GOV/HEALTH"});
    }
    SUBCASE("a key has no certificate yet") {
        world.make_key(keys::KeyUsage::signing, world.server.owner.url());
        says({"certificate", Verdict::warning, Turn::here, "has no certificate"});
    }
    SUBCASE("an authority of the same name, with another key, signed a certificate") {
        const CertificateAuthority impostor;
        const auto key = world.make_key(keys::KeyUsage::signing, world.server.owner.url());
        const x509::Subject subject{{"C", "ZA"}, {"businessCategory", "GOV"}, {"serialNumber", "HOME"}};
        must(world.keys->import(world.certify(key, x509::Profile::signing, subject, &impostor.identity())));
        says({"certificate", Verdict::failed, Turn::authority, ""});
    }
}

TEST_CASE("certificates that end soon are a warning, ended ones a failure") {
    KeyCheckWorld world;
    world.clock.advance(std::chrono::hours(24 * 75));
    for (const auto& finding : world.bad()) {
        CHECK(finding.verdict == Verdict::warning);
        CHECK(contains(finding.found, "25 days left"));
        CHECK(contains(finding.next, "Make a key"));
    }
    CHECK(world.bad().size() == 2);
    world.clock.advance(std::chrono::hours(24 * 30));
    const auto ended = world.bad();
    CHECK(std::ranges::count_if(ended, [](const Finding& one) {
              return one.check == "certificate" && one.verdict == Verdict::failed && contains(one.found, "It ended");
          }) == 2);
}
