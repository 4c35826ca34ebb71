// What an operator asks of the internal certificate and hears of time-stamps, as requests and in the health of a
// server.
#include "security-server/admin/internal_tls_requests.hpp"
#include "security-server/admin/health.hpp"
#include "tests/security-server/admin/given_responder.hpp"
#include "tests/security-server/records/samples.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <boost/json.hpp>

using namespace onceway;
using namespace onceway::tests;
namespace json = boost::json;

namespace {

/// A server with its internal certificate, asked as an operator asks.
struct Office : KeyWorld {
    Office() {
        set_up();
        must(admin::make_internal_tls(file, clock.now()));
    }
    Result<json::object> ask(const json::object& request) {
        const auto answered = json::parse(administration.answer(json::serialize(request))).as_object();
        if (answered.at("ok").as_bool()) return answered;
        return fault(FaultCode::invalid_request, std::string(answered.at("detail").as_string()));
    }
    admin::ServerFile file = must(admin::read_server_file(
        "[server]\nid = \"TEST/GOV/HOME/ss1\"\n[listen]\ninside = \"127.0.0.1\"\noutside = \"127.0.0.1\"\n",
        folder.path()));
    std::unique_ptr<admin::StateStore> state = must(admin::StateStore::open(folder / "server.db", server, clock));
    admin::InternalTls tls{file, clock};
    admin::Administration administration{
        admin::Administered{file, clock, *state, *keys, view, nullptr, nullptr, nullptr, nullptr, &tls}};
};

}  // namespace

TEST_CASE("the internal certificate is shown, renewed, requested and imported on request") {
    Office office;
    const auto shown = must(office.ask({{"do", "internal_tls.show"}}));
    const auto& certificate = shown.at("certificate").as_object();
    CHECK(certificate.at("subject").as_string() == "CN=ss1");
    CHECK(certificate.at("self_signed").as_bool());
    CHECK(certificate.at("days_left").to_number<int>() == 3652);
    CHECK_FALSE(shown.at("waiting").as_bool());
    CHECK(must(x509::Certificate::from_pem_or_der(Octets(shown.at("chain").as_string()))) ==
          office.tls.current()->chain.front());

    const auto renewed = must(office.ask({{"do", "internal_tls.renew"}}));
    CHECK(renewed.at("chain").as_string() != shown.at("chain").as_string());

    const auto csr = must(office.ask({{"do", "internal_tls.csr"}, {"name", "ss1.example"}, {"address", "127.0.0.9"}}));
    CHECK(must(office.ask({{"do", "internal_tls.show"}})).at("waiting").as_bool());
    const auto request = must(x509::read_request(Octets(csr.at("csr").as_string())));
    CHECK(request.subject == x509::Subject{{"CN", "ss1.example"}});
    x509::Issue wanted;
    wanted.subject = request.subject;
    wanted.spki = request.spki;
    wanted.profile = x509::Profile::tls_server;
    wanted.not_before = test_time() - std::chrono::hours(24);
    wanted.not_after = test_time() + std::chrono::hours(240);
    const CertificateAuthority issuer("Issuer");
    const auto issued = must(x509::issue(wanted, &issuer.certificate(), *issuer.identity().key));
    const auto imported = must(office.ask({{"do", "internal_tls.import"}, {"chain", to_base64(issued.der())}}));
    CHECK(contains(std::string(imported.at("certificate").as_object().at("issuer").as_string()), "CN=Issuer"));
    CHECK_FALSE(imported.at("waiting").as_bool());
}

TEST_CASE("a request about the internal certificate is refused, with its reason, when") {
    Office office;
    const std::tuple<const char*, json::object, std::string_view> rows[] = {
        {"there is no such request", {{"do", "internal_tls.burn"}}, "not known"},
        {"the certificate is none", {{"do", "internal_tls.import"}, {"chain", "-----BEGIN"}}, "Importing"},
        {"it is neither PEM nor DER", {{"do", "internal_tls.import"}, {"chain", "?"}}, "neither PEM nor DER"},
        {"the address is none", {{"do", "internal_tls.csr"}, {"address", "a b"}}, "a b"},
    };
    for (const auto& [when, request, says] : rows) {
        CAPTURE(when);
        const auto answer = office.ask(request);
        REQUIRE_FALSE(answer);
        CHECK_MESSAGE(contains(answer.error().detail, says), answer.error().detail);
    }
    std::filesystem::remove(office.file.tls_certificate());
    admin::InternalTls empty(office.file, office.clock);
    const auto missing = admin::answer_internal_tls("internal_tls.show", {}, empty, test_time());
    REQUIRE_FALSE(missing);
    CHECK(contains(missing.error().detail, "internal.pem"));
    CHECK(admin::answer_internal_tls("internal_tls.renew", {}, empty, test_time()));  // makes what is missing
}

TEST_CASE(
    "health tells which time-stamping authorities are asked, which nobody approved, and until when stamps serve") {
    Office office;
    const SealingMember member;
    const auto log = open_log(office.folder / "log");
    registry_view::GivenView view;
    auto snapshot = std::make_shared<registry_view::Snapshot>();
    snapshot->trust = member.trust();
    snapshot->expires = test_time() + std::chrono::hours(24);
    view.set(snapshot);
    append(*log, sealed(request("m"), member));
    records::Timestamper::Settings settings;
    settings.authorities = {"http://nobody", "http://elsewhere"};
    const records::AskAuthority silent = [](std::string, Octets) -> Async<Octets> {
        co_return fault(FaultCode::mlog_timestamp_provider_connection_failed, "silent");
    };
    records::Timestamper stamper(*log, view, office.clock, settings, silent);
    REQUIRE_FALSE(outcome_of(stamper.run_once()));

    access::Client client{.id = {"TEST", "GOV", "HOME", "people"}};
    client.services = {{.code = "open", .url = "https://127.0.0.1/", .verify_certificate = false},
                       {.code = "pinned", .url = "https://127.0.0.1/"},
                       {.code = "plain", .url = "http://127.0.0.1/"}};
    must(office.state->apply({.revision = 0, .clients = {client}}, 0));
    const auto health = admin::health_of(admin::Administered{office.file, office.clock, *office.state, *office.keys,
                                                             office.view, nullptr, log.get(), &stamper});
    const auto& stamping = health.at("time_stamping").as_object();
    CHECK(json::serialize(stamping.at("in_order")) == R"(["http://nobody","http://elsewhere"])");
    CHECK(stamping.at("stamp_before").as_string() == "2026-02-02T11:15:30Z");
    CHECK(stamping.at("failing_since").as_string() == "2026-02-02T10:15:30Z");
    const auto warnings = json::serialize(health.at("warnings"));
    CHECK(contains(warnings, "time_stamping_authority_unknown"));
    CHECK(contains(warnings, "http://elsewhere"));
    CHECK(contains(warnings, "The service pinned of"));
    CHECK_FALSE(contains(warnings, "The service open of"));
    CHECK_FALSE(contains(warnings, "The service plain of"));
    CHECK(health.at("state").as_object().at("unverified_services").to_number<int>() == 1);
}
