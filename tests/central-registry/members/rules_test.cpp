// What a declared state may not be.
#include "central-registry/members/rules.hpp"

#include "tests/central-registry/sample.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace onceway;
using namespace onceway::central;
using namespace onceway::central::tests;

TEST_CASE("the sample state may be") {
    const auto allowed = check(sample_state());
    CHECK_MESSAGE(allowed, allowed.error().detail);
}

TEST_CASE("a state is refused, with its reason, when it has") {
    const auto& certificates = sample_certificates();
    struct {
        const char* what;
        std::function<void(State&)> change;
        std::string_view says;
    } const wrong[] = {
        {"an instance with '='", [](State& s) { s.instance = "A=B"; }, "instance"},
        {"an instance that is empty", [](State& s) { s.instance = ""; }, "instance"},
        {"an address with scheme", [](State& s) { s.publication.address = "http://x"; }, "address"},
        {"an address with path", [](State& s) { s.publication.https_address = "x/y"; }, "address"},
        {"an interval longer than the validity", [](State& s) { s.publication.every = s.publication.valid * 2; },
         "expires"},
        {"a validity of a month", [](State& s) { s.publication.valid = std::chrono::hours(24 * 30); }, "week"},
        {"no freshness", [](State& s) { s.ocsp_freshness_seconds = 0; }, "freshness"},
        {"a member of an unknown class", [](State& s) { s.member_classes.erase("COM"); }, "does not list"},
        {"a member code with a slash", [](State& s) { s.members[0].id.member_code = "a/b"; }, "member code"},
        {"a member code with an underscore", [](State& s) { s.members[0].id.member_code = "a_b"; }, "ASCII letters"},
        {"a member code of 256 characters", [](State& s) { s.members[0].id.member_code.assign(256, 'a'); }, "255"},
        {"a member without name", [](State& s) { s.members[0].name.clear(); }, "no name"},
        {"a member twice", [](State& s) { s.members.push_back(s.members[0]); }, "twice"},
        {"a subsystem twice", [](State& s) { s.members[2].subsystems.push_back({"roads", {}}); }, "twice"},
        {"a server whose owner is no member", [](State& s) { s.servers[0].id.owner.member_code = "none"; },
         "no member"},
        {"a server twice", [](State& s) { s.servers.push_back(s.servers[0]); }, "twice"},
        {"a server with a port in its address", [](State& s) { s.servers[0].address = "ss1:5500"; }, "without port"},
        {"a server with a scheme in its address", [](State& s) { s.servers[0].address = "https://ss1"; }, "scheme"},
        {"a server that lists its owner", [](State& s) { s.servers[1].clients.push_back(client("GOV", "1000")); },
         "owner is one anyway"},
        {"a server with an unknown client", [](State& s) { s.servers[1].clients.push_back(client("COM", "9")); },
         "no member or subsystem"},
        {"a server with a client twice", [](State& s) { s.servers[1].clients.push_back(s.servers[1].clients[0]); },
         "twice"},
        {"one certificate for two servers", [](State& s) { s.servers[0].certificates = s.servers[1].certificates; },
         "elsewhere"},
        {"a signing certificate for a server",
         [&](State& s) { s.servers[0].certificates = {certificates.signing.certificate.der()}; }, "no authentication"},
        {"a certificate that is none", [](State& s) { s.servers[0].certificates = {"x"}; }, "server"},
        {"a certification service whose certificate is no authority's",
         [&](State& s) { s.certification_services[0].top.certificate = certificates.server.certificate.der(); },
         "authority"},
        {"two certification services of one name",
         [](State& s) { s.certification_services.push_back(s.certification_services[0]); }, "name of its own"},
        {"two approved certificates with one subject",
         [](State& s) {
             auto again = s.certification_services[0];
             again.name = "Other";
             s.certification_services.push_back(again);
         },
         "only one of them"},
        {"a certification service without profile", [](State& s) { s.certification_services[0].profile.clear(); },
         "profile"},
        {"an OCSP responder at no address", [](State& s) { s.certification_services[0].top.ocsp[0].url = "ftp://x"; },
         "OCSP"},
        {"a time-stamping service at no address", [](State& s) { s.time_stamping_services[0].url = "tsa"; },
         "time-stamping"},
        {"a time-stamping service twice",
         [](State& s) { s.time_stamping_services.push_back(s.time_stamping_services[0]); }, "of its own"},
        {"the owners' group", [](State& s) { s.groups.push_back({"security-server-owners", "", {}}); },
         "by the registry itself"},
        {"a group twice", [](State& s) { s.groups.push_back({"partners", "", {}}); }, "twice"},
        {"a group with an unknown member", [](State& s) { s.groups[0].members.push_back(client("GOV", "9")); },
         "no member or subsystem"},
        {"a group with a member twice", [](State& s) { s.groups[0].members.push_back(client("COM", "2000")); },
         "twice"},
        {"a management provider that nobody is",
         [](State& s) { s.management.provider = client("GOV", "1000", "none"); }, "provider"},
        {"a management address that is none", [](State& s) { s.management.url = "registry"; }, "management.url"},
    };
    for (const auto& [what, change, says] : wrong) SUBCASE(what) {
            auto state = sample_state();
            change(state);
            const auto allowed = check(state);
            REQUIRE_FALSE(allowed);
            CHECK(allowed.error().code == FaultCode::invalid_argument);
            CHECK_MESSAGE(contains(allowed.error().detail, says), allowed.error().detail);
        }
}
