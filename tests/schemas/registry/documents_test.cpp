// Anchor, shared, private and optional parts: what we write is read back and fits our schemas; what is wrong is
// refused.
#include "schemas/registry/documents.hpp"

#include "schemas/xml/document.hpp"

#include "tests/support/contains.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <functional>

using namespace onceway;
using onceway::tests::contains;
using namespace onceway::registry;

namespace {

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

Anchor sample_anchor() {
    return {*parse_rfc3339("2026-03-01T10:00:00Z"),
            "TEST",
            {{"http://registry.example.org/internalconf", {"cert one", "cert two"}},
             {"https://registry.example.org/internalconf", {"cert one", "cert two"}}}};
}

identity::ClientId client(const char* member_class, const char* code, std::optional<std::string> subsystem = {}) {
    return {"TEST", member_class, code, std::move(subsystem)};
}

SharedParameters sample_shared() {
    SharedParameters shared;
    shared.instance = "TEST";
    shared.sources = {{"registry.example.org:8880", {"internal"}, {"external"}}};
    shared.approved_cas = {{"CA & Sons",
                            true,
                            {"top", {{"http://ca.example.org/ocsp", "responder", "FREE"}, {"http://other", {}, {}}}},
                            {{"below", {}}},
                            "profile",
                            "DER"}};
    shared.approved_tsas = {{"TSA", "http://tsa.example.org", "tsa", "PAID"}};
    shared.members = {
        {{"TEST", "GOV", "1"}, "Government", "Ministry of <Roads>", {{"roads", "The roads"}, {"permits", {}}}},
        {{"TEST", "COM", "2"}, "Commerce", "Company", {}}};
    SecurityServer server{{{"TEST", "GOV", "1"}, "SS1"}, "ss1.example.org", {Octets(32, 'h')}, {}, "Back at noon"};
    server.clients = {client("GOV", "1", "roads"), client("COM", "2")};
    shared.servers = {server, {{{"TEST", "COM", "2"}, "SS2"}, "", {}, {}, ""}};
    shared.groups = {{"owners", "Owners", {client("GOV", "1"), client("GOV", "1", "roads")}}};
    shared.member_classes = {{"COM", "Commerce"}, {"GOV", "Government"}};
    shared.ocsp_freshness_seconds = 1234;
    return shared;
}

PrivateParameters sample_private() {
    PrivateParameters parameters;
    parameters.instance = "TEST";
    parameters.anchors = {sample_anchor()};
    parameters.management_url = "https://registry.example.org:4001/managementservice/";
    parameters.management_certificate = "leaf";
    parameters.management_provider = client("GOV", "1", "roads");
    parameters.time_stamping_interval_seconds = 90;
    return parameters;
}

/// Validates against a schema of ours, and against a genuine one where a folder of those lies beside the project.
void check_schema(const Octets& text, const char* ours, const char* genuine) {
    const auto document = xml::Document::parse(text);
    REQUIRE_MESSAGE(document, document.error().detail);
    const auto own = xml::Schema::compile_file(std::string(ONCEWAY_SOURCE_DIR) + "/schemas/published/" + ours);
    REQUIRE_MESSAGE(own, own.error().detail);
    const auto valid = own->validate(*document);
    CHECK_MESSAGE(valid, valid.error().detail);

    const auto recordings = onceway::tests::vectors();
    if (!recordings) return;
    const auto folder = *recordings / "schemas";
    if (!std::filesystem::is_directory(folder)) {
        MESSAGE("not validated against the genuine schema: no folder " << folder.string());
        return;
    }
    bool found = false;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.path().generic_string().ends_with(genuine)) continue;
        const auto schema = xml::Schema::compile_file(entry.path());
        REQUIRE_MESSAGE(schema, schema.error().detail);
        const auto fits = schema->validate(*document);
        CHECK_MESSAGE(fits, fits.error().detail);
        found = true;
    }
    if (!found) MESSAGE("not validated against the genuine schema: " << folder.string() << " holds no " << genuine);
}

}  // namespace

TEST_CASE("GC-1, GC-2: an anchor is written with a qualified root, unqualified content and a time in UTC") {
    const auto text = write_anchor(sample_anchor());
    check_schema(text, "configuration-anchor.xsd", "v2/private-parameters.xsd");
    const auto document = xml::Document::parse(text);
    CHECK(document->root().space() == "http://x-road.eu/xsd/xroad.xsd");
    for (const auto& element : document->find([](const xml::Element& one) { return one.parent().has_value(); }))
        CHECK(element.space().empty());
    CHECK(contains(text, "<generatedAt>2026-03-01T10:00:00.000Z</generatedAt>"));
}

TEST_CASE("an anchor is read back as it was written") {
    const auto read = read_anchor(write_anchor(sample_anchor()));
    REQUIRE(read);
    CHECK(read->instance == "TEST");
    CHECK(read->generated_at == sample_anchor().generated_at);
    REQUIRE(read->sources.size() == 2);
    CHECK(read->sources[1].url == "https://registry.example.org/internalconf");
    CHECK(read->sources[0].verification_certificates == std::vector<Octets>{"cert one", "cert two"});
}

TEST_CASE("an anchor is refused, with its reason, when it") {
    const auto good = write_anchor(sample_anchor());
    struct {
        const char* why;
        std::string document;
        std::string_view says;
    } const wrong[] = {
        {"is no XML", "anchor", "Start tag"},
        {"has only https addresses", replaced(good, "http://registry", "https://registry"), "http://"},
        {"has another root", "<conf xmlns='http://x-road.eu/xsd/xroad.xsd'/>", "configurationAnchor"},
        {"has qualified content", replaced(good, "xmlns:xr=", "xmlns='http://x-road.eu/xsd/xroad.xsd' xmlns:xr="),
         "belongs"},
        {"names no instance", replaced(good, "TEST", ""), "names no instance"},
        {"lacks its instance", replaced(good, "<instanceIdentifier>TEST</instanceIdentifier>", ""),
         "instanceIdentifier"},
        {"has a source without address",
         replaced(good, "<downloadURL>http://registry.example.org/internalconf</downloadURL>", ""), "downloadURL"},
        {"has a certificate that is no Base64", replaced(good, "Y2VydCBvbmU=", "***"), "Base64"},
        {"has a time that is none", replaced(good, "2026-03-01T10:00:00.000Z", "yesterday"), "date and time"},
        {"has a time in no year that can be written",
         replaced(good, "2026-03-01T10:00:00.000Z", "0000-01-01T00:00:00+18:00"), "date and time"},
        {"has a DOCTYPE", replaced(good, "<xr:", "<!DOCTYPE x><xr:"), "DOCTYPE"},
    };
    for (const auto& [why, document, says] : wrong) SUBCASE(why) {
            const auto read = read_anchor(document);
            REQUIRE_FALSE(read);
            CHECK(read.error().code == FaultCode::malformed_anchor);
            CHECK_MESSAGE(contains(read.error().detail, says), read.error().detail);
        }
}

TEST_CASE("shared parameters are read back as they were written, and fit the schema") {
    const auto shared = sample_shared();
    const auto text = write_shared_parameters(shared);
    check_schema(text, "shared-parameters-v6.xsd", "v6/shared-parameters.xsd");
    CHECK(text == write_shared_parameters(shared));
    const auto read = read_shared_parameters(text, 6);
    REQUIRE_MESSAGE(read, read.error().detail);
    CHECK(write_shared_parameters(*read) == text);
    CHECK(read->approved_cas[0].name == "CA & Sons");
    CHECK(read->approved_cas[0].authentication_only);
    CHECK(read->approved_cas[0].top.ocsp[0].certificate == "responder");
    CHECK(read->members[0].subsystems[0].name == "The roads");
    CHECK(read->servers[0].clients == shared.servers[0].clients);
    CHECK(read->servers[0].maintenance == "Back at noon");
    CHECK(read->servers[1].maintenance == "");
    CHECK(read->groups[0].members == shared.groups[0].members);
}

TEST_CASE("the owner of a server is never written as its client") {
    auto shared = sample_shared();
    shared.servers[0].clients.push_back(client("GOV", "1"));
    CHECK(write_shared_parameters(shared) == write_shared_parameters(sample_shared()));
}

TEST_CASE("shared parameters are refused, with their reason, when they") {
    const auto good = write_shared_parameters(sample_shared());
    struct {
        const char* why;
        int version;
        std::string document;
        std::string_view says;
    } const wrong[] = {
        {"have an unknown version", 7, good, "version 7"},
        {"have version 1", 1, good, "version 1"},
        {"are no XML", 6, "shared", "Start tag"},
        {"have no source, from version 3 on", 3, replaced(replaced(good, "<source>", "<!--"), "</source>", "-->"),
         "source"},
        {"have a source in version 2", 2, good, "'source'"},
        {"have a cost in version 4", 4, good, "costType"},
        {"have their elements in another order", 6,
         replaced(good, "    <globalSettings>", "    <approvedTSA/><globalSettings>"), "globalSettings"},
        {"have an element that nobody knows inside a server", 6, replaced(good, "<serverCode>", "<x/><serverCode>"),
         "serverCode"},
        {"have text between elements", 6, replaced(good, "<member ", "text<member "), "text between"},
        {"have an unknown attribute", 6, replaced(good, "<source>", "<source x='1'>"), "attribute"},
        {"have a server whose owner is a subsystem", 6, replaced(good, "<owner>id0", "<owner>id1"), "subsystem"},
        {"have a server whose owner nobody is", 6, replaced(good, "<owner>id0", "<owner>id9"), "id9"},
        {"have a client that nobody is", 6, replaced(good, "<client>id1", "<client>id9"), "id9"},
        {"have one id twice", 6, replaced(good, "id=\"id1\"", "id=\"id0\""), "another element"},
        {"have a flag that is neither true nor false", 6, replaced(good, ">true<", ">yes<"), "neither true nor false"},
        {"have an unknown cost", 6, replaced(good, ">FREE<", ">CHEAP<"), "not defined"},
        {"have a freshness that is no number", 6, replaced(good, ">1234<", ">soon<"), "whole number"},
        {"have a group member without type", 6, replaced(good, " id:objectType=\"MEMBER\"", ""), "objectType"},
        {"have a group member with an unqualified type", 6, replaced(good, "id:objectType", "objectType"), "attribute"},
        {"have a comment inside an identifier", 6, replaced(good, "<memberCode>1", "<memberCode><!-- -->1"),
         "besides text"},
    };
    for (const auto& [why, version, document, says] : wrong) SUBCASE(why) {
            const auto read = read_shared_parameters(document, version);
            REQUIRE_FALSE(read);
            CHECK(read.error().code == FaultCode::malformed_global_conf);
            CHECK_MESSAGE(contains(read.error().detail, says), read.error().detail);
        }
}

TEST_CASE("GC-50: elements of a later release at the end are ignored from version 3 on") {
    const auto later =
        replaced(write_shared_parameters(sample_shared()), "</xr:conf>", "<future x='1'>1</future></xr:conf>");
    CHECK(read_shared_parameters(later, 6));
    const auto private_later =
        replaced(write_private_parameters(sample_private()), "</xr:conf>", "<future/></xr:conf>");
    CHECK(read_private_parameters(private_later, 3));
    const auto version_2 = read_private_parameters(private_later, 2);
    REQUIRE_FALSE(version_2);
    CHECK(contains(version_2.error().detail, "future"));
}

TEST_CASE("GC-47: certificates are DER when written, and PEM inside the Base64 is unwrapped when read") {
    auto shared = sample_shared();
    shared.approved_cas[0].top.certificate =
        "Subject: somebody\n-----BEGIN CERTIFICATE-----\ndG9w\n-----END CERTIFICATE-----\n"
        "-----BEGIN CERTIFICATE-----\neHh4\n-----END CERTIFICATE-----\n";
    const auto read = read_shared_parameters(write_shared_parameters(shared), 6);
    REQUIRE(read);
    CHECK(read->approved_cas[0].top.certificate == "top");
    CHECK(write_shared_parameters(*read) == write_shared_parameters(sample_shared()));
}

TEST_CASE("a group member of which it is unclear whom it means gives nobody a right") {
    const auto text =
        replaced(write_shared_parameters(sample_shared()), "id:objectType=\"SUBSYSTEM\"", "id:objectType=\"MEMBER\"");
    const auto read = read_shared_parameters(text, 6);
    REQUIRE(read);
    CHECK(read->groups[0].members == std::vector{client("GOV", "1")});
}

TEST_CASE("private parameters are read back as they were written, and fit the schema") {
    const auto text = write_private_parameters(sample_private());
    check_schema(text, "private-parameters-v3.xsd", "v3/private-parameters.xsd");
    const auto read = read_private_parameters(text, 6);
    REQUIRE_MESSAGE(read, read.error().detail);
    CHECK(write_private_parameters(*read) == text);
    CHECK(read->management_certificate == "leaf");
    CHECK(read->management_provider == client("GOV", "1", "roads"));
    CHECK(read->time_stamping_interval_seconds == 90);
    CHECK(read->anchors.at(0).sources.size() == 2);
}

TEST_CASE("private parameters are refused, with their reason, when they") {
    const auto good = write_private_parameters(sample_private());
    struct {
        const char* why;
        std::string document;
        std::string_view says;
    } const wrong[] = {
        {"lack the provider",
         replaced(replaced(good, "<managementRequestServiceProviderId id:objectType=\"SUBSYSTEM\">", "<!--"),
                  "</managementRequestServiceProviderId>", "-->"),
         "managementRequestServiceProviderId"},
        {"name a provider of unclear kind", replaced(good, "\"SUBSYSTEM\"", "\"MEMBER\""), "does not fit"},
        {"lack the interval",
         replaced(replaced(good, "<timeStampingIntervalSeconds>", "<!--"), "</timeStampingIntervalSeconds>", "-->"),
         "timeStampingIntervalSeconds"},
        {"have an interval too large for anybody", replaced(good, ">90<", ">99999999999999999999<"), "whole number"},
    };
    for (const auto& [why, document, says] : wrong) SUBCASE(why) {
            const auto read = read_private_parameters(document, 6);
            REQUIRE_FALSE(read);
            CHECK(read.error().code == FaultCode::malformed_global_conf);
            CHECK_MESSAGE(contains(read.error().detail, says), read.error().detail);
        }
}

TEST_CASE("GC-52: optional parts change a value, or leave the default") {
    const auto part = [](std::string_view content) {
        return "<x:conf xmlns:x='http://x-road.eu/xsd/xroad.xsd'>" + std::string(content) + "</x:conf>";
    };
    OptionalParameters into;
    CHECK(read_fetch_interval(part(""), into));
    CHECK(read_next_update(part(""), into));
    CHECK(into.ocsp_fetch_interval_seconds == 1200);
    CHECK(into.verify_next_update);
    CHECK(read_fetch_interval(part("<ocspFetchInterval> 60 </ocspFetchInterval>"), into));
    CHECK(read_next_update(part("<verifyNextUpdate>0</verifyNextUpdate>"), into));
    CHECK(into.ocsp_fetch_interval_seconds == 60);
    CHECK_FALSE(into.verify_next_update);
    CHECK_FALSE(read_fetch_interval(part("<ocspFetchInterval>0</ocspFetchInterval>"), into));
    CHECK_FALSE(read_next_update(part("<other/>"), into));
}
