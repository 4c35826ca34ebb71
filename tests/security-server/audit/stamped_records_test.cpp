// Records stamped alone and together, exported, and judged by others: our auditor in both modes, and OpenSSL.
#include "certs/container/zip.hpp"
#include "certs/signature/verify.hpp"
#include "security-server/records/timestamper.hpp"
#include "tests/certs/container/made.hpp"
#include "tests/security-server/audit/program.hpp"
#include "tests/security-server/records/samples.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// A log whose records were stamped by the time-stamper itself: the first alone, the other four together.
struct Evidence {
    Evidence() {
        view.set([&] {
            auto snapshot = std::make_shared<registry_view::Snapshot>();
            snapshot->trust = member.trust();
            snapshot->expires = test_time() + std::chrono::hours(24);
            return snapshot;
        }());
        const records::AskAuthority ask = [this](std::string, Octets question) -> Async<Octets> {
            return answer(std::move(question));
        };
        records::Timestamper::Settings settings;
        settings.authorities = {"http://tsa"};
        records::Timestamper stamper(*log, view, clock, settings, ask);
        const auto body = body_of("a body", folder.path());
        for (const auto count : {1, 4}) {
            for (int i = 0; i < count; ++i)
                append(*log, sealed(request("m" + std::to_string(i), i % 2 == 1 ? body : nullptr), member));
            REQUIRE(must(outcome_of(stamper.run_once())) == static_cast<std::size_t>(count));
        }
        write_verification_conf(conf(), member.authority, member.tsa);
        write_file(folder / "ca.pem", member.authority.certificate().pem());
    }
    Async<Octets> answer(Octets question) {
        const auto query = must(timestamp::read_query(question));
        co_return timestamp::answer(query, member.tsa.certificate, *member.tsa.key, test_time(), "17");
    }
    std::filesystem::path conf() const { return folder / "verificationconf"; }
    std::string document(std::uint64_t number) {
        const auto path = folder / (std::to_string(number) + ".asice");
        write_file(path, must(exported(*log, number)));
        return path;
    }

    TemporaryFolder folder;
    FixedClock clock{test_time()};
    SealingMember member;
    registry_view::GivenView view;
    std::unique_ptr<records::MessageLog> log = open_log(folder / "log");
};

Octets entry(const std::string& document, std::string_view name) {
    const auto zip = must(container::ZipReader::open(document));
    const auto* found = zip.find(name);
    return found ? must(zip.read(*found, 1024 * 1024)) : Octets();
}

}  // namespace

TEST_CASE("a document of the log is valid for the auditor in both modes, stamped alone or with others") {
    Evidence evidence;
    const char* const variants[] = {"V1", "V3", "V4", "V3", "V4"};
    for (std::uint64_t number = 1; number <= 5; ++number)
        for (const bool compatible : {false, true}) {
            CAPTURE(number);
            CAPTURE(compatible);
            std::vector<std::string> words{"verify", "--json", "--conf", evidence.conf()};
            if (compatible) words.push_back("--compatible");
            words.push_back(evidence.document(number));
            const Ran ran = onceway_audit(words);
            CAPTURE(ran.out);
            CHECK(ran.status == 0);
            CHECK(ran.line().at("verdict").as_string() == "valid");
            CHECK(ran.line().at("variant").as_string() == variants[number - 1]);
        }
}

TEST_CASE("OpenSSL verifies the time-stamps of exported documents, over the data that the wire names") {
    Evidence evidence;
    for (const std::uint64_t number : {1, 3}) {
        CAPTURE(number);
        const auto document = evidence.document(number);
        const auto outline = must(signature::outline(entry(document, "META-INF/signatures.xml")));
        const bool alone = outline.embedded_token.has_value();
        CHECK(alone == (number == 1));
        const auto token = alone ? *outline.embedded_token : entry(document, "META-INF/timestamp.tst");
        const auto data = alone ? outline.value : entry(document, "ts-hashchainresult.xml");
        write_file(evidence.folder / "token", token);
        for (const auto& stamped : {data, data + "x"}) {
            write_file(evidence.folder / "data", stamped);
            const auto verified = run_tool({"openssl", "ts", "-verify", "-token_in", "-in", evidence.folder / "token",
                                            "-data", evidence.folder / "data", "-CAfile", evidence.folder / "ca.pem"});
            CAPTURE(verified.output);
            CHECK((verified.status == 0) == (stamped == data));
            CHECK(contains(verified.output, stamped == data ? "Verification: OK" : "message imprint mismatch"));
        }
    }
}
