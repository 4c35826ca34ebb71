// Envelopes in every encoding, and envelopes that somebody made to cost us something.
#include "schemas/base/limits.hpp"
#include "schemas/message/soap.hpp"

#include "tests/schemas/message/soap_envelope.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/effort.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::message;
using namespace onceway::tests;
using namespace onceway::tests::soap;
using namespace std::string_literals;

namespace {

std::string declared(std::string_view encoding) {
    return "<?xml version=\"1.0\" encoding=\"" + std::string(encoding) + "\"?>\n";
}

/// An envelope with `issue` in its header, declared as `encoding`; nothing is converted.
Octets with_issue(std::string_view encoding, std::string_view issue) {
    return Envelope{.declaration = encoding.empty() ? "" : declared(encoding), .more = element("x:issue", issue)}
        .text();
}

/// ASCII as UTF-16.
Octets wide(std::string_view ascii, bool big) {
    Octets octets = big ? "\xfe\xff" : "\xff\xfe";
    for (const char c : ascii) octets += big ? Octets{'\0', c} : Octets{c, '\0'};
    return octets;
}

Octets repeated(std::size_t count, std::string_view text) {
    Octets all;
    all.reserve(count * text.size());
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

Octets with_body(std::string_view content) {
    return Envelope{.body = "<getPerson>" + std::string(content) + "</getPerson>"}.text();
}

const Octets mark = "\xef\xbb\xbf";

}  // namespace

TEST_CASE("an envelope is read in the encoding that it declares:") {
    struct {
        const char* why;
        Octets envelope;
        std::string_view content_type;
        std::string_view issue;
    } const cases[] = {
        {"UTF-8", with_issue("utf-8", "põhi €"), "text/xml; charset=UTF-8", "põhi €"},
        {"UTF-8 that nobody declares", with_issue("", "põhi"), "text/xml", "põhi"},
        {"UTF-8 although the content type says otherwise", with_issue("UTF-8", "põhi"), "text/xml; charset=ISO-8859-1",
         "põhi"},
        {"UTF-8 with its mark", mark + with_issue("UTF-8", "põhi"), "text/xml; charset=utf-8", "põhi"},
        {"UTF-8 with its mark and no charset", mark + with_issue("", "põhi"), "text/xml", "põhi"},
        {"US-ASCII", with_issue("us-ascii", "abc"), "text/xml", "abc"},
        {"ISO-8859-1", with_issue("ISO-8859-1", "p\xf5hi"), "text/xml", "põhi"},
        {"ISO-8859-1 although the content type says UTF-8", with_issue("iso-8859-1", "p\xf5hi"),
         "text/xml; charset=UTF-8", "põhi"},
        {"ISO-8859-15", with_issue("ISO-8859-15", "\xa4"), "text/xml", "€"},
        {"Windows-1251", with_issue("windows-1251", "\xc4\xe0"), "text/xml", "Да"},
        {"Windows-1252", with_issue("Windows-1252", "\x80"), "text/xml", "€"},
        {"UTF-16, big end first", wide(with_issue("UTF-16", "abc"), true), "text/xml; charset=UTF-16", "abc"},
        {"UTF-16, little end first", wide(with_issue("UTF-16LE", "abc"), false), "text/xml", "abc"},
        {"UTF-16 by its mark alone", wide(with_issue("", "abc"), false), "text/xml; charset=utf-16le", "abc"},
    };
    for (const auto& [why, envelope, content_type, issue] : cases) SUBCASE(why) {
            const auto read = read_soap(envelope, content_type);
            REQUIRE_MESSAGE(read, read.error().detail);
            CHECK(read->header.issue == issue);
        }
}

TEST_CASE("an envelope is refused when its encoding") {
    struct {
        const char* why;
        Octets envelope;
        std::string_view content_type;
        std::string_view says;
    } const wrong[] = {
        {"is declared as UTF-8 and is not", with_issue("UTF-8", "p\xf5hi"), "text/xml", "no UTF-8"},
        {"is declared nowhere and is not UTF-8", with_issue("", "p\xf5hi"), "text/xml; charset=ISO-8859-1", "no UTF-8"},
        {"changes midway", with_issue("UTF-8", "põhi p\xf5hi"), "text/xml", "no UTF-8"},
        {"is overlong", with_issue("UTF-8", "\xc0\xbc"), "text/xml", "no UTF-8"},
        {"holds half a pair", with_issue("UTF-8", "\xed\xa0\x80"), "text/xml", "no UTF-8"},
        {"is declared as US-ASCII and is not", with_issue("US-ASCII", "\xc3\xb5"), "text/xml", "in US-ASCII"},
        {"has no such character", with_issue("windows-1252", "\x81"), "text/xml", "no meaning in CP1252"},
        {"is one that nobody knows", with_issue("klingon", "a"), "text/xml", "'klingon'"},
        {"is UTF-7", with_issue("UTF-7", "+ADw-"), "text/xml", "'UTF-7'"},
        {"is EBCDIC", with_issue("IBM037", "a"), "text/xml", "'IBM037'"},
        {"switches characters", with_issue("ISO-2022-JP", "a"), "text/xml", "'ISO-2022-JP'"},
        {"is an ISO-8859 that does not exist", with_issue("ISO-8859-12", "a"), "text/xml", "'ISO-8859-12'"},
        {"is an ISO-8859 with more behind it", with_issue("ISO-8859-1//IGNORE", "a"), "text/xml", "//IGNORE"},
        {"is declared as UTF-16 and is UTF-8", with_issue("UTF-16", "a"), "text/xml", "byte order mark"},
        {"is UTF-16 without a mark", wide(with_issue("UTF-16", "a"), false).substr(2), "text/xml", "byte order mark"},
        {"is UTF-16 without a mark, big end first", wide(with_issue("", "a"), true).substr(2), "text/xml",
         "byte order mark"},
        {"has a UTF-8 mark and another declaration", mark + with_issue("ISO-8859-1", "a"), "text/xml",
         "the declaration says 'ISO-8859-1'"},
        {"has a UTF-8 mark and another charset", mark + with_issue("UTF-8", "a"), "text/xml; charset=windows-1252",
         "the content type says 'windows-1252'"},
        {"has a UTF-16 mark and another declaration", wide(with_issue("UTF-8", "a"), true), "text/xml",
         "the declaration says 'UTF-8'"},
        {"has a UTF-16 mark of the other end", wide(with_issue("UTF-16BE", "a"), false), "text/xml",
         "the declaration says 'UTF-16BE'"},
        {"has a UTF-16 mark and another charset", wide(with_issue("UTF-16", "a"), true), "text/xml; charset=utf-8",
         "the content type says 'utf-8'"},
        {"has two marks", mark + mark + with_issue("UTF-8", "a"), "text/xml", "second byte order mark"},
        {"has a mark of UTF-8 inside UTF-16", wide("\0"s, false) + "a", "text/xml", ""},
        {"is UTF-16 cut in a character", wide(with_issue("UTF-16", "a"), false) + "\n", "text/xml", "no meaning"},
        {"is UTF-32", "\xff\xfe\0\0<\0\0\0"s, "text/xml", ""},
        {"is a mark and nothing", mark, "text/xml", "empty"},
    };
    for (const auto& [why, envelope, content_type, says] : wrong) SUBCASE(why) {
            const auto read = read_soap(envelope, content_type);
            REQUIRE_FALSE(read);
            CHECK(spelling(read.error().code) == "invalid_soap");
            CHECK_MESSAGE(contains(read.error().detail, says), read.error().detail);
        }
}

namespace {

Octets attributes(std::size_t count, std::string_view front = " a") {
    Octets all;
    for (std::size_t i = 0; i < count; ++i) all += Octets(front) + std::to_string(i) + "=''";
    return all;
}

/// An envelope that somebody made; built only when its row runs.
using Made = Octets();

}  // namespace

TEST_CASE("an envelope made to cost us something is refused at once when it") {
    struct {
        const char* why;
        Made* envelope;
        FaultCode code;
        std::string_view says;
    } const wrong[] = {
        {"has 50,000 attributes in one tag", [] { return with_body("<a" + attributes(50'000) + "/>"); },
         FaultCode::too_large, "a tag has too many octets"},
        {"has 50,000 attributes on the envelope", [] { return Envelope{.attributes = attributes(50'000)}.text(); },
         FaultCode::too_large, "a tag has too many octets"},
        {"has many attributes in many tags", [] { return with_body(repeated(700, "<a" + attributes(1'000) + "/>")); },
         FaultCode::too_large, "many attributes"},
        {"has more than ten million octets in one CDATA section",
         [] { return with_body("<![CDATA[" + Octets(10'000'001, 'a') + "]]>"); }, FaultCode::too_large,
         "a CDATA section"},
        {"has many elements below many namespaces",
         [] {
             Octets many;
             for (int i = 0; i < 400; ++i) many += " xmlns:a" + std::to_string(i) + "='u'";
             return with_body(repeated(90, "<a" + many + ">") + repeated(200'000, "<b/>") + repeated(90, "</a>"));
         },
         FaultCode::too_large, "many namespaces"},
        {"is 101 elements deep", [] { return with_body(repeated(98, "<a>") + repeated(98, "</a>")); },
         FaultCode::too_large, "too deep (limit 100)"},
        {"is 100,000 elements deep", [] { return with_body(repeated(100'000, "<a>")); }, FaultCode::too_large,
         "too deep"},
        {"is deep below a header", [] { return Envelope{.more = repeated(100'000, "<a>")}.text(); },
         FaultCode::too_large, "too deep"},
        {"is one octet too large",
         [] { return with_body(Octets(limits::message_part_octets - with_body("").size() + 1, ' ')); },
         FaultCode::too_large, "10485761 octets"},
        {"grows beyond the limit as UTF-8",
         [] {
             return Envelope{.declaration = declared("windows-1252"),
                             .body = "<getPerson>" + Octets(limits::message_part_octets / 2, '\x80') + "</getPerson>"}
                 .text();
         },
         FaultCode::too_large, "too many octets"},
        {"has an id of a megabyte",
         [] {
             return Envelope{.header = client() + service() + version() + element("x:id", Octets(1024 * 1024, 'a'))}
                 .text();
         },
         FaultCode::too_large, "an element has more than 65536 octets"},
        {"has a name of a megabyte", [] { return with_body("<" + Octets(1024 * 1024, 'a') + "/>"); },
         FaultCode::too_large, "a tag has too many octets"},
        {"is cut in a tag", [] { return Envelope{}.text().substr(0, 300); }, FaultCode::invalid_soap, ""},
        {"is cut in a comment", [] { return with_body("<!-- "); }, FaultCode::invalid_soap, "Premature end"},
        {"is cut in CDATA", [] { return with_body("<![CDATA[ "); }, FaultCode::invalid_soap, "Premature end"},
        {"is empty", [] { return Octets(); }, FaultCode::invalid_soap, "empty"},
        {"is no XML", [] { return Octets("GET /r1/"); }, FaultCode::invalid_soap, "'<' not found"},
        {"is HTML", [] { return Octets("<html><body>502 Bad Gateway<br></body></html>"); }, FaultCode::invalid_soap,
         "a 'html'"},
        {"is XML 1.1", [] { return Envelope{.declaration = "<?xml version='1.1'?>"}.text(); }, FaultCode::invalid_soap,
         "1.0"},
        {"has two roots", [] { return Envelope{}.text() + Envelope{.declaration = ""}.text(); },
         FaultCode::invalid_soap, "end of the document"},
        {"has text behind its end", [] { return Envelope{}.text() + "x"; }, FaultCode::invalid_soap,
         "end of the document"},
        {"has a DOCTYPE behind a comment", [] { return Envelope{.declaration = "<!-- --><!DOCTYPE a>"}.text(); },
         FaultCode::invalid_soap, "DOCTYPE"},
        {"has a DOCTYPE in its Body", [] { return with_body("<!DOCTYPE a>"); }, FaultCode::invalid_soap, "DOCTYPE"},
        {"has an undeclared prefix", [] { return with_body("<q:a/>"); }, FaultCode::invalid_soap, "prefix q"},
        {"has an attribute twice", [] { return with_body("<a b='1' b='2'/>"); }, FaultCode::invalid_soap, "redefined"},
        {"has an attribute twice under two prefixes",
         [] { return with_body("<a xmlns:c='u' xmlns:d='u' c:b='1' d:b='2'/>"); }, FaultCode::invalid_soap,
         "redefined"},
        {"holds a NUL", [] { return with_body("\0"s); }, FaultCode::invalid_soap, "a NUL"},
        {"has a NUL and more behind its end", [] { return Envelope{}.text() + "\0<a/>"s; }, FaultCode::invalid_soap,
         "a NUL"},
        {"refers to a NUL", [] { return with_body("&#0;"); }, FaultCode::invalid_soap, "xmlChar value 0"},
        {"holds a control character", [] { return with_body("\x01"); }, FaultCode::invalid_soap,
         "invalid Char value 1"},
    };
    for (const auto& [why, make, code, says] : wrong) SUBCASE(why) {
            const auto envelope = make();
            const Effort effort;
            const auto read = read_soap(envelope);
            CHECK(effort.within(std::chrono::seconds(2)));
            REQUIRE_FALSE(read);
            CHECK(spelling(read.error().code) == spelling(code));
            CHECK_MESSAGE(contains(read.error().detail, says), read.error().detail);
            CHECK_FALSE(with_request_hash(envelope, Octets(64, 'a')).has_value());
            CHECK_FALSE(write_soap_answer(envelope, "<a/>").has_value());
        }
}

TEST_CASE("an envelope passes although it is large, in that it") {
    struct {
        const char* why;
        Made* envelope;
    } const right[] = {
        {"has ten million octets of text", [] { return with_body(Octets(10'200'000, 'a')); }},
        {"has ten million octets in one CDATA section",
         [] { return with_body("<![CDATA[" + Octets(10'000'000, 'a') + "]]>"); }},
        {"has as many octets as may be",
         [] { return with_body(Octets(limits::message_part_octets - with_body("").size(), ' ')); }},
        {"is 100 elements deep", [] { return with_body(repeated(97, "<a>") + repeated(97, "</a>")); }},
        {"declares a namespace at each of 50,000 elements",
         [] { return with_body(repeated(50'000, "<a xmlns='urn:a' xmlns:q='urn:q' q:b='1'/>")); }},
        {"has 10,000 headers of others",
         [] { return Envelope{.more = repeated(10'000, "<o:o xmlns:o='urn:o'>1</o:o>")}.text(); }},
        {"has a user of 64 KiB", [] { return Envelope{.more = element("x:userId", Octets(64 * 1024, 'a'))}.text(); }},
    };
    for (const auto& [why, make] : right) SUBCASE(why) {
            const auto envelope = make();
            const auto read = read_soap(envelope);
            REQUIRE_MESSAGE(read, read.error().detail);
            CHECK(read->header.id == "m-1");
        }
}
