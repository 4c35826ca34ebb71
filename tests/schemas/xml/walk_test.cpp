#include "schemas/xml/walk.hpp"

#include "schemas/xml/encoding.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <vector>

using namespace onceway;
using onceway::tests::contains;
using namespace std::string_literals;

namespace {

/// Writes down what it is told.
struct Notes : xml::Visitor {
    explicit Notes(std::string_view whole) : document(whole) {}

    void begins(const xml::StartTag& tag) override {
        said += fmt::format("<{}|{}> ", tag.space, tag.name);
        tags.emplace_back(document.substr(tag.begin, tag.end - tag.begin));
        if (const auto value = tag.attribute("urn:q", "a")) said += fmt::format("q:a={} ", *value);
        if (tag.declares(tag.prefix)) said += "declared ";
        if (tag.name == stop_at) refusal = fault(FaultCode::not_found, "enough");
    }
    void text(std::string_view piece) override { said += piece; }
    void ends(std::size_t begin, std::size_t end) override {
        said += "/ ";
        tags.emplace_back(document.substr(begin, end - begin));
    }

    std::string_view document, stop_at;
    std::string said;
    std::vector<std::string> tags;
};

}  // namespace

TEST_CASE("a walk tells elements, namespaces and text in order, and where each tag stands") {
    const auto document =
        "<?xml version='1.0'?><!-- <x/> -->\n<a><q:b xmlns:q='urn:q' q:a='1 &gt; &#50;' c='>'\n>é&lt;"
        "<![CDATA[<d/>]]></q:b\t><e  /></a >"s;
    Notes notes(document);
    const auto walked = xml::walk(document, notes);
    REQUIRE_MESSAGE(walked, walked.error().detail);
    CHECK(notes.said == "<|a> <urn:q|b> q:a=1 > 2 declared é<<d/>/ <|e> / / ");
    CHECK(notes.tags == std::vector<std::string>{"<a>", "<q:b xmlns:q='urn:q' q:a='1 &gt; &#50;' c='>'\n>", "</q:b\t>",
                                                 "<e  />", "<e  />", "</a >"});
}

TEST_CASE("places are right beyond any buffer of the library, and from one document to the next on the same thread") {
    for (const std::size_t size : {0u, 100'000u, 10u}) {
        std::string document = "<a>";
        for (std::size_t i = 0; i < size; ++i) document += fmt::format("<b{} c='é'/>é", i % 10);
        document += "</a>";
        Notes notes(document);
        REQUIRE(xml::walk(document, notes));
        REQUIRE(notes.tags.size() == 2 * size + 2);
        for (std::size_t i = 0; i < size; ++i) REQUIRE(notes.tags[2 * i + 1] == fmt::format("<b{} c='é'/>", i % 10));
        CHECK(notes.tags.back() == "</a>");
    }
}

TEST_CASE("a visitor that has seen enough ends the walk with its own fault") {
    const auto document = "<a><b/><c/></a>"s;
    Notes notes(document);
    notes.stop_at = "b";
    const auto walked = xml::walk(document, notes);
    REQUIRE_FALSE(walked);
    CHECK(walked.error().code == FaultCode::not_found);
    CHECK(walked.error().detail == "enough");
    CHECK_FALSE(contains(notes.said, "c"));

    Notes next(document);  // nothing of it is left to the next walk of this thread
    CHECK(xml::walk(document, next));
}

TEST_CASE("a walk has the bounds of a parse") {
    struct {
        const char* why;
        std::string document;
        FaultCode code;
        std::string_view says;
    } const wrong[] = {
        {"DOCTYPE", "<!DOCTYPE a><a/>", FaultCode::invalid_xml, "DOCTYPE"},
        {"an entity", "<a>&b;</a>", FaultCode::invalid_xml, "b"},
        {"a prefix that nobody declared", "<q:a/>", FaultCode::invalid_xml, "q"},
        {"an end that is not there", "<a>", FaultCode::invalid_xml, "end of data"},
        {"something behind the end", "<a/>b", FaultCode::invalid_xml, "end of the document"},
        {"XML 1.1", "<?xml version='1.1'?><a/>", FaultCode::invalid_xml, "1.0"},
        {"a NUL behind the end", "<a/>\0<b>"s, FaultCode::invalid_xml, "NUL"},
        {"octets that are no UTF-8", "<a>\xff</a>", FaultCode::invalid_xml, "no UTF-8"},
        {"another mark", "\xef\xbb\xbf<a/>", FaultCode::invalid_xml, "mark"},
        {"depth", "<a><b><c><d/></c></b></a>", FaultCode::too_large, "too deep (limit 3)"},
        {"length", "<a>" + std::string(1'000, ' ') + "</a>", FaultCode::too_large, "too many octets (limit 1000)"},
        {"nothing", "", FaultCode::invalid_xml, "empty"},
    };
    for (const auto& [why, document, code, says] : wrong) SUBCASE(why) {
            Notes notes(document);
            const auto walked = xml::walk(document, notes, {.octets = 1'000, .depth = 3});
            REQUIRE_FALSE(walked);
            CHECK(walked.error().code == code);
            CHECK_MESSAGE(contains(walked.error().detail, says), walked.error().detail);
        }
    const auto fits = "<a><b><c/></b>" + std::string(900, ' ') + "</a>";
    Notes notes(fits);
    CHECK(xml::walk(fits, notes, {.octets = 1'000, .depth = 3}));
}

TEST_CASE("an encoding that the declaration names means nothing to a walk: the text is UTF-8") {
    const auto document = "<?xml version='1.0' encoding='ISO-8859-1'?><a>é</a>"s;
    Notes notes(document);
    REQUIRE(xml::walk(document, notes));
    CHECK(notes.said == "<|a> é/ ");
}

TEST_CASE("a document comes to UTF-8 as its mark or its declaration says") {
    const auto text = xml::as_utf8("<?xml version='1.0' encoding='iso-8859-15'?><a>\xa4</a>");
    REQUIRE_MESSAGE(text, text.error().detail);
    CHECK(text->text() == "<?xml version='1.0' encoding='iso-8859-15'?><a>€</a>");
    CHECK(xml::declared_encoding(text->text()) == "iso-8859-15");

    const auto marked = xml::as_utf8("\xef\xbb\xbf<a>é</a>", "utf-8");
    REQUIRE_MESSAGE(marked, marked.error().detail);
    CHECK(marked->mark);
    CHECK_FALSE(marked->converted.has_value());
    CHECK(marked->text() == "<a>é</a>");

    const auto contradicting = xml::as_utf8("\xef\xbb\xbf<a/>", "iso-8859-1");
    REQUIRE_FALSE(contradicting);
    CHECK(contains(contradicting.error().detail, "the content type says 'iso-8859-1'"));
    CHECK(xml::declared_encoding("<a encoding='x'/>").empty());
    CHECK(xml::declared_encoding("<?xml version='1.0'?>").empty());
    CHECK(xml::declared_encoding("<?xml encoding=").empty());
}
