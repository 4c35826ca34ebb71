// Walking a document: names, attributes, text that is only text, ids.
#include "schemas/xml/document.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using onceway::tests::contains;
using xml::Document;

namespace {

Document parsed(std::string_view text) {
    auto document = Document::parse(text);
    REQUIRE_MESSAGE(document, document.error().detail);
    return std::move(*document);
}

}  // namespace

TEST_CASE("an element knows its names and its place") {
    const auto document = parsed("<p:a xmlns:p='u' xmlns='v'><b/>text<p:b/><b>x</b></p:a>");
    const auto root = document.root();
    CHECK(root.name() == "a");
    CHECK(root.space() == "u");
    CHECK(root.prefix() == "p");
    CHECK(root.qualified_name() == "p:a");
    CHECK_FALSE(root.parent());
    REQUIRE(root.children().size() == 3);
    CHECK(root.children("v", "b").size() == 2);
    CHECK(root.child("u", "b")->qualified_name() == "p:b");
    CHECK(root.child("v", "b")->qualified_name() == "b");
    CHECK_FALSE(root.child("", "b"));
    CHECK(*root.children()[0].parent() == root);
    CHECK(root.first_node_is_element());
    CHECK_FALSE(root.holds_only_elements());
    CHECK(document.find("v", "b").size() == 2);
    CHECK(document.find([](const xml::Element&) { return true; }, 2).size() == 2);
}

TEST_CASE("attributes are found by their namespace, and their escapes are resolved") {
    const auto document = parsed("<a xmlns:p='u' x='1 &amp; &#13;' p:x='2'/>");
    CHECK(document.root().attribute("x") == "1 & \r");
    CHECK(document.root().attribute("u", "x") == "2");
    CHECK_FALSE(document.root().attribute("y"));
    CHECK(document.root().has_only_attributes({"x", "{u}x"}));
    CHECK_FALSE(document.root().has_only_attributes({"x"}));
}

TEST_CASE("attributes of XML Schema's instance namespace may stand anywhere") {
    const auto document = parsed("<a xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:schemaLocation='x y'/>");
    CHECK(document.root().has_only_attributes({}));
}

TEST_CASE("the text of an element is refused when it holds") {
    struct {
        const char* why;
        const char* text;
        std::string_view says;
    } const wrong[] = {
        {"an element", "<a>1<b/>2</a>", "an element"},
        {"a comment", "<a>1<!-- x -->2</a>", "a comment"},
        {"a CDATA section", "<a>1<![CDATA[2]]></a>", "a CDATA section"},
        {"a processing instruction", "<a>1<?x?>2</a>", "a processing instruction"},
    };
    for (const auto& [why, text, says] : wrong) SUBCASE(why) {
            const auto document = parsed(text);
            const auto value = document.root().text();
            REQUIRE_FALSE(value);
            CHECK(value.error().code == FaultCode::invalid_xml);
            CHECK(contains(value.error().detail, says));
        }
    CHECK(*parsed("<a> 1 &lt; &#x32; </a>").root().text() == " 1 < 2 ");
    CHECK(*parsed("<a/>").root().text() == "");
    CHECK(parsed("<a>1<b>2<![CDATA[3]]></b><!-- 4 -->5</a>").root().loose_text() == "1235");
}

TEST_CASE("ids are found under each of their spellings, and doubled ones are noticed") {
    const auto document = parsed("<a Id='one'><b ID='two'/><c id='three'/><d xml:id='four' Id='four'/></a>");
    CHECK(document.with_id("one")[0].name() == "a");
    CHECK(document.with_id("two")[0].name() == "b");
    CHECK(document.with_id("three")[0].name() == "c");
    CHECK(document.with_id("four").size() == 1);
    CHECK(document.with_id("five").empty());
    CHECK_FALSE(document.has_duplicate_ids());

    const auto doubled = parsed("<a Id='one'><b id='one'/></a>");
    CHECK(doubled.has_duplicate_ids());
    CHECK(doubled.with_id("one").size() == 2);
}

TEST_CASE("escaped text comes back as it was, and what XML cannot hold is replaced") {
    const std::string text = "a<b>&\"'\r\n\tü€😀";
    const auto content = parsed("<a>" + xml::escape(text) + "</a>");
    CHECK(*content.root().text() == text);
    const auto attribute = parsed("<a b=\"" + xml::escape("a<b>&\"'\r") + "\"/>");
    CHECK(attribute.root().attribute("b") == "a<b>&\"'\r");
    CHECK(xml::escape("\r") == "&#13;");
    CHECK(xml::escape(std::string_view("\x01\0", 2)) == "\xef\xbf\xbd\xef\xbf\xbd");
    // One replacement for each octet that belongs to no character: 1 + 3 (U+FFFE) + 2 (cut off).
    std::string replaced;
    for (int i = 0; i < 6; ++i) replaced += "\xef\xbf\xbd";
    CHECK(xml::escape("\xff\xef\xbf\xbe\xe2\x82") == replaced);
}
