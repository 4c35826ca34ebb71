// Containers of our own: every form verifies, nothing in them can be changed, and foreign verifiers agree.
#include "certs/container/asic.hpp"

#include "certs/container/manifest.hpp"
#include "certs/container/zip.hpp"
#include "tests/certs/container/made.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/foreign_tool.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::container;
using namespace onceway::tests;
using signature::Mode;

namespace {

const Check& check(const Verdict& verdict, std::string_view name) {
    for (const Check& each : verdict.checks)
        if (each.name == name) return each;
    throw std::logic_error("no such check");
}

/// True when octet `at` belongs to the packed content of an entry of `archive`, which our writer made.
bool is_packed_content(const Octets& archive, std::size_t at) {
    const auto zip = must(ZipReader::from_memory(archive));
    std::size_t from = 0;
    for (const auto& entry : zip.entries()) {
        from += 30 + entry.name.size() + (entry.stored ? 0 : 9);
        if (at >= from && at < from + entry.packed) return true;
        from += entry.packed + (entry.stored ? 0 : 16);
    }
    return false;
}

std::vector<std::pair<std::string, Octets>> contents_of_all(const Octets& archive) {
    std::vector<std::pair<std::string, Octets>> contents;
    const auto zip = must(ZipReader::from_memory(archive));
    for (const auto& entry : zip.entries()) contents.emplace_back(entry.name, must(zip.read(entry, 1 << 20)));
    return contents;
}

std::vector<std::string> names_in(const Octets& packed) {
    std::vector<std::string> names;
    const auto zip = must(ZipReader::from_memory(packed));
    for (const auto& entry : zip.entries()) names.push_back(entry.name);
    return names;
}

}  // namespace

TEST_CASE("every form of container verifies in both modes, with its variant and its entries in their order") {
    const Signer signer;
    struct {
        bool body, batch;
        const char* variant;
        std::vector<std::string> entries;
    } const rows[] = {
        {false, false, "V1", {"mimetype", "message.xml", "META-INF/signatures.xml", "META-INF/manifest.xml"}},
        {true,
         false,
         "V2",
         {"mimetype", "message.xml", "META-INF/signatures.xml", "sig-hashchainresult.xml", "sig-hashchain.xml",
          "META-INF/manifest.xml", "attachment1"}},
        {false,
         true,
         "V3",
         {"mimetype", "message.xml", "META-INF/signatures.xml", "ts-hashchainresult.xml", "ts-hashchain.xml",
          "META-INF/manifest.xml", "META-INF/ASiCManifest.xml", "META-INF/timestamp.tst"}},
        {true,
         true,
         "V4",
         {"mimetype", "message.xml", "META-INF/signatures.xml", "sig-hashchainresult.xml", "sig-hashchain.xml",
          "ts-hashchainresult.xml", "ts-hashchain.xml", "META-INF/manifest.xml", "META-INF/ASiCManifest.xml",
          "META-INF/timestamp.tst", "attachment1"}},
    };
    for (const auto& row : rows)
        for (const auto mode : {Mode::strict, Mode::compatible}) {
            CAPTURE(std::string(row.variant));
            const MadeContainer made(signer, row.body, row.batch);
            CHECK(names_in(made.pack()) == row.entries);
            const auto verdict = verify_octets(made.pack(), *signer.trust, mode, std::nullopt);
            REQUIRE_MESSAGE(verdict.verdict == "valid", verdict.reason);
            CHECK(verdict.variant == row.variant);
            CHECK(verdict.signer == signing_member);
            CHECK(verdict.message_id == "q-1");
            for (const auto& entry : verdict.entries) CHECK(entry.digest_ok != false);
        }
}

TEST_CASE("the same record gives the same octets") {
    const Signer signer;
    const MadeContainer made(signer, true, true);
    CHECK(made.pack() == made.pack());
}

TEST_CASE("every change of one bit of a container is detected") {
    const Signer signer;
    const auto survives = [&](const Octets& packed, std::size_t at, int bit) {
        Octets changed = packed;
        changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
        const auto verdict = verify_octets(changed, *signer.trust, Mode::strict, std::nullopt);
        if (verdict.verdict != "valid") return false;
        // About once in a million, packed octets say the same in other words: a distance that meets equal octets.
        if (is_packed_content(packed, at) && contents_of_all(changed) == contents_of_all(packed)) return false;
        MESSAGE("bit ", bit, " of octet ", at, " was changed unnoticed");
        return true;
    };
    std::size_t tried = 0, unnoticed = 0;
    const Octets small = MadeContainer(signer, false, false).pack();
    for (std::size_t at = 0; at < small.size(); ++at)
        for (int bit = 0; bit < 8; ++bit, ++tried) unnoticed += survives(small, at, bit);
    const Octets large = MadeContainer(signer, true, true).pack();
    for (std::size_t at = 0; at < large.size(); ++at, ++tried) unnoticed += survives(large, at, at % 8);
    MESSAGE(tried, " changes tried");
    CHECK(unnoticed == 0);
}

TEST_CASE("a container that was put together again is refused, with the check that failed, when") {
    const Signer signer;
    struct {
        const char* why;
        void (*change)(MadeContainer&);
        const char* code;
        const char* failed;
    } const rows[] = {
        {"its message was changed",
         [](MadeContainer& made) { made.contents.message = replaced(made.contents.message, "pets", "cars"); },
         "malformed_signature.invalid_hash_chain_ref", "hash_chain"},
        {"its attachment was changed", [](MadeContainer& made) { made.bodies[0] += " "; },
         "malformed_signature.invalid_hash_chain_ref", "hash_chain"},
        {"an attachment was added",
         [](MadeContainer& made) { made.attachments.push_back([](const auto& sink) { sink("more"); }); },
         "asic_uncovered_entry", "coverage"},
        {"its hash chain is gone", [](MadeContainer& made) { made.contents.chain.reset(); },
         "asic_hash_chain_not_found", "container"},
        {"its hash chain result is gone", [](MadeContainer& made) { made.contents.chain_result.reset(); },
         "asic_hash_chain_result_not_found", "container"},
        {"its signature was changed after the time-stamp",
         [](MadeContainer& made) {
             made.contents.signature = replaced(made.contents.signature, "</ds:Signature>", "\n</ds:Signature>");
         },
         "malformed_signature", "time_stamp"},
        {"its time-stamp is gone", [](MadeContainer& made) { made.contents.time_token.reset(); }, "malformed_signature",
         "time_stamp"},
        {"its message names another member",
         [](MadeContainer& made) { made.contents.message = replaced(made.contents.message, "GOV/1234", "GOV/4321"); },
         "malformed_signature.invalid_hash_chain_ref", "hash_chain"},
    };
    for (const auto& row : rows) {
        CAPTURE(std::string(row.why));
        MadeContainer made(signer, true, true);
        row.change(made);
        const auto verdict = verify_octets(made.pack(), *signer.trust, Mode::strict, std::nullopt);
        CHECK(verdict.verdict == "invalid");
        CHECK(verdict.code == row.code);
        CHECK(check(verdict, row.failed).outcome == "fail");
        CHECK(check(verdict, row.failed).detail == verdict.reason);
    }
}

TEST_CASE("an attachment that is signed and absent is named, and does no harm") {
    const Signer signer;
    MadeContainer made(signer, true, true);
    made.attachments.clear();
    const auto verdict = verify_octets(made.pack(), *signer.trust, Mode::strict, std::nullopt);
    CHECK_MESSAGE(verdict.verdict == "valid", verdict.reason);
    CHECK(contains(check(verdict, "coverage").detail, "not in the container: attachment1"));
}

TEST_CASE("a container is judged at the time of its time-stamp, unless another moment is asked for") {
    const Signer signer;
    const Octets packed = MadeContainer(signer, false, true).pack();
    const auto years_later =
        verify_octets(packed, *signer.trust, Mode::strict, test_time() + std::chrono::hours(24 * 365));
    CHECK(years_later.code == "invalid_cert_path.incorrect_validation_info");
    CHECK(check(years_later, "path").outcome == "pass");
    CHECK(check(years_later, "ocsp").outcome == "fail");
    CHECK(verify_octets(packed, *signer.trust, Mode::strict, std::nullopt).verdict == "valid");
}

TEST_CASE("a time-stamp of nobody we trust is refused") {
    const Signer signer;
    const CertificateAuthority stranger("Stranger");
    Signer forged = signer;
    forged.tsa = stranger.issue_time_stamper();
    const auto verdict =
        verify_octets(MadeContainer(forged, false, true).pack(), *signer.trust, Mode::strict, std::nullopt);
    CHECK(verdict.code == "mlog.tsp_certificate_not_found");
    CHECK(check(verdict, "time_stamp").outcome == "fail");
}

TEST_CASE("a token goes in front of all unsigned properties, and nothing else changes") {
    const Signer signer;
    const SealedMessage sealed(signer, {request_part});
    const Octets stamped = must(with_embedded_token(sealed.signature, "token"));
    const std::string inserted =
        "<xades:SignatureTimeStamp><xades:EncapsulatedTimeStamp>dG9rZW4=</xades:EncapsulatedTimeStamp>"
        "</xades:SignatureTimeStamp>";
    CHECK(contains(stamped, "<xades:UnsignedSignatureProperties>" + inserted));
    CHECK(replaced(stamped, inserted, "") == sealed.signature);

    const auto nowhere = with_embedded_token("<a/>", "token");
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().code == FaultCode::malformed_signature);
}

TEST_CASE("the manifests are those of message-log 4.6 and 4.7") {
    CHECK(write_asic_manifest("x").size() == 555);
    CHECK(write_asic_manifest("x").ends_with("</asic:ASiCManifest>"));
    const Octets manifest = write_manifest({true, true, {1, 2}});
    const std::vector<std::string> order{"\"/\"",
                                         "sig-hashchain.xml",
                                         "message.xml",
                                         "ts-hashchainresult.xml",
                                         "sig-hashchainresult.xml",
                                         "ts-hashchain.xml",
                                         "attachment1",
                                         "attachment2"};
    std::size_t at = 0;
    for (const auto& name : order) {
        const auto next = manifest.find(name, at);
        CHECK_MESSAGE(next != std::string::npos, name);
        at = next + name.size();
    }
    CHECK(manifest.ends_with("</manifest:manifest>\n"));
    for (const std::size_t attachments : {0u, 1u, 2u}) {
        std::string expected =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<manifest:manifest"
            " xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" manifest:version=\"1.2\">\n"
            "    <manifest:file-entry manifest:media-type=\"application/vnd.etsi.asic-e+zip\" "
            "manifest:full-path=\"/\"/>\n"
            "    <manifest:file-entry manifest:media-type=\"text/xml\" manifest:full-path=\"message.xml\"/>\n";
        std::vector<std::size_t> numbers;
        for (std::size_t i = 1; i <= attachments; ++i) {
            numbers.push_back(i);
            expected +=
                "    <manifest:file-entry manifest:media-type=\"application/octet-stream\" "
                "manifest:full-path=\"attachment" +
                std::to_string(i) + "\"/>\n";
        }
        CHECK(write_manifest({false, false, numbers}) == expected + "</manifest:manifest>\n");
    }
    CHECK_FALSE(contains(write_manifest({}), "hashchain"));
}

TEST_CASE("a container is named after its message, its direction and its record") {
    CHECK(container_name("ABC 1/ü", false, 33) == "ABC+1%2F%C3%BC-request-11.asice");
    CHECK(container_name("a-b_c*d.e", true, 0) == "a-b_c*d.e-response-0.asice");
    CHECK(container_name(std::string(300, 'x'), true, UINT64_MAX) ==
          std::string(226, 'x') + "-response-fvvvvvvvvvvvv.asice");
}

TEST_CASE("xmlsec1 finds the signature of a sealed message good, and of a changed one bad") {
    if (run_tool({"which", "xmlsec1"}).status != 0) {
        MESSAGE("skipped: xmlsec1 is not installed (Debian package xmlsec1)");
        return;
    }
    TemporaryFolder folder;
    const CertificateAuthority authority("Test CA");
    write_file(folder / "ca.pem", authority.certificate().pem());
    for (const auto kind : {"RSA-2048", "P-256", "P-384"}) {
        CAPTURE(std::string(kind));
        const Signer signer(authority, kind);
        const SealedMessage sealed(signer, {request_part});
        write_file(folder / "message.xml", request_part);
        const std::vector<std::string> command{"xmlsec1",
                                               "--verify",
                                               "--id-attr:Id",
                                               "SignedProperties",
                                               "--trusted-pem",
                                               folder / "ca.pem",
                                               "--verification-time",
                                               "2026-02-02 10:15:30",
                                               "--url-map:/message.xml",
                                               folder / "message.xml",
                                               folder / "signature.xml"};
        write_file(folder / "signature.xml", sealed.signature);
        const auto good = run_tool(command);
        CHECK_MESSAGE(good.status == 0, good.output);

        write_file(folder / "signature.xml", replaced(sealed.signature, "2026-02-02T10:15:30", "2026-02-02T10:15:31"));
        CHECK(run_tool(command).status != 0);
        write_file(folder / "signature.xml", sealed.signature);
        write_file(folder / "message.xml", request_part + " ");
        CHECK(run_tool(command).status != 0);
    }
}
