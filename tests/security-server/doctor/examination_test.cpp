// A server that was just made, whose registry answers but has nothing to hand out: what the doctor finds then.
#include "security-server/doctor/examination.hpp"

#include "security-server/admin/local_socket.hpp"
#include "security-server/admin/stopped_server.hpp"
#include "security-server/doctor/report.hpp"
#include "tests/security-server/exchange_world.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <boost/asio/io_context.hpp>

#include <algorithm>

using namespace onceway;
using namespace onceway::tests;
using doctor::Finding;
using doctor::Turn;
using doctor::Verdict;

namespace {

boost::asio::awaitable<void> not_here(channel::Exchange& exchange) {
    [[maybe_unused]] auto sent = co_await exchange.respond(404, "Not Found", {}, {});
}

/// A registry's address at which every question is answered with 404, and a new server that trusts it.
struct NewWorld {
    TemporaryFolder folder;
    channel::Threads threads{1};
    std::unique_ptr<channel::Listener> registry =
        must(channel::Listener::open(threads, {.name = "registry", .address = "127.0.0.1"}, not_here));
    std::filesystem::path home = folder / "home";

    NewWorld() {
        const CertificateAuthority signer("Anchor signer");
        const auto url = "http://127.0.0.1:" + std::to_string(registry->port()) + "/internalconf";
        write_file(folder / "anchor.xml",
                   registry::write_anchor({test_time(), "TEST", {{url, {signer.certificate().der()}}}}));
        admin::NewServer wanted{home, {}, folder / "anchor.xml", "1234-5678", true};
        wanted.file.id = {{"TEST", "GOV", "HOME"}, "ss1"};
        wanted.file.inside = wanted.file.outside = leased_address();
        wanted.file.pin_file = "pin";
        must(admin::make_server(wanted, Clock::system()));
    }
    ~NewWorld() {
        registry.reset();
        threads.stop();
    }

    std::vector<Finding> examined(const Clock& clock = Clock::system()) const {
        const auto patient = doctor::Patient::meet(must(admin::Asking::of(home)), clock);
        return doctor::examine(patient, {}).findings;
    }
    Finding found(const std::string& check, const Clock& clock = Clock::system()) const {
        for (auto& finding : examined(clock))
            if (finding.check == check) return finding;
        FAIL("no such check: " << check);
        return {};
    }
};

}  // namespace

TEST_CASE("a server that was just made is told what it still lacks, in the order of the list") {
    const NewWorld world;
    const auto findings = world.examined();
    CHECK(std::ranges::is_sorted(findings, {}, &Finding::group));
    const auto has = [&](std::string_view check, Verdict verdict, Turn turn, std::string_view says) {
        return std::ranges::any_of(findings, [&](const Finding& one) {
            return one.check == check && one.verdict == verdict && one.turn == turn && contains(one.found, says);
        });
    };
    CHECK(has("process", Verdict::warning, Turn::here, "does not run"));
    CHECK(has("anchor", Verdict::ok, Turn::nobody, "SHA-224"));
    CHECK(has("source", Verdict::failed, Turn::registry, "404"));
    CHECK(has("in_force", Verdict::failed, Turn::registry, "none yet"));
    CHECK(has("token", Verdict::failed, Turn::here, "There is no key"));
    CHECK(has("internal_tls", Verdict::ok, Turn::nobody, "days left"));
    CHECK(has("certificate", Verdict::unknown, Turn::here, "Without a global configuration"));
    CHECK(has("log", Verdict::ok, Turn::nobody, "none yet"));
    CHECK(has("permissions", Verdict::ok, Turn::nobody, "alone"));
    CHECK(has("disk_sync", Verdict::ok, Turn::nobody, "on disk after") +
              has("disk_sync", Verdict::warning, Turn::here, "") ==
          1);
    CHECK(std::ranges::count(findings, "port", &Finding::check) == 4);
    CHECK(has("port", Verdict::ok, Turn::nobody, "It is free"));
    CHECK(has("clock", Verdict::ok, Turn::nobody, "clocks were compared"));
    CHECK(doctor::exit_status(findings) == 1);
}

TEST_CASE("a wrong clock is named as this machine's own fault") {
    const NewWorld world;
    for (const auto wrong : {std::chrono::hours(1), std::chrono::hours(-24 * 400)}) {
        const FixedClock clock(Clock::system().now() + wrong);
        const auto finding = world.found("clock", clock);
        CHECK(finding.verdict == Verdict::failed);
        CHECK(finding.turn == Turn::here);
        CHECK(contains(finding.found, wrong.count() > 0 ? "ahead of" : "behind"));
        CHECK(contains(finding.next, "NTP"));
    }
}

TEST_CASE("a folder is named that others may reach, or that is another one") {
    const NewWorld world;
    SUBCASE("a PIN that others may read; the keys stay locked, which is its consequence") {
        ::chmod((world.home / "pin").c_str(), 0644);
        const auto finding = world.found("permissions");
        CHECK(finding.verdict == Verdict::failed);
        CHECK(contains(finding.found, "pin (644)"));
        CHECK(contains(finding.next, "chmod 600"));
    }
    SUBCASE("a key store that is gone") {
        std::filesystem::remove_all(world.home / "keys");
        const auto finding = world.found("process");
        CHECK(finding.verdict == Verdict::failed);
        CHECK(world.found("token").verdict == Verdict::failed);
        CHECK(contains(world.found("token").next, "backup"));
    }
    SUBCASE("an address that is not this machine's") {
        auto text = contents_of(world.home / "server.toml");
        const auto at = text.find("inside = \"");
        text.replace(at, text.find('\n', at) - at, "inside = \"203.0.113.7\"");
        write_file(world.home / "server.toml", text);
        const auto finding = world.found("port");
        CHECK(finding.verdict == Verdict::failed);
        CHECK(contains(finding.found, "203.0.113.7 is no address of this machine"));
    }
    SUBCASE("a message log that is none") {
        std::filesystem::create_directories(world.home / "messages");
        std::filesystem::permissions(world.home / "messages", std::filesystem::perms::owner_all);
        write_file(world.home / "messages" / "messages.db", "no database");
        const auto finding = world.found("log");
        CHECK(finding.verdict == Verdict::failed);
        CHECK(contains(finding.next, "evidence"));
    }
}

TEST_CASE("while somebody else works in the folder, the doctor says so and goes on") {
    const NewWorld world;
    const auto lock = must(admin::FolderLock::take(world.home / "lock"));
    const auto finding = world.found("process");
    CHECK(finding.verdict == Verdict::failed);
    CHECK(contains(finding.found, "another process works in this folder"));
    CHECK(world.found("clock").verdict == Verdict::ok);
}

TEST_CASE("a server that runs and does not answer is named, and its ports are not blamed on somebody else") {
    const NewWorld world;
    const auto file = must(admin::load_server_file(world.home));
    boost::asio::io_context nobody_runs_it;
    const auto socket =
        must(admin::LocalSocket::open(nobody_runs_it, file.socket(), [](OctetsView) { return Octets(); }));
    const auto patient =
        doctor::Patient::meet(must(admin::Asking::of(world.home)), Clock::system(), std::chrono::milliseconds(100));
    const auto findings = doctor::examine(patient, {}).findings;
    const auto process = std::ranges::find(findings, "process", &Finding::check);
    REQUIRE(process != findings.end());
    CHECK(process->verdict == Verdict::failed);
    CHECK(contains(process->found, "does not answer its operator"));
    CHECK(contains(process->next, "restart"));
    CHECK(std::ranges::count(findings, "port", &Finding::check) == 0);
    CHECK(std::ranges::count(findings, "log", &Finding::check) == 0);
}
