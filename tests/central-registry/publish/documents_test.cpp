// What the state says to servers.
#include "central-registry/publish/documents.hpp"

#include "certs/keys/digest.hpp"
#include "schemas/xml/document.hpp"
#include "tests/central-registry/sample.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace onceway;
using namespace onceway::central;
using namespace onceway::central::tests;

namespace {

const OwnCertificates own{{"internal 1", "internal 2"}, {"external"}, "door"};

void check_against(const char* schema_file, const Octets& text) {
    const auto schema =
        must(xml::Schema::compile_file(std::string(ONCEWAY_SOURCE_DIR) + "/schemas/published/" + schema_file));
    const auto document = must(xml::Document::parse(text));
    const auto valid = schema.validate(document);
    CHECK_MESSAGE(valid, valid.error().detail);
}

}  // namespace

TEST_CASE("GC-14: what is published in version 6 is read in version 6 and fits its schema") {
    const auto shared = registry::write_shared_parameters(shared_parameters(sample_state(), own));
    const auto secret = registry::write_private_parameters(must(private_parameters(sample_state(), own)));
    check_against("shared-parameters-v6.xsd", shared);
    check_against("private-parameters-v3.xsd", secret);
    CHECK(must(registry::read_shared_parameters(shared, 6)).instance == "TEST");
    CHECK(must(registry::read_private_parameters(secret, 6)).instance == "TEST");
}

TEST_CASE("GC-42: an authentication certificate is published as the SHA-256 of its DER") {
    const auto shared = shared_parameters(sample_state(), own);
    const auto& server = shared.servers.at(1);
    CHECK(server.id.code == "SS1");
    REQUIRE(server.auth_certificate_hashes.size() == 1);
    CHECK(server.auth_certificate_hashes[0] == keys::sha256(sample_certificates().server.certificate.der()));
    CHECK(server.auth_certificate_hashes[0].size() == 32);
}

TEST_CASE("GC-43: the source lists the registry's address, and all its internal and external certificates") {
    const auto shared = shared_parameters(sample_state(), own);
    REQUIRE(shared.sources.size() == 1);
    CHECK(shared.sources[0].address == "127.0.0.1:8880");
    CHECK(shared.sources[0].internal_certificates == own.internal);
    CHECK(shared.sources[0].external_certificates == own.external);
}

TEST_CASE("GC-45: the owner is never a client, every reference resolves, and an owner is a member") {
    const auto text = registry::write_shared_parameters(shared_parameters(sample_state(), own));
    const auto document = must(xml::Document::parse(text));
    const auto ids_of = [&](const char* name) {
        std::set<std::string> ids;
        for (const auto& element : document.find("", name)) ids.insert(*element.attribute("id"));
        return ids;
    };
    const auto members = ids_of("member"), subsystems = ids_of("subsystem");
    for (const auto& server : document.find("", "securityServer")) {
        const auto owner = must(server.child("", "owner")->text());
        CHECK(members.contains(owner));
        for (const auto& element : server.children("", "client")) {
            const auto id = must(element.text());
            CHECK(id != owner);
            CHECK((members.contains(id) || subsystems.contains(id)));
        }
    }
    CHECK_FALSE(document.has_duplicate_ids());
}

TEST_CASE("GC-46: members without servers are listed") {
    const auto shared = shared_parameters(sample_state(), own);
    CHECK(std::any_of(shared.members.begin(), shared.members.end(),
                      [](const registry::Member& member) { return member.id.member_code == "3000"; }));
}

TEST_CASE("GC-47: certificates of approved services are DER inside their Base64") {
    const auto text = registry::write_shared_parameters(shared_parameters(sample_state(), own));
    const auto& certificates = sample_certificates();
    for (const auto& certificate : {certificates.authority.certificate(),
                                    certificates.authority.responder().certificate, certificates.tsa.certificate})
        CHECK(contains(text, ">" + to_base64(certificate.der()) + "<"));
    CHECK_FALSE(contains(text, to_base64("-----BEGIN").substr(0, 12)));
}

TEST_CASE("the owners of servers are a group that keeps itself") {
    const auto owners = shared_parameters(sample_state(), own).groups.at(0);
    CHECK(owners.code == "security-server-owners");
    CHECK(owners.members == std::vector{client("COM", "2000"), client("GOV", "1000")});
    auto state = sample_state();
    state.servers.pop_back();
    CHECK(shared_parameters(state, own).groups.at(0).members == std::vector{client("COM", "2000")});
}

TEST_CASE("GC-49: without management provider there are no private parameters, and the reason says what to do") {
    auto state = sample_state();
    state.management.provider.reset();
    const auto refused = private_parameters(state, own);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == FaultCode::invalid_argument);
    CHECK(contains(refused.error().detail, "provider = "));
}

TEST_CASE("the management service has the address and certificate that were declared, or those of the registry") {
    const auto derived = must(private_parameters(sample_state(), own));
    CHECK(derived.management_url == "https://127.0.0.1:4001/managementservice/");
    CHECK(derived.management_certificate == "door");
    auto state = sample_state();
    state.management.url = "https://other.test/managementservice/";
    state.management.certificate = "leaf";
    const auto declared = must(private_parameters(state, own));
    CHECK(declared.management_url == "https://other.test/managementservice/");
    CHECK(declared.management_certificate == "leaf");
}
