#include "security-server/doctor/checks.hpp"

#include "certs/channel/server.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace onceway;
using namespace onceway::tests;
using doctor::Finding;
using doctor::Turn;
using doctor::Verdict;

namespace {

boost::asio::awaitable<void> say_nothing(channel::Exchange&) { co_return; }

/// An information system that speaks TLS, one that speaks none, and a port at which nobody listens any more.
struct Systems {
    const CertificateAuthority authority;
    const Identity shown = authority.issue_tls_server({"127.0.0.1"}), other = authority.issue_tls_server({"127.0.0.1"});
    channel::Threads threads{1};
    std::unique_ptr<channel::Listener> secured =
        open(must(channel::TlsContext::server({{shown.certificate}, shown.key}, false)));
    std::unique_ptr<channel::Listener> plain = open(nullptr);
    std::uint16_t nobody = 0;

    Systems() {
        auto gone = open(nullptr);
        nobody = gone->port();
    }
    ~Systems() {
        secured.reset();
        plain.reset();
        threads.stop();
    }
    std::unique_ptr<channel::Listener> open(std::shared_ptr<channel::TlsContext> tls) {
        return must(channel::Listener::open(threads, {.name = "system", .address = "127.0.0.1", .tls = std::move(tls)},
                                            say_nothing));
    }
    std::string url(const char* scheme, std::uint16_t port) const {
        return fmt::format("{}://127.0.0.1:{}/api", scheme, port);
    }

    static std::vector<Finding> findings(access::Client client) {
        auto patient = std::make_shared<doctor::Patient>(admin::ServerFile{}, Clock::system());
        client.id = {"TEST", "GOV", "HOME", "people"};
        patient->state = access::State{.revision = 1, .clients = {std::move(client)}};
        auto rounds = doctor::make_rounds(doctor::service_checks(patient), std::chrono::seconds(30), nullptr);
        std::vector<Finding> all;
        for (auto& outcome : rounds.outcomes)
            for (auto& finding : outcome.findings) all.push_back(std::move(finding));
        return all;
    }
    static Finding finding(std::vector<x509::Certificate> certificates, access::Service service) {
        access::Client client{.certificates = std::move(certificates)};
        service.code = "register";
        client.services = {std::move(service)};
        const auto all = findings(std::move(client));
        REQUIRE(all.size() == 1);
        return all.front();
    }
};

}  // namespace

TEST_CASE("the system behind a service is met as a call would meet it") {
    Systems world;
    using Certificates = std::vector<x509::Certificate>;
    const Certificates right{world.shown.certificate}, wrong{world.other.certificate};
    struct {
        const char* what;
        Certificates certificates;
        access::Service service;
        Verdict verdict;
        Turn turn;
        std::string_view says;
    } const rows[] = {
        {"plain", {}, {.url = world.url("http", world.plain->port())}, Verdict::ok, Turn::nobody, "listens there"},
        {"declared certificate",
         right,
         {.url = world.url("https", world.secured->port())},
         Verdict::ok,
         Turn::nobody,
         "declared certificate"},
        {"unverified on purpose",
         {},
         {.url = world.url("https", world.secured->port()), .verify_certificate = false},
         Verdict::ok,
         Turn::nobody,
         "as declared"},
        {"another certificate",
         wrong,
         {.url = world.url("https", world.secured->port())},
         Verdict::failed,
         Turn::service,
         ""},
        {"no certificate declared",
         {},
         {.url = world.url("https", world.secured->port())},
         Verdict::failed,
         Turn::here,
         "no certificate of it is declared"},
        {"no TLS there", right, {.url = world.url("https", world.plain->port())}, Verdict::failed, Turn::service, ""},
        {"nobody there", {}, {.url = world.url("http", world.nobody)}, Verdict::failed, Turn::service, "refused"},
        {"an address that may not be called",
         {},
         {.url = "http://169.254.169.254/"},
         Verdict::failed,
         Turn::here,
         "may not be called"},
        {"no address", {}, {.url = "nonsense"}, Verdict::failed, Turn::here, ""},
    };
    for (const auto& [what, certificates, service, verdict, turn, says] : rows) {
        CAPTURE(what);
        const auto finding = Systems::finding(certificates, service);
        CHECK(finding.check == "service");
        CHECK(finding.verdict == verdict);
        CHECK_MESSAGE(finding.turn == turn, finding.found);
        CHECK_MESSAGE(contains(finding.found, says), finding.found);
        CHECK(contains(finding.about, "register"));
    }
}

TEST_CASE("services at one address are one check, and those taken out of service none") {
    Systems world;
    const auto url = world.url("http", world.plain->port());
    access::Client client;
    client.services = {{.code = "one", .url = url},
                       {.code = "two", .url = url + "/two"},
                       {.code = "three", .url = world.url("http", world.nobody), .disabled = "Back on Monday"}};
    const auto findings = Systems::findings(client);
    REQUIRE(findings.size() == 1);
    CHECK(findings.front().good());
    CHECK(contains(findings.front().about, "(one, two)"));
}
