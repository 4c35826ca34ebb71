// SOAP messages and their attachments in the log: kept, given back, proven, and left out where the operator says so.
#include "certs/container/asic.hpp"
#include "security-server/records/check.hpp"
#include "security-server/records/message_log.hpp"
#include "tests/security-server/records/samples.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>

using namespace onceway;
using namespace onceway::records;
using namespace onceway::tests;

namespace {

std::vector<std::string> names_in(const container::ZipReader& zip) {
    std::vector<std::string> names;
    for (const auto& entry : zip.entries())
        if (entry.name.starts_with("attachment")) names.push_back(entry.name);
    return names;
}

container::ZipReader opened(MessageLog& log, std::uint64_t number) {
    return must(container::ZipReader::from_memory(must(exported(log, number))));
}

Octets entry(const container::ZipReader& zip, std::string_view name) {
    const auto* found = zip.find(name);
    return found ? must(zip.read(*found, 64 * 1024 * 1024)) : Octets("(no such entry)");
}

container::Verdict judged(const container::ZipReader& zip, const SealingMember& member,
                          signature::Mode mode = signature::Mode::strict) {
    return container::verify_container(zip, *member.trust(), mode, std::nullopt);
}

std::vector<std::string> contents(const std::vector<std::size_t>& sizes) {
    std::vector<std::string> contents;
    for (const auto size : sizes) contents.push_back(random_octets(size, static_cast<std::uint32_t>(contents.size())));
    return contents;
}

std::filesystem::path only_file(const std::filesystem::path& folder) {
    const std::filesystem::directory_iterator files(folder);
    REQUIRE(files != std::filesystem::directory_iterator());
    return files->path();
}

}  // namespace

TEST_CASE("attachments come back as they were sent, each under its number, and the document is valid, when there are") {
    const SealingMember member;
    const TemporaryFolder folder;
    const struct {
        const char* which;
        std::vector<std::size_t> sizes;
        std::size_t files;
    } rows[] = {{"none", {}, 0},
                {"one", {1'000}, 0},
                {"one that is empty", {0}, 0},
                {"two", {10, 20}, 0},
                {"two that are empty", {0, 0}, 0},
                {"an empty one between others", {10, 0, 20}, 0},
                {"some in a temporary file", {70'000, 0, 50'000}, 0},
                {"exactly what the database takes", {131'072, 131'072}, 0},
                {"more than the database takes", {131'072, 131'073}, 1},
                {"a large one among small ones", {5, 700'000, 0, 6}, 1},
                {"forty", std::vector<std::size_t>(40, 100), 0}};
    for (const auto& row : rows) SUBCASE(row.which) {
            const auto sent = contents(row.sizes);
            const auto record =
                sealed(soap_request("m", sent.empty() ? nullptr : attachments_of(sent, folder.path())), member);
            auto log = open_log(folder / "log");
            append(*log, record);
            append(*log, sealed(soap_request("another"), member));
            stamp_all(*log, member.tsa);
            CHECK(std::distance(std::filesystem::directory_iterator(folder / "log/bodies"), {}) ==
                  static_cast<std::ptrdiff_t>(row.files));

            log.reset();
            CHECK(must(check_log(folder / "log", {})).body_files == row.files);
            log = open_log(folder / "log");
            const auto zip = opened(*log, 1);
            CHECK(entry(zip, "message.xml") == record.message);
            CHECK(entry(zip, "META-INF/signatures.xml") == *record.seal.signature);
            CHECK(names_in(zip).size() == sent.size());
            for (std::size_t i = 0; i < sent.size(); ++i)
                CHECK(entry(zip, fmt::format("attachment{}", i + 1)) == sent[i]);
            if (!sent.empty()) CHECK(entry(zip, "sig-hashchain.xml") == record.seal.chain);
            for (const auto mode : {signature::Mode::strict, signature::Mode::compatible}) {
                const auto verdict = judged(zip, member, mode);
                CHECK(verdict.reason == "");
                CHECK(verdict.verdict == "valid");
                CHECK(verdict.variant == (sent.empty() ? "V3" : "V4"));
                CHECK(verdict.message_kind == "soap");
                CHECK(verdict.absent.empty());
                for (const auto& each : verdict.entries) CHECK(each.digest_ok != false);
            }
        }
}

TEST_CASE("messages that were signed as one batch keep their own attachments") {
    const SealingMember member;
    const TemporaryFolder folder;
    auto log = open_log(folder / "log");
    std::vector<Record> records{soap_request("none"), soap_request("two", attachments_of({"a", "b"}, folder.path())),
                                soap_request("three", attachments_of({"c", "", "d"}, folder.path())),
                                request("rest", body_of("body", folder.path()))};
    std::vector<std::vector<Octets>> digests;
    for (const auto& record : records) {
        auto& parts = digests.emplace_back(1, keys::sha512(record.message));
        if (record.body)
            for (const auto& part : record.body->parts()) parts.push_back(part.sha512);
    }
    auto seals = must(signature::seal_together(member.key(), digests, test_time()));
    for (std::size_t i = 0; i < records.size(); ++i) {
        records[i].seal = std::move(seals[i]);
        append(*log, records[i]);
    }
    stamp_all(*log, member.tsa);
    const std::vector<std::vector<std::string>> sent{{}, {"a", "b"}, {"c", "", "d"}, {"body"}};
    for (std::size_t i = 0; i < records.size(); ++i) {
        CAPTURE(i);
        const auto zip = opened(*log, i + 1);
        CHECK(judged(zip, member).verdict == "valid");
        CHECK(entry(zip, "sig-hashchain.xml") == records[i].seal.chain);
        REQUIRE(names_in(zip).size() == sent[i].size());
        for (std::size_t k = 0; k < sent[i].size(); ++k)
            CHECK(entry(zip, fmt::format("attachment{}", k + 1)) == sent[i][k]);
    }
}

TEST_CASE("attachments that are not kept are absent from a document that stays valid: with") {
    const SealingMember member;
    const TemporaryFolder folder;
    const auto sent = contents({10, 2'000, 0, 400'000, 20});
    MessageLog::Settings settings{folder / "log"};
    std::vector<std::string> there, absent;
    std::size_t files = 0;
    SUBCASE("a limit, those beyond it") {
        settings.body_limit = 1'999;
        there = {"attachment1", "attachment3", "attachment5"};
        absent = {"attachment2", "attachment4"};
    }
    SUBCASE("a larger limit, the largest") {
        settings.body_limit = 399'999;
        there = {"attachment1", "attachment2", "attachment3", "attachment5"};
        absent = {"attachment4"};
    }
    SUBCASE("a limit that all of them keep, none") {
        settings.body_limit = 400'000;
        there = {"attachment1", "attachment2", "attachment3", "attachment4", "attachment5"};
        files = 1;
    }
    SUBCASE("the setting that keeps digests, all of them") {
        settings.soap_attachments = SoapAttachments::digests;
        absent = {"attachment1", "attachment2", "attachment3", "attachment4", "attachment5"};
    }
    auto log = open_log(settings);
    const auto record = sealed(soap_request("m", attachments_of(sent, folder.path())), member);
    append(*log, record);
    stamp_all(*log, member.tsa);
    CHECK(must(check_log(settings.folder, {})).body_files == files);
    const auto zip = opened(*log, 1);
    CHECK(names_in(zip) == there);
    for (const auto& name : there) CHECK(entry(zip, name) == sent[static_cast<std::size_t>(name.back() - '1')]);
    CHECK(entry(zip, "sig-hashchain.xml") == record.seal.chain);
    for (const auto mode : {signature::Mode::strict, signature::Mode::compatible}) {
        const auto verdict = judged(zip, member, mode);
        CHECK(verdict.reason == "");
        CHECK(verdict.verdict == "valid");
        CHECK(verdict.absent == absent);
        for (const auto& each : verdict.entries) CHECK(each.digest_ok != false);
    }
}

TEST_CASE("one attachment that is not kept leaves its digest: it is absent, and the document valid") {
    const SealingMember member;
    const TemporaryFolder folder;
    auto log = open_log({folder / "log", 0, SoapAttachments::digests});
    append(*log, sealed(soap_request("empty", attachments_of({""}, folder.path())), member));
    append(*log, sealed(soap_request("large", attachments_of({random_octets(300'000)}, folder.path())), member));
    append(*log, sealed(request("rest", body_of("a body is kept", folder.path())), member));
    stamp_all(*log, member.tsa);
    for (const std::uint64_t number : {1u, 2u}) {
        const auto verdict = judged(opened(*log, number), member);
        CHECK(verdict.reason == "");
        CHECK(verdict.absent == std::vector<std::string>{"attachment1"});
    }
    CHECK(entry(opened(*log, 3), "attachment1") == "a body is kept");
}

TEST_CASE("what a signature names by a reference of its own is always kept, and over the limit refused") {
    const TemporaryFolder folder;
    auto log = open_log({folder / "log", 100, SoapAttachments::digests});
    const auto direct = [&](std::size_t size) {
        return with_evidence(soap_request("m", attachments_of({"a", random_octets(size)}, folder.path())),
                             R"(<ds:Signature><ds:Reference URI="/attachment1"/></ds:Signature>)");
    };
    CHECK(append(*log, direct(100)) == 1);
    const auto refused = outcome_of(log->append(direct(101)));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().wire_code() == "logging_failed");
    CHECK(contains(refused.error().detail, "An attachment has 101 octets"));
    CHECK(contains(refused.error().detail, "body_limit_octets"));
}

TEST_CASE("a REST body beyond the limit is refused where a SOAP attachment is left out") {
    const TemporaryFolder folder;
    auto log = open_log({folder / "log", 100});
    const auto refused = outcome_of(log->append(request("m", body_of(random_octets(101), folder.path()))));
    REQUIRE_FALSE(refused);
    CHECK(contains(refused.error().detail, "The body has 101 octets"));
    CHECK(append(*log, soap_request("m", attachments_of({random_octets(101)}, folder.path()))) == 1);
}

TEST_CASE("a file of attachments that was altered is noticed, whichever of them it was") {
    const SealingMember member;
    const TemporaryFolder folder;
    {
        auto log = open_log(folder / "log");
        append(*log,
               sealed(soap_request("m", attachments_of(contents({1'000, 300'000, 1'000}), folder.path())), member));
    }
    const auto path = only_file(folder / "log/bodies");
    const auto whole = contents_of(path);
    CHECK(whole.size() == 302'000);
    CHECK(must(check_log(folder / "log", {})).body_files == 1);
    for (const std::size_t at : {0u, 999u, 1'000u, 300'999u, 301'000u, 301'999u}) {
        CAPTURE(at);
        auto altered = whole;
        altered[at] = static_cast<char>(altered[at] ^ 1);
        write_file(path, altered);
        const auto checked = check_log(folder / "log", {});
        REQUIRE_FALSE(checked);
        CHECK(contains(checked.error().detail, "is not what was logged"));
    }
    write_file(path, whole.substr(1));
    const auto checked = check_log(folder / "log", {});
    REQUIRE_FALSE(checked);
    CHECK(contains(checked.error().detail, "holds 301999 octets and should hold 302000"));
}

TEST_CASE("a large attachment is given out in pieces, never whole") {
    const SealingMember member;
    const TemporaryFolder folder;
    auto log = open_log(folder / "log");
    append(*log, sealed(soap_request("m", attachments_of({"small", std::string(8 * 1024 * 1024, 'x')}, folder.path())),
                        member));
    stamp_all(*log, member.tsa);
    std::size_t largest = 0;
    REQUIRE(log->export_container(1, [&](OctetsView octets) { largest = std::max(largest, octets.size()); }));
    CHECK(largest <= 512 * 1024);
}

TEST_CASE("an envelope of several megabytes is kept among small ones, and all come back") {
    const SealingMember member;
    const TemporaryFolder folder;
    auto log = open_log(folder / "log");
    auto large = soap_request("large");
    large.message.insert(large.message.find("<permit>"),
                         "<scan>" + to_base64(random_octets(3 * 1024 * 1024)) + "</scan>");
    const std::vector<Record> records{sealed(soap_request("before"), member), sealed(large, member),
                                      sealed(soap_request("after"), member), sealed(large, member)};
    for (const auto& record : records) append(*log, record);
    stamp_all(*log, member.tsa);
    for (const std::size_t i : {1u, 0u, 3u, 2u}) {
        CAPTURE(i);
        const auto zip = opened(*log, i + 1);
        CHECK((entry(zip, "message.xml") == records[i].message));
        CHECK(judged(zip, member).reason == "");
    }
    CHECK(must(check_log(folder / "log", {})).documents == 4);
}

TEST_CASE("an envelope in another encoding is kept as it came, and its document proves it") {
    const SealingMember member;
    const TemporaryFolder folder;
    auto log = open_log(folder / "log");
    auto latin = soap_request("latin");
    const std::string declared = R"(encoding="UTF-8")", permit = "<permit>17";
    latin.message.replace(latin.message.find(declared), declared.size(), R"(encoding="ISO-8859-1")");
    latin.message.replace(latin.message.find(permit), permit.size(), "<permit>T\xfcr \xe9");
    auto utf16 = soap_request("utf-16");
    utf16.message.replace(utf16.message.find(declared), declared.size(), R"(encoding="UTF-16")");
    Octets wide = "\xff\xfe";
    for (const char c : utf16.message) wide.append(1, c).append(1, '\0');
    utf16.message = wide;
    auto marked = soap_request("marked");
    marked.message.insert(0, "\xef\xbb\xbf");
    const std::vector<Record> records{sealed(latin, member), sealed(utf16, member), sealed(marked, member)};
    for (const auto& record : records) append(*log, record);
    stamp_all(*log, member.tsa);
    for (std::size_t i = 0; i < records.size(); ++i) {
        CAPTURE(records[i].message_id);
        const auto zip = opened(*log, i + 1);
        CHECK(entry(zip, "message.xml") == records[i].message);
        const auto verdict = judged(zip, member);
        CHECK(verdict.reason == "");
        CHECK(verdict.verdict == "valid");
        CHECK(verdict.message_id == records[i].message_id);
        // A genuine verifier reads it as UTF-8, and finds another digest where it is something else.
        const auto genuine = judged(zip, member, signature::Mode::compatible);
        CHECK(genuine.verdict == (is_utf8(records[i].message) ? "valid" : "invalid"));
    }
}

TEST_CASE("a SOAP message is found by its id, whatever characters that has, and gives its documents their names") {
    const SealingMember member;
    const TemporaryFolder folder;
    auto log = open_log(folder.path());
    const std::string id = "Ümlaut 1/2 & <x>";
    auto asked = with_evidence(soap_request(id));
    asked.service.version = "v1";
    auto answered = asked;
    answered.direction = Direction::response;
    append(*log, asked);
    append(*log, answered);
    const auto found = must(log->find(consumer, id));
    REQUIRE(found.size() == 2);
    CHECK(container::container_name(found[0].message_id, false, found[0].number) ==
          "%C3%9Cmlaut+1%2F2+%26+%3Cx%3E-request-1.asice");
    CHECK(container::container_name(found[1].message_id, true, found[1].number) ==
          "%C3%9Cmlaut+1%2F2+%26+%3Cx%3E-response-2.asice");
    std::vector<std::string> services;
    must(check_log(folder.path(), [&](const Listed& listed) { services.push_back(listed.service); }));
    CHECK(services == std::vector<std::string>{"roads/v1", "roads/v1"});
}
