// A registry of a test's own: a valid state of two members, and the folder it lives in.
#pragma once

#include "central-registry/admin/publishing.hpp"
#include "central-registry/approvals/decisions.hpp"
#include "central-registry/members/database.hpp"
#include "central-registry/members/state.hpp"
#include "central-registry/trust/key_ring.hpp"
#include "central-registry/trust/secret.hpp"
#include "central-registry/trust/signing_keys.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

namespace onceway::central::tests {

using namespace onceway::tests;

inline identity::ClientId client(const char* member_class, const char* code,
                                 std::optional<std::string> subsystem = {}) {
    return {"TEST", member_class, code, std::move(subsystem)};
}

/// Certificates of the sample state, made once.
struct SampleCertificates {
    CertificateAuthority authority{"Sample CA"};
    Identity server = authority.issue_authentication("ss1.test"),
             other_server = authority.issue_authentication("ss2.test");
    Identity signing = authority.issue_signing({"TEST", "GOV", "1000"});
    Identity tsa = authority.issue_time_stamper("Sample TSA");
};
inline const SampleCertificates& sample_certificates() {
    static const SampleCertificates certificates;
    return certificates;
}

/// Two members with a server each; the first one manages.
inline State sample_state() {
    const auto& certificates = sample_certificates();
    State state;
    state.instance = "TEST";
    state.publication.address = "127.0.0.1:8880";
    state.publication.https_address = "127.0.0.1:8843";
    state.management.provider = client("GOV", "1000", "MANAGEMENT");
    state.member_classes = {{"GOV", "Government"}, {"COM", "Companies"}};
    state.members = {{{"TEST", "GOV", "1000"}, {}, "Registry", {{"MANAGEMENT", "Management services"}, {"roads", {}}}},
                     {{"TEST", "COM", "2000"}, {}, "Company", {{"app", {}}}},
                     {{"TEST", "COM", "3000"}, {}, "Without server", {}}};
    state.servers = {
        {{{"TEST", "GOV", "1000"}, "SS1"},
         "ss1.test",
         {certificates.server.certificate.der()},
         {client("GOV", "1000", "roads"), client("COM", "2000", "app")},
         {}},
        {{{"TEST", "COM", "2000"}, "SS2"}, "127.0.0.2", {certificates.other_server.certificate.der()}, {}, "Noon"}};
    registry::ApprovedCa ca;
    ca.name = "Sample CA";
    ca.top = {certificates.authority.certificate().der(),
              {{"http://127.0.0.1:1/ocsp", certificates.authority.responder().certificate.der(), "FREE"}}};
    ca.profile = std::string(basic_profile);
    state.certification_services = {ca};
    state.time_stamping_services = {
        {"Sample TSA", "http://127.0.0.1:2/tsa", certificates.tsa.certificate.der(), "PAID"}};
    state.groups = {{"partners", "Partners", {client("COM", "2000"), client("GOV", "1000", "roads")}}};
    put_in_order(state);
    return state;
}

/// A registry on disk with keys of P-256, which cost less than RSA, and without any state of its own but its instance.
class SampleRegistry {
public:
    explicit SampleRegistry(keys::KeyFamily family = keys::KeyFamily::ec) {
        place.folder = folder.path() / "registry";
        std::filesystem::copy(family == keys::KeyFamily::ec ? pattern().path() : rsa_pattern().path(), place.folder);
        ring.emplace(place.secret());
        database = must(open_database(place.folder));
    }

    Outcome decide_for(State state) {
        return must(decide(*database, std::move(state), "tester", Clock::system().now()));
    }
    Published publish(Instant now = Clock::system().now()) { return must(publish_state(*database, place, *ring, now)); }
    std::string published(const std::filesystem::path& name) const { return contents_of(place.published() / name); }

    TemporaryFolder folder;
    Place place;
    std::optional<KeyRing> ring;
    std::optional<store::Database> database;

private:
    /// Keys cost time, so each kind of registry is made once and copied.
    static void make(const TemporaryFolder& folder, keys::KeyFamily family) {
        const Place place{folder.path(), {}};
        const auto secret = must(make_secret(place.secret()));
        auto database = must(open_database(place.folder));
        for (const auto purpose : {Purpose::internal, Purpose::external, Purpose::tls})
            must(make_key(database, purpose, family, "127.0.0.1", secret, Clock::system().now()));
    }
    static const TemporaryFolder& pattern() {
        static const TemporaryFolder folder;
        static const bool made = (make(folder, keys::KeyFamily::ec), true);
        static_cast<void>(made);
        return folder;
    }
    static const TemporaryFolder& rsa_pattern() {
        static const TemporaryFolder folder;
        static const bool made = (make(folder, keys::KeyFamily::rsa), true);
        static_cast<void>(made);
        return folder;
    }
};

}  // namespace onceway::central::tests
