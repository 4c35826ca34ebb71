// How a time-stamping authority is asked: HTTP as RFC 3161 has it, and every way in which that fails.
#include "certs/channel/server.hpp"
#include "security-server/records/timestamper.hpp"
#include "tests/security-server/raw_service.hpp"
#include "tests/security-server/records/samples.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// An authority that notes what it was asked and answers as told.
struct AuthorityDoor {
    explicit AuthorityDoor(std::shared_ptr<channel::TlsContext> tls = nullptr) : tls(std::move(tls)) {}

    std::shared_ptr<channel::TlsContext> tls;
    int status = 200;
    Octets answer = "the answer";
    std::string method, type;
    Octets question;

    boost::asio::awaitable<void> serve(channel::Exchange& exchange) {
        method = exchange.head().method;
        type = message::field(exchange.head().fields, "Content-Type").value_or("");
        for (;;) {
            auto octets = co_await exchange.read_body();
            if (!octets || octets->empty()) break;
            question += *octets;
        }
        const message::Fields fields{{"Content-Type", "application/timestamp-reply"}};
        [[maybe_unused]] auto sent = co_await exchange.respond(status, "As told", fields, answer);
    }
    channel::Threads threads{1};
    std::unique_ptr<channel::Listener> listener =
        must(channel::Listener::open(threads, {.name = "authority", .address = "127.0.0.1", .tls = tls},
                                     [this](channel::Exchange& exchange) { return serve(exchange); }));

    std::string url() const {
        return (tls ? "https" : "http") + std::string("://127.0.0.1:") + std::to_string(listener->port()) + "/tsa";
    }
};

Result<Octets> ask(const std::string& url) { return outcome_of(records::ask_over_http()(url, "the question")); }

}  // namespace

TEST_CASE("a question is posted as a time-stamp query, and the whole answer comes back") {
    AuthorityDoor door;
    CHECK(must(ask(door.url())) == "the answer");
    CHECK(door.method == "POST");
    CHECK(door.type == "application/timestamp-query");
    CHECK(door.question == "the question");
}

TEST_CASE("asking an authority fails, naming it, when") {
    AuthorityDoor door;
    std::string url = door.url();
    FaultCode code = FaultCode::mlog_timestamp_provider_connection_failed;
    std::string_view says = url;
    SUBCASE("it answers with an HTTP error") {
        door.status = 503;
        code = FaultCode::mlog_timestamping_non_ok_response;
        says = "status 503";
    }
    SUBCASE("its answer is larger than a time-stamp can be") {
        door.answer = Octets(64 * 1024 + 1, 'x');
        says = "127.0.0.1";
    }
    SUBCASE("nobody listens there") {
        url = "http://127.0.0.1:1/tsa";
        says = url;
    }
    SUBCASE("its address is none") { url = says = "ftp://tsa.example"; }
    const auto answer = ask(url);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == code);
    CHECK_MESSAGE(contains(answer.error().detail, says), answer.error().detail);
}

TEST_CASE("an authority that takes too long is given up within its time, though it") {
    std::string octets;
    SUBCASE("says nothing") {}
    SUBCASE("stops inside its head") { octets = "HTTP/1.1 200 OK\r\nContent-"; }
    SUBCASE("stops inside its answer") { octets = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"; }
    const RawService silent(octets, true);
    const auto ask = records::ask_over_http(
        {}, {.connect = std::chrono::milliseconds(200), .total = std::chrono::milliseconds(300)});
    const auto begun = std::chrono::steady_clock::now();
    const auto answer = outcome_of(ask(silent.url(), "the question"));
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == FaultCode::mlog_timestamp_provider_connection_failed);
    CHECK_MESSAGE(contains(answer.error().detail, silent.url()), answer.error().detail);
}

TEST_CASE("an authority over https is asked only when a root of ours vouches for it and its name is right") {
    const CertificateAuthority root("Root"), other("Other");
    const auto own = root.issue_tls_server({"127.0.0.1"}), misnamed = root.issue_tls_server({"127.0.0.9"});
    const struct {
        const char* what;
        const Identity& shows;
        const CertificateAuthority& trusted;
        bool asked;
    } rows[] = {{"it is vouched for", own, root, true},
                {"its root is not ours", own, other, false},
                {"it has another name", misnamed, root, false}};
    for (const auto& [what, shows, trusted, asked] : rows) {
        CAPTURE(what);
        AuthorityDoor door(must(channel::TlsContext::server({{shows.certificate}, shows.key}, false)));
        const auto answer = outcome_of(records::ask_over_http({trusted.certificate()})(door.url(), "the question"));
        CHECK(answer.has_value() == asked);
        CHECK(door.question == (asked ? "the question" : ""));
        if (!answer) CHECK(answer.error().code == FaultCode::mlog_timestamp_provider_connection_failed);
    }
}
