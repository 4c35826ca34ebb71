#include "certs/pilot/service.hpp"

#include "certs/channel/client.hpp"
#include "certs/pilot/failures.hpp"
#include "certs/timestamp/timestamp.hpp"
#include "certs/x509/ocsp.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using tests::contains;
using tests::must;
using namespace std::chrono_literals;
using pilot::Failing;
using pilot::ServiceKind;

namespace {

pilot::Setup quick() {
    pilot::Setup setup;
    setup.family = keys::KeyFamily::ec;
    return setup;
}

struct Bench {
    tests::TemporaryFolder folder;
    std::filesystem::path place = folder / "pilot";
    std::shared_ptr<pilot::Authority> authority =
        std::make_shared<pilot::Authority>(must(pilot::Authority::init(place, quick())));
    x509::Certificate leaf = must(
        authority->issue(must(x509::write_request(*tests::shared_key(), {{"CN", "leaf"}}, x509::Profile::signing))));
    std::unique_ptr<pilot::Service> service =
        must(pilot::Service::start(authority, {"127.0.0.1:0", "127.0.0.1:0", 600s}));
    timestamp::Question question = timestamp::Question::about(keys::sha512("data"));

    channel::FetchAnswer post(const std::string& url, std::string_view type, OctetsView body,
                              std::string method = "POST") const {
        channel::FetchRequest request;
        request.method = std::move(method);
        request.url = must(channel::Url::parse(url));
        if (!type.empty()) request.fields = {{"Content-Type", std::string(type)}};
        request.body = Octets(body);
        return must(tests::run(channel::fetch(std::move(request))));
    }
    channel::FetchAnswer ask_ocsp() const {
        return post(service->ocsp_url(), "application/ocsp-request",
                    x509::write_ocsp_request(leaf, authority->issuing()));
    }
    channel::FetchAnswer ask_stamp() const {
        return post(service->tsa_url(), "application/timestamp-query", question.der());
    }
    Result<x509::OcspVerdict> verdict() const {
        return x509::judge_ocsp(ask_ocsp().body, leaf, authority->issuing(), {}, Clock::system().now(), {});
    }
    Result<timestamp::Token> token() const { return question.judge(ask_stamp().body, {authority->time_stamper()}); }
};

}  // namespace

TEST_CASE("both services answer over HTTP, with their types, as of now") {
    const Bench bench;
    const auto answer = bench.ask_ocsp();
    CHECK(answer.status == 200);
    CHECK(message::field(answer.fields, "Content-Type") == "application/ocsp-response");
    const auto verdict = must(bench.verdict());
    CHECK(verdict.status == x509::Revocation::good);
    CHECK(verdict.this_update > Clock::system().now() - 10s);
    CHECK(verdict.next_update == verdict.this_update + 600s);
    CHECK(message::field(bench.ask_stamp().fields, "Content-Type") == "application/timestamp-reply");
    CHECK(must(bench.token()).at > Clock::system().now() - 10s);
}

TEST_CASE("a revocation by another process shows in the next answer") {
    const Bench bench;
    must(must(pilot::Authority::open(bench.place)).revoke(bench.leaf.serial_decimal()));
    CHECK(must(bench.verdict()).status == x509::Revocation::revoked);
}

TEST_CASE("OpenSSL asks both services and is content") {
    const Bench bench;
    tests::write_file(bench.folder / "leaf.pem", bench.leaf.pem());
    tests::write_file(bench.folder / "data", "data");
    const std::string root = bench.place / "root.pem";
    const auto ocsp = tests::run_tool({"openssl", "ocsp", "-issuer", root, "-cert", bench.folder / "leaf.pem", "-url",
                                       bench.service->ocsp_url(), "-CAfile", root});
    CAPTURE(ocsp.output);
    CHECK(contains(ocsp.output, "Response verify OK"));
    CHECK(contains(ocsp.output, ": good"));
    REQUIRE(tests::run_tool({"openssl", "ts", "-query", "-data", bench.folder / "data", "-sha512", "-cert", "-out",
                             bench.folder / "query"})
                .status == 0);
    tests::write_file(
        bench.folder / "answer",
        bench.post(bench.service->tsa_url(), "application/timestamp-query", tests::contents_of(bench.folder / "query"))
            .body);
    const auto ts = tests::run_tool({"openssl", "ts", "-verify", "-queryfile", bench.folder / "query", "-in",
                                     bench.folder / "answer", "-CAfile", root});
    CAPTURE(ts.output);
    CHECK(contains(ts.output, "Verification: OK"));
}

TEST_CASE("OCSP fails as it is told, at once, and recovers when told") {
    const Bench bench;
    struct {
        Failing how;
        std::optional<std::chrono::seconds> seconds;
        FaultCode code;
        const char* says;
    } const rows[] = {
        {Failing::refuse, {}, FaultCode::internal_error, "status 3"},
        {Failing::expire, {}, FaultCode::incorrect_validation_info, "older than"},
        {Failing::expire, 700s, FaultCode::incorrect_validation_info, "successor"},
        {Failing::wrong, {}, FaultCode::incorrect_validation_info, "signature"},
        {Failing::garbage, {}, FaultCode::io_error, "OCSPResponse"},
    };
    for (const auto& row : rows) {
        CAPTURE(pilot::name_of(row.how));
        must(pilot::instruct(bench.place, ServiceKind::ocsp, row.how, row.seconds));
        const auto verdict = bench.verdict();
        REQUIRE_FALSE(verdict);
        CHECK(verdict.error().code == row.code);
        CHECK(contains(verdict.error().detail, row.says));
        CHECK(bench.token());
    }
    must(pilot::instruct(bench.place, ServiceKind::ocsp, Failing::off, {}));
    CHECK(bench.verdict());
}

TEST_CASE("time-stamping fails as it is told, at once, and recovers when told") {
    const Bench bench;
    struct {
        Failing how;
        FaultCode code;
    } const rows[] = {
        {Failing::refuse, FaultCode::mlog_timestamp_non_granted_response},
        {Failing::wrong, FaultCode::mlog_timestamp_response_validation_failed},
        {Failing::garbage, FaultCode::mlog_reading_timestamp_response_failed},
    };
    for (const auto& [how, code] : rows) {
        CAPTURE(pilot::name_of(how));
        must(pilot::instruct(bench.place, ServiceKind::tsa, how, {}));
        const auto token = bench.token();
        REQUIRE_FALSE(token);
        CHECK(token.error().code == code);
        CHECK(bench.verdict());
    }
    must(pilot::instruct(bench.place, ServiceKind::tsa, Failing::expire, 7200s));
    CHECK(must(bench.token()).at < Clock::system().now() - 2h + 10s);
    must(pilot::instruct(bench.place, ServiceKind::tsa, Failing::off, {}));
    CHECK(bench.token());
}

TEST_CASE("a delayed answer comes late and right") {
    const Bench bench;
    must(pilot::instruct(bench.place, ServiceKind::ocsp, Failing::delay, 1s));
    const auto begun = std::chrono::steady_clock::now();
    CHECK(bench.verdict());
    CHECK(std::chrono::steady_clock::now() - begun >= 1s);
}

TEST_CASE("an instruction is refused when its seconds mean nothing, and a damaged one is said") {
    const Bench bench;
    CHECK(pilot::instruct(bench.place, ServiceKind::ocsp, Failing::refuse, 5s).error().code ==
          FaultCode::invalid_argument);
    CHECK(pilot::instruct(bench.place, ServiceKind::ocsp, Failing::delay, -1s).error().code ==
          FaultCode::invalid_argument);
    CHECK(must(pilot::instruct(bench.place, ServiceKind::ocsp, Failing::delay, {})).seconds == 5s);
    CHECK(must(pilot::instruct(bench.place, ServiceKind::ocsp, Failing::expire, {})).seconds == 86400s);
    tests::write_file(bench.place / "fail-ocsp.json", "{");
    CHECK(pilot::instruction_for(bench.place, ServiceKind::ocsp).error().code == FaultCode::io_error);
    CHECK(bench.ask_ocsp().status == 500);
}

TEST_CASE("what is no question of its kind is refused over HTTP") {
    const Bench bench;
    CHECK(bench.post(bench.service->ocsp_url(), "", "", "GET").status == 405);
    CHECK(bench.post(bench.service->ocsp_url(), "text/plain", "x").status == 415);
    CHECK(bench.post(bench.service->tsa_url(), "application/ocsp-request", "x").status == 415);
    CHECK(bench.post(bench.service->tsa_url(), "application/timestamp-query", Octets(70'000, 'x')).status == 400);
    CHECK(bench.post(bench.service->ocsp_url(), "application/ocsp-request", "x").body == x509::ocsp_error(1));
}

TEST_CASE("a service does not start at an address that is none, or is taken") {
    const Bench bench;
    for (const char* wrong : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999", ""})
        CHECK(pilot::Service::start(bench.authority, {wrong, "127.0.0.1:0", 600s}).error().code ==
              FaultCode::invalid_argument);
    const std::string url = bench.service->ocsp_url();
    const std::string taken = url.substr(7, url.size() - 8);
    const auto second = pilot::Service::start(bench.authority, {taken, "127.0.0.1:0", 600s});
    REQUIRE_FALSE(second);
    CHECK(second.error().code == FaultCode::network_error);
}

TEST_CASE("a stopped service answers nobody") {
    const Bench bench;
    bench.service->stop();
    channel::FetchRequest request;
    request.url = must(channel::Url::parse(bench.service->ocsp_url()));
    CHECK_FALSE(tests::run(channel::fetch(std::move(request))));
}
