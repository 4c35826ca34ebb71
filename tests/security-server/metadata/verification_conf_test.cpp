#include "security-server/metadata/verification_conf.hpp"

#include "certs/container/asic.hpp"
#include "tests/security-server/metadata/door.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

std::shared_ptr<registry_view::Snapshot> snapshot_of(const SealingMember& member) {
    auto snapshot = std::make_shared<registry_view::Snapshot>();
    snapshot->trust = member.trust();
    snapshot->files = {{"TEST", 6, registry::write_shared_parameters(*snapshot->trust->instance("TEST"))},
                       {"OTHER", 2, "<whatever was downloaded/>"}};
    return snapshot;
}

}  // namespace

TEST_CASE("the verification configuration holds what was downloaded, its versions, and last who we are") {
    const SealingMember member;
    const TemporaryFolder folder;
    registry_view::GivenView view;
    view.set(snapshot_of(member));  // expired long ago: that does not matter here
    const FixedClock clock{test_time()};
    Door door{[&](channel::Exchange& exchange) {
        return metadata::answer_verification_conf(exchange, view, clock, folder.path());
    }};
    const auto answer = door.get("/verificationconf");
    CHECK(answer.status == 200);
    CHECK(field_of(answer, "Content-Type") == "application/zip");
    CHECK(field_of(answer, "Content-Disposition") == "filename=\"verificationconf.zip\"");
    const auto zip = must(container::ZipReader::from_memory(answer.body));
    const std::pair<std::string, std::string> expected[] = {
        {"verificationconf/TEST/shared-params.xml", view.current()->files[0].shared_parameters},
        {"verificationconf/TEST/shared-params.xml.metadata", R"({"configurationVersion":"6"})"},
        {"verificationconf/OTHER/shared-params.xml", "<whatever was downloaded/>"},
        {"verificationconf/OTHER/shared-params.xml.metadata", R"({"configurationVersion":"2"})"},
        {"verificationconf/instance-identifier", "TEST"},
    };
    REQUIRE(zip.entries().size() == std::size(expected));
    for (std::size_t i = 0; i < std::size(expected); ++i) {
        CHECK(zip.entries()[i].name == expected[i].first);
        CHECK(must(zip.read(zip.entries()[i], 1024 * 1024)) == expected[i].second);
    }
}

TEST_CASE("unpacked, it is what an auditor judges our documents by") {
    const SealingMember member;
    const TemporaryFolder folder;
    auto snapshot = snapshot_of(member);
    snapshot->files.pop_back();
    Octets zipped;
    metadata::write_verification_conf(*snapshot, test_time(), [&](OctetsView octets) { zipped += octets; });
    const auto zip = must(container::ZipReader::from_memory(zipped));
    for (const auto& entry : zip.entries()) {
        std::filesystem::create_directories((folder / entry.name).parent_path());
        write_file(folder / entry.name, must(zip.read(entry, 1024 * 1024)));
    }
    const auto trust = must(container::load_verification_conf(folder / "verificationconf"));

    auto log = open_log(folder / "log");
    append(*log, sealed(request("m"), member));
    stamp_all(*log, member.tsa);
    const auto document = must(container::ZipReader::from_memory(must(exported(*log, 1))));
    const auto verdict = container::verify_container(document, *trust, signature::Mode::strict, std::nullopt);
    CHECK(verdict.verdict == "valid");
    CHECK(verdict.reason == "");
}

TEST_CASE("before the first configuration was downloaded the answer is an error that says so") {
    const TemporaryFolder folder;
    registry_view::GivenView view;
    Door door{[&](channel::Exchange& exchange) {
        return metadata::answer_verification_conf(exchange, view, Clock::system(), folder.path());
    }};
    const auto answer = door.get("/verificationconf");
    CHECK(answer.status == 500);
    CHECK(contains(answer.body, "No global configuration"));
}
