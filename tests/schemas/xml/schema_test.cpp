// Schemas: compiled from memory, with imports from memory, and nothing from anywhere else.
#include "schemas/xml/document.hpp"

#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace onceway;
using onceway::tests::contains;
using xml::Document;
using xml::Schema;

namespace {

constexpr std::string_view plain = R"(<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:element name="a"><xs:complexType><xs:sequence><xs:element name="b" type="xs:int"/></xs:sequence></xs:complexType></xs:element>
</xs:schema>)";

constexpr std::string_view importing = R"(<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:o="other">
<xs:import namespace="other" schemaLocation="http://127.0.0.1:1/folder/other.xsd"/>
<xs:element name="a"><xs:complexType><xs:sequence><xs:element ref="o:b"/></xs:sequence></xs:complexType></xs:element>
</xs:schema>)";

constexpr std::string_view other = R"(<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="other">
<xs:element name="b" type="xs:int"/></xs:schema>)";

}  // namespace

TEST_CASE("a document is validated, and the first complaint is told") {
    const auto schema = Schema::compile(plain);
    REQUIRE(schema);
    CHECK(schema->validate(*Document::parse("<a><b>1</b></a>")));
    const auto wrong = schema->validate(*Document::parse("<a><b>x</b></a>"));
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code == FaultCode::invalid_xml);
    CHECK(contains(wrong.error().detail, "'x'"));
}

TEST_CASE("imports come from memory only") {
    const auto given = Schema::compile(importing, {{"other.xsd", Octets(other)}});
    REQUIRE_MESSAGE(given, given.error().detail);
    CHECK(given->validate(*Document::parse("<a><o:b xmlns:o='other'>1</o:b></a>")));
    CHECK_FALSE(Schema::compile(importing));
    CHECK_FALSE(Schema::compile(importing, {{"another.xsd", Octets(other)}}));
}

TEST_CASE("a schema that is none is refused") {
    const auto schema = Schema::compile("<a/>");
    REQUIRE_FALSE(schema);
    CHECK(schema.error().code == FaultCode::invalid_xml);
    CHECK_FALSE(Schema::compile_file("/nowhere/x.xsd"));
}

TEST_CASE("a document that names a schema of its own does not bring one in") {
    const auto schema = Schema::compile(plain);
    const auto document = Document::parse(
        "<a xmlns:i='http://www.w3.org/2001/XMLSchema-instance' "
        "i:noNamespaceSchemaLocation='/etc/hostname'><b>1</b></a>");
    CHECK(schema->validate(*document));
}

TEST_CASE("one schema serves several threads") {
    const auto schema = Schema::compile(plain);
    REQUIRE(schema);
    std::vector<std::thread> threads;
    std::atomic<int> valid = 0;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            for (int k = 0; k < 50; ++k)
                if (schema->validate(*Document::parse("<a><b>1</b></a>"))) ++valid;
        });
    for (auto& thread : threads) thread.join();
    CHECK(valid == 200);
}
