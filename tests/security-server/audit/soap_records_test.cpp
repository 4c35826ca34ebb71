// SOAP messages out of the log, judged by others: our auditor as a program, and xmlsec1.
#include "certs/container/zip.hpp"
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

/// A log of three SOAP requests, stamped together: without attachments, with two, and with two that are not kept.
struct Evidence {
    Evidence() {
        auto log = open_log(folder / "log");
        append(*log, sealed(soap_request("plain"), member));
        append(*log, sealed(soap_request("two", attachments()), member));
        log.reset();
        log = open_log({folder / "log", 0, records::SoapAttachments::digests});
        append(*log, sealed(soap_request("digests", attachments()), member));
        stamp_all(*log, member.tsa);
        for (std::uint64_t number = 1; number <= 3; ++number)
            write_file(document(number), must(exported(*log, number)));
        write_verification_conf(conf(), member.authority, member.tsa);
        write_file(folder / "ca.pem", member.authority.certificate().pem());
    }
    std::shared_ptr<channel::Payload> attachments() const { return attachments_of({"first", ""}, folder.path()); }
    std::filesystem::path conf() const { return folder / "verificationconf"; }
    std::string document(std::uint64_t number) const { return folder / (std::to_string(number) + ".asice"); }
    Octets entry(std::uint64_t number, std::string_view name) const {
        const auto zip = must(container::ZipReader::open(document(number)));
        const auto* found = zip.find(name);
        return found ? must(zip.read(*found, 1024 * 1024)) : Octets();
    }

    TemporaryFolder folder;
    SealingMember member;
};

}  // namespace

TEST_CASE("a SOAP document of the log is valid for the auditor in both modes, and names what is absent") {
    const Evidence evidence;
    for (std::uint64_t number = 1; number <= 3; ++number)
        for (const auto* mode : {"--strict", "--compatible"}) {
            CAPTURE(number);
            CAPTURE(std::string(mode));
            const Ran ran =
                onceway_audit({"verify", "--json", mode, "--conf", evidence.conf(), evidence.document(number)});
            CAPTURE(ran.out);
            CHECK(ran.status == 0);
            const auto verdict = ran.line();
            CHECK(verdict.at("verdict").as_string() == "valid");
            CHECK(verdict.at("variant").as_string() == (number == 1 ? "V3" : "V4"));
            CHECK(verdict.at("message").at("kind").as_string() == "soap");
            CHECK(verdict.at("message").at("client").as_string() == "TEST/GOV/1/consumer");
            CHECK(verdict.at("message").at("service").as_string() == "TEST/GOV/2/provider/roads");
            CHECK(verdict.at("message").at("service_version").is_null());
            CHECK(verdict.at("absent").as_array().size() == (number == 3 ? 2 : 0));
        }
    const Ran people = onceway_audit({"verify", "--conf", evidence.conf(), evidence.document(3)});
    CHECK(contains(people.out, "attachment2                    absent: signed, and not in this document"));
}

TEST_CASE("xmlsec1 finds the signature of an exported SOAP message good, with attachments and without") {
    if (run_tool({"which", "xmlsec1"}).status != 0) {
        MESSAGE("skipped: xmlsec1 is not installed (Debian package xmlsec1)");
        return;
    }
    const Evidence evidence;
    for (std::uint64_t number = 1; number <= 3; ++number) {
        CAPTURE(number);
        const std::string covered = number == 1 ? "message.xml" : "sig-hashchainresult.xml";
        const auto octets = evidence.entry(number, covered);
        write_file(evidence.folder / "signatures.xml", evidence.entry(number, "META-INF/signatures.xml"));
        const auto verified = [&](const Octets& content) {
            write_file(evidence.folder / covered, content);
            return run_tool({"xmlsec1", "--verify", "--id-attr:Id", "SignedProperties", "--trusted-pem",
                             evidence.folder / "ca.pem", "--verification-time", "2026-02-02 10:15:30",
                             "--url-map:/" + covered, evidence.folder / covered, evidence.folder / "signatures.xml"});
        };
        const auto good = verified(octets);
        CHECK_MESSAGE(good.status == 0, good.output);
        CHECK(verified(octets + " ").status != 0);
        if (number == 1) continue;
        // From what xmlsec1 saw to the parts: the chain has the digest of each.
        const auto chain = evidence.entry(number, "sig-hashchain.xml");
        for (const auto& part : {evidence.entry(number, "message.xml"), Octets("first"), Octets()})
            CHECK(contains(chain, to_base64(keys::sha512(part))));
    }
}
