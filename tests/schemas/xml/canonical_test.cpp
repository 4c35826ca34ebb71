// The octets that signatures cover.
#include "schemas/xml/document.hpp"

#include "certs/keys/digest.hpp"

#include "tests/support/temporary_folder.hpp"
#include "tests/support/vectors.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace onceway;
using onceway::tests::contents_of;
using onceway::tests::vectors;
using xml::C14n;
using xml::Document;

namespace {

Document parsed(std::string_view text, const xml::Bounds& bounds = xml::canonical_bounds) {
    auto document = Document::parse(text, bounds);
    REQUIRE_MESSAGE(document, document.error().detail);
    return std::move(*document);
}

/// Every signature document that stands in `octets`.
std::vector<std::string> signatures_in(const std::string& octets) {
    constexpr std::string_view begin_mark = "<asic:XAdESSignatures", end_mark = "</asic:XAdESSignatures>";
    std::vector<std::string> found;
    for (auto at = octets.find(begin_mark); at != std::string::npos; at = octets.find(begin_mark, at + 1)) {
        const auto end = octets.find(end_mark, at);
        if (end != std::string::npos) found.push_back(octets.substr(at, end - at + end_mark.size()));
    }
    return found;
}

}  // namespace

TEST_CASE("the canonical form of a part stands in the context of the whole document:") {
    struct {
        const char* what;
        const char* document;
        C14n algorithm;
        const char* canonical;
    } const rows[] = {
        {"inclusive form inherits namespaces and xml: attributes",
         "<r xmlns='urn:u' xmlns:p='urn:v' xml:lang='en'><e b='2' a=\"1\"/></r>", C14n::inclusive,
         "<e xmlns=\"urn:u\" xmlns:p=\"urn:v\" a=\"1\" b=\"2\" xml:lang=\"en\"></e>"},
        {"exclusive form takes only what is used",
         "<r xmlns='urn:u' xmlns:p='urn:v' xml:lang='en'><e b='2' a=\"1\"/></r>", C14n::exclusive,
         "<e xmlns=\"urn:u\" a=\"1\" b=\"2\"></e>"},
        {"comments go, processing instructions stay", "<r><e><!-- c --><?p i?>t</e></r>", C14n::inclusive,
         "<e><?p i?>t</e>"},
        {"carriage returns, quotes and brackets are escaped", "<r><e a='&#13;&#9;\"'>&#13;&lt;&gt;\"</e></r>",
         C14n::inclusive, "<e a=\"&#xD;&#x9;&quot;\">&#xD;&lt;&gt;\"</e>"},
        {"line ends become LF and CDATA becomes text", "<r><e>a\r\nb<![CDATA[<]]></e></r>", C14n::inclusive,
         "<e>a\nb&lt;</e>"},
        {"a default namespace can be undone", "<r xmlns='urn:u'><e xmlns=''><f/></e></r>", C14n::exclusive,
         "<e><f></f></e>"},
    };
    for (const auto& [what, text, algorithm, expected] : rows) SUBCASE(what) {
            const auto document = parsed(text);
            const auto canonical = document.canonical(document.root().children()[0], algorithm);
            REQUIRE(canonical);
            CHECK(*canonical == expected);
        }
}

TEST_CASE("a relative namespace has no canonical form") {
    const auto document = parsed("<r xmlns:p='relative'><e p:a=''/></r>");
    const auto canonical = document.canonical(document.root().children()[0], C14n::inclusive);
    REQUIRE_FALSE(canonical);
    CHECK(canonical.error().code == FaultCode::invalid_xml);
}

TEST_CASE("genuine signatures: the canonical SignedProperties have the digest that the signature states") {
    const auto recordings = vectors();
    if (!recordings) return;
    const auto folder = *recordings / "exchanges";
    constexpr std::string_view space = "http://www.w3.org/2000/09/xmldsig#";
    int checked = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.path().filename().string().ends_with("-proxy.body")) continue;
        for (const auto& text : signatures_in(contents_of(entry.path()))) {
            const auto document = parsed(text);
            const auto properties = document.with_id("signed-properties");
            REQUIRE(properties.size() == 1);
            const auto canonical = document.canonical(properties[0], C14n::inclusive);
            REQUIRE(canonical);
            for (const auto& reference : document.find(space, "Reference")) {
                if (reference.attribute("URI") != "#signed-properties") continue;
                const auto digest = from_spaced_base64(*reference.child(space, "DigestValue")->text());
                CHECK_MESSAGE(keys::sha512(*canonical) == *digest, entry.path().string());
                ++checked;
            }
        }
    }
    MESSAGE("signatures checked: " << checked);
    CHECK(checked > 100);
}
