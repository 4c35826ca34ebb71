// A registry at work: it notices decisions, and keeps what is out when it cannot publish.
#include "central-registry/admin/service.hpp"

#include "certs/channel/client.hpp"
#include "schemas/registry/documents.hpp"
#include "tests/central-registry/http.hpp"
#include "tests/central-registry/sample.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::central;
using namespace onceway::central::tests;

namespace {

registry::SharedParameters downloaded(const Service& service) {
    const auto directory = must(registry::read_directory(get(service.http_url(), "/externalconf?version=6").body));
    return must(registry::read_shared_parameters(get(service.http_url(), directory.parts.at(0).location).body, 6));
}

}  // namespace

TEST_CASE("a decision is published at the next look, and nothing is before its time") {
    SampleRegistry registry;
    registry.decide_for(sample_state());
    const auto service = must(Service::start(registry.place, {"127.0.0.1:0", ""}));
    CHECK(service->instance() == "TEST");
    CHECK(service->https_url().empty());
    const auto first = registry.published("V6/internalconf");
    service->look();
    CHECK(registry.published("V6/internalconf") == first);

    auto state = sample_state();
    state.members[2].name = "Renamed";
    registry.decide_for(state);
    service->look();
    CHECK(registry.published("V6/internalconf") != first);
    CHECK(downloaded(*service).members.at(2).name == "Renamed");
    service->stop();
}

TEST_CASE("a decision that cannot be published leaves the former configuration out, and the next one replaces it") {
    SampleRegistry registry;
    registry.decide_for(sample_state());
    const auto service = must(Service::start(registry.place, {"127.0.0.1:0", ""}));
    const auto first = registry.published("V6/internalconf");
    auto state = sample_state();
    state.management.provider.reset();
    registry.decide_for(state);
    service->look();
    CHECK(get(service->http_url(), "/internalconf?version=6").body == first);
    state = sample_state();
    state.members[2].name = "Renamed";
    registry.decide_for(state);
    service->look();
    CHECK(downloaded(*service).members.at(2).name == "Renamed");
}

TEST_CASE("HTTPS serves the same as HTTP, with the certificate of the registry") {
    SampleRegistry registry;
    registry.decide_for(sample_state());
    const auto service = must(Service::start(registry.place, {"127.0.0.1:0", "127.0.0.1:0"}));
    const auto own = must(x509::Certificate::from_der(own_certificates(*registry.database).tls));
    channel::FetchRequest request;
    request.url = must(channel::Url::parse(service->https_url() + "/internalconf?version=6"));
    request.tls = must(channel::TlsContext::service_client({own}, nullptr));
    const auto answer = onceway::tests::run(channel::fetch(request));
    REQUIRE_MESSAGE(answer, answer.error().detail);
    CHECK(answer->status == 200);
    CHECK(answer->body == registry.published("V6/internalconf"));
}

TEST_CASE("a registry does not start, and says why, when") {
    SampleRegistry registry;
    registry.decide_for(sample_state());
    SUBCASE("there is none") {
        const auto service = Service::start({registry.folder / "none", {}}, {"127.0.0.1:0", ""});
        REQUIRE_FALSE(service);
        CHECK(service.error().code == FaultCode::not_found);
        CHECK(contains(service.error().detail, "init"));
    }
    SUBCASE("its port is taken") {
        const auto first = must(Service::start(registry.place, {"127.0.0.1:0", ""}));
        const auto taken = first->http_url().substr(7);
        const auto service = Service::start(registry.place, {taken, ""});
        REQUIRE_FALSE(service);
        CHECK(service.error().code == FaultCode::network_error);
    }
    SUBCASE("its address is none") {
        const auto service = Service::start(registry.place, {"everywhere", ""});
        REQUIRE_FALSE(service);
    }
    SUBCASE("the passphrase is wrong") {
        write_file(registry.place.secret(), "wrong\n");
        const auto service = Service::start(registry.place, {"127.0.0.1:0", "127.0.0.1:0"});
        REQUIRE_FALSE(service);
        CHECK(service.error().code == FaultCode::pin_incorrect);
    }
}
