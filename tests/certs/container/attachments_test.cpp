// Containers of SOAP messages: attachments there, absent, changed, exchanged and added, under a hash chain and under
// references of their own.
#include "certs/container/asic.hpp"

#include "schemas/base/limits.hpp"
#include "tests/certs/container/made.hpp"
#include "tests/certs/signature/direct_form.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::container;
using namespace onceway::tests;
using signature::Mode;

namespace {

const std::string client =
    R"(<x:client id:objectType="SUBSYSTEM"><id:xRoadInstance>TEST</id:xRoadInstance><id:memberClass>GOV</id:memberClass>)"
    R"(<id:memberCode>1234</id:memberCode><id:subsystemCode>app</id:subsystemCode></x:client>)";
const std::string service =
    R"(<x:service id:objectType="SERVICE"><id:xRoadInstance>TEST</id:xRoadInstance><id:memberClass>GOV</id:memberClass>)"
    R"(<id:memberCode>5678</id:memberCode><id:subsystemCode>registry</id:subsystemCode>)"
    R"(<id:serviceCode>getPet</id:serviceCode><id:serviceVersion>v1</id:serviceVersion></x:service>)";

std::string envelope(const std::string& wrapper = "getPet") {
    return R"(<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/")"
           R"( xmlns:x="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers"><s:Header>)" +
           client + service +
           "<x:id>q-1</x:id><x:protocolVersion>4.0</x:protocolVersion></s:Header><s:Body><p:" + wrapper +
           R"( xmlns:p="urn:pets"><name>Rex</name></p:)" + wrapper + "></s:Body></s:Envelope>";
}

Verdict judged(const MadeContainer& made, const Signer& signer, Mode mode) {
    return verify_octets(made.pack(), *signer.trust, mode, std::nullopt);
}

std::vector<std::string> numbered(std::size_t count) {
    std::vector<std::string> attached;
    for (std::size_t i = 1; i <= count; ++i) attached.push_back("attachment number " + std::to_string(i));
    return attached;
}

std::string direct_signature(const Signer& signer, const std::vector<std::string>& attached) {
    std::vector<std::pair<std::string, Octets>> parts;
    for (std::size_t i = attached.size(); i > 0; --i)
        parts.emplace_back(fmt::format("/attachment{}", i), attached[i - 1]);
    parts.emplace_back("/message.xml", envelope());
    return DirectForm(signer).sign(parts);
}

const EntryReport* find(const Verdict& verdict, std::string_view name) {
    for (const auto& entry : verdict.entries)
        if (entry.name == name) return &entry;
    return nullptr;
}

}  // namespace

TEST_CASE("a SOAP message with any number of attachments is valid in both modes, and says who asked whom") {
    const Signer signer;
    for (const std::size_t count : {0u, 1u, 2u, 12u, 40u})
        for (const bool batch : {false, true})
            for (const auto mode : {Mode::strict, Mode::compatible}) {
                CAPTURE(count);
                CAPTURE(batch);
                const MadeContainer made(signer, envelope(), numbered(count), batch);
                const auto verdict = judged(made, signer, mode);
                CHECK_MESSAGE(verdict.verdict == "valid", verdict.reason);
                CHECK(verdict.variant == fmt::format("V{}", (count > 0 ? 2 : 1) + (batch ? 2 : 0)));
                CHECK(verdict.message_kind == "soap");
                CHECK(verdict.message_direction == "request");
                REQUIRE(verdict.service);
                CHECK(verdict.service->text() == "SERVICE:TEST/GOV/5678/registry/getPet/v1");
                CHECK(verdict.absent.empty());
                for (std::size_t i = 1; i <= count; ++i) {
                    const auto* entry = find(verdict, fmt::format("attachment{}", i));
                    REQUIRE(entry);
                    CHECK(entry->covered);
                    CHECK(entry->digest_ok == true);
                }
                REQUIRE(find(verdict, "META-INF/manifest.xml"));
                CHECK(find(verdict, "META-INF/manifest.xml")->digest_ok == true);
            }
}

TEST_CASE("a container holds as many attachments as a message may have, and no archive more entries") {
    const Signer signer;
    const MadeContainer most(signer, envelope(), numbered(limits::mime_parts), true);
    for (const auto mode : {Mode::strict, Mode::compatible}) {
        const auto verdict = judged(most, signer, mode);
        CHECK_MESSAGE(verdict.verdict == "valid", verdict.reason);
        CHECK(verdict.entries.size() == limits::mime_parts + 10);
    }
    const auto more =
        judged(MadeContainer(signer, envelope(), numbered(limits::mime_parts + 10), true), signer, Mode::strict);
    CHECK(more.code == "asic_malformed");
    CHECK(contains(more.reason, "1020 entries"));
}

TEST_CASE("attachments of a hash chain that were tampered with: strict refuses, compatible tells") {
    const Signer signer;
    struct {
        const char* why;
        void (*change)(MadeContainer&);
        const char* strict;  // code; empty: valid
        const char* entry;
        bool covered;
        std::optional<bool> digest_ok;
        std::vector<std::string> absent;
    } const rows[] = {
        {"the second was changed",
         [](MadeContainer& made) { made.bodies[1] += " "; },
         "malformed_signature.invalid_hash_chain_ref",
         "attachment2",
         true,
         false,
         {}},
        {"two were exchanged",
         [](MadeContainer& made) { std::swap(made.bodies[0], made.bodies[2]); },
         "malformed_signature.invalid_hash_chain_ref",
         "attachment1",
         true,
         false,
         {}},
        {"the second was emptied",
         [](MadeContainer& made) { made.bodies[1].clear(); },
         "malformed_signature.invalid_hash_chain_ref",
         "attachment2",
         true,
         false,
         {}},
        {"one was added",
         [](MadeContainer& made) { made.attachments.emplace_back([](const auto& sink) { sink("x"); }); },
         "asic_uncovered_entry",
         "attachment4",
         false,
         std::nullopt,
         {}},
        {"the second is not there",
         [](MadeContainer& made) { made.attachments[1] = nullptr; },
         "",
         "attachment3",
         true,
         true,
         {"attachment2"}},
        {"none is there",
         [](MadeContainer& made) { made.attachments.clear(); },
         "",
         "message.xml",
         true,
         true,
         {"attachment1", "attachment2", "attachment3"}},
    };
    for (const auto& row : rows) {
        CAPTURE(std::string(row.why));
        MadeContainer made(signer, envelope(), numbered(3), true);
        row.change(made);
        const auto strict = judged(made, signer, Mode::strict), compatible = judged(made, signer, Mode::compatible);
        CHECK_MESSAGE(strict.code == row.strict, strict.reason);
        CHECK_MESSAGE(compatible.verdict == "valid", compatible.reason);
        CHECK(compatible.absent == row.absent);
        const auto* entry = find(compatible, row.entry);
        REQUIRE(entry);
        CHECK(entry->covered == row.covered);
        CHECK(entry->digest_ok == row.digest_ok);
    }
}

TEST_CASE("attachments that references of the signature name are valid as they were signed, and in no other way (V5)") {
    const Signer signer;
    struct {
        const char* why;
        std::size_t count;
        void (*change)(MadeContainer&);
        const char *strict, *compatible;  // codes; empty: valid
    } const rows[] = {
        {"as it was signed", 2, [](MadeContainer&) {}, "", ""},
        {"with as many as a signature may name", 28, [](MadeContainer&) {}, "", ""},
        {"one was changed", 2, [](MadeContainer& made) { made.bodies[1] += " "; }, "invalid_signature_value",
         "invalid_signature_value"},
        {"one is not there", 2, [](MadeContainer& made) { made.attachments[0] = nullptr; }, "invalid_signature_value",
         "invalid_signature_value"},
        {"one was added", 2,
         [](MadeContainer& made) { made.attachments.emplace_back([](const auto& sink) { sink("x"); }); },
         "asic_uncovered_entry", ""},
    };
    for (const auto& row : rows) {
        CAPTURE(std::string(row.why));
        const auto attached = numbered(row.count);
        MadeContainer made(signer, envelope(), attached, true, direct_signature(signer, attached));
        row.change(made);
        const auto strict = judged(made, signer, Mode::strict), compatible = judged(made, signer, Mode::compatible);
        CHECK(strict.variant == "V5");
        CHECK_MESSAGE(strict.code == row.strict, strict.reason);
        CHECK_MESSAGE(compatible.code == row.compatible, compatible.reason);
    }
}

TEST_CASE("an answer is signed by its provider, and a header with a defect names nobody") {
    const CertificateAuthority authority("Test CA");
    const Signer signer(authority, "P-256");
    struct {
        const char* why;
        std::string message;
        std::string code, says;
    } const rows[] = {
        {"a request of the signer", envelope(), "", ""},
        {"an answer, which another should have signed", envelope("getPetResponse"), "incorrect_certificate", "5678"},
        {"a header without a version", replaced(envelope(), "<x:protocolVersion>4.0</x:protocolVersion>", ""),
         "internal_error", "does not say who signs"},
        {"a header without a client", replaced(envelope(), client, ""), "internal_error", "does not say who signs"},
        {"a client twice", replaced(envelope(), client, client + client), "internal_error", "does not say who signs"},
        {"a body that is not the service's", envelope("feedPet"), "internal_error", "does not say who signs"},
        {"no SOAP and no REST", "<a/>", "internal_error",
         "neither a SOAP nor a REST message: Reading the SOAP envelope"},
        {"nothing at all", "?", "internal_error", "neither a SOAP nor a REST message: REST part"},
    };
    for (const auto& row : rows)
        for (const auto mode : {Mode::strict, Mode::compatible}) {
            CAPTURE(std::string(row.why));
            const auto verdict = judged(MadeContainer(signer, row.message, numbered(1), false), signer, mode);
            CHECK_MESSAGE(verdict.code == row.code, verdict.reason);
            CHECK(contains(verdict.reason, row.says));
        }
}
