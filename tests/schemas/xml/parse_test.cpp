// The bounded reader: what it refuses, why, and how quickly.
#include "schemas/xml/document.hpp"

#include "tests/support/contains.hpp"
#include "tests/support/effort.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>

using namespace onceway;
using onceway::tests::contains;
using xml::Bounds;
using xml::Document;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
    std::string all;
    all.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

/// Elements one inside the other, `depth` of them.
std::string nested(std::size_t depth) { return repeated("<a>", depth) + repeated("</a>", depth); }

std::string with_attributes(std::size_t count) {
    std::string tag = "<a";
    for (std::size_t i = 0; i < count; ++i) tag += fmt::format(" b{}=''", i);
    return tag + "/>";
}

std::string with_namespaces(std::size_t count) {
    std::string tag = "<a";
    for (std::size_t i = 0; i < count; ++i) tag += fmt::format(" xmlns:n{0}='u{0}'", i);
    return tag + "/>";
}

}  // namespace

TEST_CASE("a document within the bounds is read when it") {
    struct {
        const char* why;
        std::string text;
    } const fine[] = {
        {"has no declaration", "<a/>"},
        {"declares UTF-8", "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><a/>"},
        {"declares utf-8 in lower case and single quotes", "<?xml version='1.0' encoding='utf-8'?>\n<a/>"},
        {"has comments and processing instructions around its root", "<!-- < \" > --><?x <a> ?><a/><!--> -->"},
        {"holds '>' inside an attribute", "<a b='>>>'><c/></a>"},
        {"holds what looks like a tag inside CDATA", "<a><![CDATA[<b c='>]]></a>"},
        {"begins with a byte order mark", "\xef\xbb\xbf<a/>"},
        {"is as deep as allowed", nested(100)},
        {"has as many attributes as allowed in one tag of 16 KiB", with_attributes(1'700)},
        {"names an encoding in its content only", "<a encoding='UTF-16'/>"},
    };
    for (const auto& [why, text] : fine) SUBCASE(why) {
            const auto document = Document::parse(text);
            REQUIRE_MESSAGE(document, document.error().detail);
            CHECK(document->root().name() == "a");
        }
}

TEST_CASE("a document is refused, with its reason, when it") {
    struct {
        const char* why;
        std::string text;
        FaultCode code;
        std::string_view says;
    } const wrong[] = {
        {"is empty", "", FaultCode::invalid_xml, "empty"},
        {"is no XML", "hello", FaultCode::invalid_xml, "Start tag"},
        {"does not end", "<a><b></b>", FaultCode::invalid_xml, "Premature end"},
        {"ends in the wrong tag", "<a></b>", FaultCode::invalid_xml, "mismatch"},
        {"has octets behind its root", "<a/>x", FaultCode::invalid_xml, "Extra content"},
        {"has a DOCTYPE", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", FaultCode::invalid_xml, "DOCTYPE"},
        {"has a DOCTYPE behind a comment", "<!-- - --><!DOCTYPE a SYSTEM 'http://127.0.0.1:1/'><a/>",
         FaultCode::invalid_xml, "DOCTYPE"},
        {"refers to an entity that nobody declared", "<a>&x;</a>", FaultCode::invalid_xml, "not defined"},
        {"uses a prefix that nobody declared", "<x:a/>", FaultCode::invalid_xml, "prefix"},
        {"uses an attribute prefix that nobody declared", "<a x:b=''/>", FaultCode::invalid_xml, "prefix"},
        {"has one attribute twice", "<a b='' b=''/>", FaultCode::invalid_xml, "redefined"},
        {"has one attribute twice through two prefixes", "<a xmlns:x='u' xmlns:y='u' x:b='' y:b=''/>",
         FaultCode::invalid_xml, "redefined"},
        {"is XML 1.1", "<?xml version='1.1'?><a/>", FaultCode::invalid_xml, "1.0"},
        {"is XML 1.9", "<?xml version='1.9'?><a/>", FaultCode::invalid_xml, "1.0"},
        {"declares another encoding", "<?xml version='1.0' encoding='ISO-8859-1'?><a/>", FaultCode::invalid_xml,
         "ISO-8859-1"},
        {"declares UTF-7", "<?xml version='1.0' encoding='UTF-7'?><a/>", FaultCode::invalid_xml, "UTF-7"},
        {"is UTF-16", std::string("\xff\xfe<\0a\0/\0>\0", 10), FaultCode::invalid_xml, "UTF-8"},
        {"holds an overlong form", "<a>\xc0\xaf</a>", FaultCode::invalid_xml, "UTF-8"},
        {"holds a surrogate", "<a>\xed\xa0\x80</a>", FaultCode::invalid_xml, "UTF-8"},
        {"holds a control character", "<a>\x01</a>", FaultCode::invalid_xml, "line 1"},
        {"lies too deep", nested(101), FaultCode::too_large, "too deep"},
        {"has a tag of more than 16 KiB", "<a b='" + std::string(17'000, 'x') + "'/>", FaultCode::too_large, "tag"},
        {"hides a long tag behind a quote", "<a b='>" + std::string(17'000, 'x') + "'/>", FaultCode::too_large, "tag"},
        {"has 50,000 attributes in one tag", with_attributes(50'000), FaultCode::too_large, "tag"},
        {"has too many namespace declarations", with_namespaces(400) + "", FaultCode::too_large, "namespace"},
    };
    Bounds bounds;
    bounds.namespaces = 300;
    for (const auto& [why, text, code, says] : wrong) SUBCASE(why) {
            const auto document = Document::parse(text, bounds);
            REQUIRE_FALSE(document);
            CHECK(document.error().code == code);
            CHECK_MESSAGE(contains(document.error().detail, says), document.error().detail);
        }
}

TEST_CASE("a document larger than its bound is refused before it is looked at") {
    Bounds bounds;
    bounds.octets = 10;
    CHECK(Document::parse("<abcdef/>", bounds));
    const auto document = Document::parse("<abcdefgh/>", bounds);
    REQUIRE_FALSE(document);
    CHECK(document.error().code == FaultCode::too_large);
}

TEST_CASE("a byte order mark never stands in front of what somebody signed") {
    const auto document = Document::parse("\xef\xbb\xbf<a/>", xml::canonical_bounds);
    REQUIRE_FALSE(document);
    CHECK(contains(document.error().detail, "byte order mark"));
    CHECK(Document::parse("<a/>", xml::canonical_bounds));
}

TEST_CASE("documents made to be slow are refused in little time:") {
    std::string declarations;
    for (int i = 0; i < 100; ++i) declarations += fmt::format(" xmlns:n{0}='u{0}'", i);
    std::string deep;
    for (int i = 0; i < 90; ++i) deep += "<a" + declarations + ">";
    struct {
        const char* why;
        std::string text;
    } const slow[] = {
        {"many tags of many attributes", "<r>" + repeated(with_attributes(1'700), 500) + "</r>"},
        {"900 namespaces over a million elements",
         with_namespaces(900).replace(with_namespaces(900).size() - 2, 2, ">") + repeated("<n0:b/>", 1'000'000) +
             "</a>"},
        {"levels of declarations", deep},
        {"laughs",
         "<!DOCTYPE a [<!ENTITY b '" + std::string(10'000, 'b') + "'>]><a>" + repeated("&b;", 10'000) + "</a>"},
    };
    for (const auto& [why, text] : slow) SUBCASE(why) {
            const tests::Effort effort;
            const auto document = Document::parse(text);
            REQUIRE_FALSE(document);
            // Generous, for a sanitized build on a busy machine; unguarded these take from seconds to minutes.
            CHECK(effort.within(std::chrono::seconds(2)));
        }
}

TEST_CASE("a document of more than ten million octets is read, whatever its last ones are") {
    const auto document = Document::parse("<a>" + repeated("<b c='d'>" + std::string(1'000, 'x') + "</b>", 11'000) +
                                              std::string(400, ' ') + "</a>\n" + std::string(400, ' '),
                                          xml::configuration_bounds);
    REQUIRE_MESSAGE(document, document.error().detail);
    CHECK(document->root().children().size() == 11'000);
}

TEST_CASE("a large document of many small elements is read") {
    const auto document =
        Document::parse("<a>" + repeated("<b>text</b>", 3'000'000) + "</a>", xml::configuration_bounds);
    REQUIRE_MESSAGE(document, document.error().detail);
    CHECK(document->root().children().size() == 3'000'000);
}
