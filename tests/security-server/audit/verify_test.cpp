// onceway-audit verify: what it prints, and with which status it ends.
#include "schemas/registry/documents.hpp"
#include "tests/certs/container/made.hpp"
#include "tests/security-server/audit/program.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// A folder with whom to trust, and containers of one member beside it.
struct Desk {
    Desk() : signer(authority, "P-256") {
        write_verification_conf(conf(), authority, signer.tsa);
        const Octets packed = MadeContainer(signer, true, true).pack();
        write_file(good(), packed);
        write_file(bad(), replaced(packed, "mimetypeapplication", "mimetypeAPPLICATION"));
    }
    std::filesystem::path conf() const { return folder / "verificationconf"; }
    std::string good() const { return folder / "good.asice"; }
    std::string bad() const { return folder / "bad.asice"; }

    TemporaryFolder folder;
    CertificateAuthority authority{"Test CA"};
    Signer signer;
};

}  // namespace

TEST_CASE("verify ends with 0 for valid, 1 for invalid and 2 when it could not tell") {
    const Desk desk;
    struct {
        std::string why;
        std::vector<std::string> arguments;
        int status;
        std::string verdict;
    } const rows[] = {
        {"a valid container", {desk.good()}, 0, "valid"},
        {"an invalid one", {desk.bad()}, 1, "invalid"},
        {"one that is not there", {desk.folder / "absent"}, 2, "unknown"},
        {"a moment years later", {"--at", "2030-01-01T00:00:00Z", desk.good()}, 1, "invalid"},
        {"compatible mode", {"--compatible", desk.good()}, 0, "valid"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.why);
        std::vector<std::string> arguments{"verify", "--json", "--conf", desk.conf()};
        arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
        const Ran ran = onceway_audit(arguments);
        CHECK(ran.status == row.status);
        CHECK(ran.line().at("verdict").as_string() == row.verdict);
        CHECK(ran.line().at("format").as_string() == "onceway-verdict/1");
    }
}

TEST_CASE("one line a file, in the order given; one invalid file decides the status") {
    const Desk desk;
    const Ran ran =
        onceway_audit({"verify", "--json", "--conf", desk.conf(), desk.good(), desk.bad(), desk.folder / "absent"});
    const auto lines = ran.lines();
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].at("verdict").as_string() == "valid");
    CHECK(lines[1].at("verdict").as_string() == "invalid");
    CHECK(lines[2].at("verdict").as_string() == "unknown");
    CHECK(ran.status == 1);
}

TEST_CASE("the JSON verdict says everything that an auditor asks") {
    const Desk desk;
    const auto verdict = onceway_audit({"verify", "--json", "--conf", desk.conf(), desk.good()}).line();
    CHECK(verdict.at("mode").as_string() == "strict");
    CHECK(verdict.at("code").as_string().empty());
    CHECK(verdict.at("variant").as_string() == "V4");
    CHECK(verdict.at("signer").at("member").as_string() == "TEST/GOV/1234");
    CHECK(verdict.at("signer").at("certificate_sha256").as_string().size() == 64);
    CHECK(verdict.at("message").at("id").as_string() == "q-1");
    CHECK(verdict.at("message").at("kind").as_string() == "rest");
    CHECK(verdict.at("message").at("direction").as_string() == "request");
    CHECK(verdict.at("message").at("client").as_string() == "TEST/GOV/1234/app");
    CHECK(verdict.at("message").at("service").as_string() == "TEST/GOV/5678/registry/pets");
    CHECK(verdict.at("time_stamp").at("at").as_string() == "2026-02-02T10:15:30.000Z");
    CHECK(verdict.at("entries").as_array().size() == 11);
    std::vector<std::string> names;
    for (const auto& check : verdict.at("checks").as_array()) {
        names.emplace_back(check.at("name").as_string());
        CHECK(check.at("outcome").as_string() == "pass");
    }
    CHECK(names == std::vector<std::string>{"container", "message", "signature_value", "references",
                                            "signing_certificate", "member", "path", "ocsp", "time_stamp", "hash_chain",
                                            "coverage"});
}

TEST_CASE("people read who signed, when, and the outcome of each check") {
    const Desk desk;
    const Ran ran = onceway_audit({"verify", "--conf", desk.conf(), desk.good(), desk.bad()});
    for (const auto word : {"  valid\n", "MEMBER:TEST/GOV/1234", "2026-02-02T10:15:30.000Z by", "id q-1",
                            "signature_value", "attachment1", "  invalid: asic_malformed: "})
        CHECK_MESSAGE(contains(ran.out, word), ran.out);
}

TEST_CASE("without a configuration it could not tell, and says what to do") {
    const Desk desk;
    const Ran without = onceway_audit({"verify", "--json", desk.good()});
    CHECK(without.status == 2);
    CHECK(contains(without.err, "--conf"));
    CHECK(contains(without.err, "verificationconf"));
    CHECK(without.line().at("verdict").as_string() == "unknown");

    const Ran empty = onceway_audit({"verify", "--json", "--conf", desk.folder.path(), desk.good()});
    CHECK(empty.status == 2);
    CHECK(contains(empty.err, "instance-identifier"));
}

TEST_CASE("a configuration of another state trusts nobody of this one") {
    const Desk desk, other;
    const auto verdict = onceway_audit({"verify", "--json", "--conf", other.conf(), desk.good()}).line();
    CHECK(verdict.at("verdict").as_string() == "invalid");
    CHECK(verdict.at("code").as_string().starts_with("mlog."));
}

TEST_CASE("arguments that make no sense end with 2") {
    for (const auto& arguments : std::vector<std::vector<std::string>>{{},
                                                                       {"verify"},
                                                                       {"frobnicate"},
                                                                       {"verify", "--at", "yesterday", "x"},
                                                                       {"verify", "--strict", "--compatible", "x"},
                                                                       {"inspect"},
                                                                       {"inspect", "no-such-kind"}})
        CHECK(onceway_audit(arguments).status == 2);
    CHECK(onceway_audit({"--help"}).status == 0);
    CHECK(contains(onceway_audit({"--version"}).out, "onceway-audit"));
}

TEST_CASE("the built program verifies too") {
    const Desk desk;
    const auto outcome =
        run_tool({ONCEWAY_BINARY_DIR "/bin/onceway-audit", "verify", "--conf", desk.conf(), desk.good()});
    if (outcome.status == 127) {
        MESSAGE("skipped: onceway-audit is not built");
        return;
    }
    CHECK_MESSAGE(outcome.status == 0, outcome.output);
    CHECK(contains(outcome.output, "valid"));
}
