// The places where we write into an envelope: what is put in, and that every other octet stays.
#include "schemas/base/limits.hpp"
#include "schemas/message/soap.hpp"
#include "schemas/xml/document.hpp"

#include "tests/schemas/message/soap_envelope.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::message;
using namespace onceway::tests;
using namespace onceway::tests::soap;

namespace {

const Octets digest(64, '\x5a');

/// Both ways of writing the hash, which must agree.
Result<Octets> hashed(OctetsView answer) {
    auto read = read_soap(answer);
    if (!read) return read.error();
    auto written = with_request_hash(answer, *read, digest);
    const auto anew = with_request_hash(answer, digest);
    REQUIRE(written.has_value() == anew.has_value());
    if (written) CHECK(*written == *anew);
    return written;
}

std::string hash_element(std::string_view name = "x:requestHash", std::string_view declaration = "") {
    return "<" + std::string(name) + std::string(declaration) +
           " algorithmId=\"http://www.w3.org/2001/04/xmlenc#sha512\">" + to_base64(digest) + "</" + std::string(name) +
           ">";
}

/// Headers of an answer in which `ident` stands for the element id.
std::string header_with(std::string_view ident) { return client() + service() + std::string(ident) + version(); }

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("the request hash stands behind the id, and every other octet is the provider's") {
    struct {
        const char* why;
        std::string ident, becomes;  // the id element, and what stands there afterwards
    } const cases[] = {
        {"a plain id", "<x:id>m</x:id>", "<x:id>m</x:id>" + hash_element()},
        {"an id without content", "<x:id/>", "<x:id/>" + hash_element()},
        {"an id with blanks in its tags", "<x:id\n>m</x:id\t >", "<x:id\n>m</x:id\t >" + hash_element()},
        {"markup inside the id", "<x:id a='>'>m<![CDATA[</x:id>]]><!-- </x:id> --></x:id>",
         "<x:id a='>'>m<![CDATA[</x:id>]]><!-- </x:id> --></x:id>" + hash_element()},
        {"a prefix that only the id knows", "<y:id xmlns:y='http://x-road.eu/xsd/xroad.xsd'>m</y:id>",
         "<y:id xmlns:y='http://x-road.eu/xsd/xroad.xsd'>m</y:id>" +
             hash_element("y:requestHash", " xmlns:y=\"http://x-road.eu/xsd/xroad.xsd\"")},
        {"a prefix that means something else around", "<i:id xmlns:i='http://x-road.eu/xsd/xroad.xsd'>m</i:id>",
         "<i:id xmlns:i='http://x-road.eu/xsd/xroad.xsd'>m</i:id>" +
             hash_element("i:requestHash", " xmlns:i=\"http://x-road.eu/xsd/xroad.xsd\"")},
        {"a default namespace on the id", "<id xmlns='http://x-road.eu/xsd/xroad.xsd'>m</id>",
         "<id xmlns='http://x-road.eu/xsd/xroad.xsd'>m</id>" +
             hash_element("requestHash", " xmlns=\"http://x-road.eu/xsd/xroad.xsd\"")},
        {"a declaration that is written with references", "<z:id xmlns:z='http://x-road.eu/xsd/&#x78;road.xsd'/>",
         "<z:id xmlns:z='http://x-road.eu/xsd/&#x78;road.xsd'/>" +
             hash_element("z:requestHash", " xmlns:z=\"http://x-road.eu/xsd/xroad.xsd\"")},
        {"a hash of the provider's own", "<x:id>m</x:id>\n <x:requestHash algorithmId='a'>Zm9v</x:requestHash>\n ",
         "<x:id>m</x:id>" + hash_element() + "\n \n "},
        {"a hash right behind the id", "<x:id>m</x:id><x:requestHash/>", "<x:id>m</x:id>" + hash_element()},
        {"a hash before the id", "<x:requestHash>Zm9v</x:requestHash><x:id>m</x:id>",
         "<x:id>m</x:id>" + hash_element()},
        {"a hash under another prefix", "<x:id>m</x:id><q:requestHash xmlns:q='http://x-road.eu/xsd/xroad.xsd'/>",
         "<x:id>m</x:id>" + hash_element()},
        {"a hash of somebody else", "<x:id>m</x:id><q:requestHash xmlns:q='urn:q'/>",
         "<x:id>m</x:id>" + hash_element() + "<q:requestHash xmlns:q='urn:q'/>"},
        {"a hash inside another header", "<x:id>m</x:id><o:o xmlns:o='urn:o'><x:requestHash/></o:o>",
         "<x:id>m</x:id>" + hash_element() + "<o:o xmlns:o='urn:o'><x:requestHash/></o:o>"},
        {"one that is only commented", "<!-- <x:id/><x:requestHash/> --><x:id>m</x:id>",
         "<!-- <x:id/><x:requestHash/> --><x:id>m</x:id>" + hash_element()},
    };
    for (const auto& [why, ident, becomes] : cases) SUBCASE(why) {
            const auto answer =
                Envelope{.header = header_with(ident), .body = "<getPersonResponse a='&#9;'/>\r\n"}.text();
            REQUIRE_MESSAGE(read_soap(answer), read_soap(answer).error().detail);
            const auto written = hashed(answer);
            REQUIRE_MESSAGE(written, written.error().detail);
            CHECK(*written == replaced(answer, ident, becomes));
            const auto again = read_soap(*written);
            REQUIRE_MESSAGE(again, again.error().detail);
            CHECK(check_request_hash(again->header, digest));
        }
    SUBCASE("a default namespace of the whole header") {
        auto answer = Envelope{.no_header = true}.text();
        answer = replaced(answer, "<e:Body>",
                          "<e:Header xmlns='http://x-road.eu/xsd/xroad.xsd'>" + client() + service() + version() +
                              "<id>m</id></e:Header><e:Body>");
        const auto written = hashed(answer);
        REQUIRE_MESSAGE(written, written.error().detail);
        CHECK(*written == replaced(answer, "<id>m</id>", "<id>m</id>" + hash_element("requestHash")));
        CHECK(read_soap(*written).has_value());
    }
}

TEST_CASE("a byte order mark stays in front of an answer in UTF-8") {
    const auto answer = "\xef\xbb\xbf" + Envelope{}.text();
    const auto written = hashed(answer);
    REQUIRE_MESSAGE(written, written.error().detail);
    CHECK(*written == replaced(answer, id(), id() + hash_element()));
    CHECK(read_soap(*written).has_value());
}

TEST_CASE("an answer in another encoding becomes UTF-8, and says so") {
    const auto body = [](std::string_view text) {
        return "<getPersonResponse>" + std::string(text) + "</getPersonResponse>";
    };
    const auto in_utf8 = [&](std::string_view name, std::string_view text) {
        return Envelope{.declaration = "<?xml version='1.0' encoding='" + std::string(name) + "' standalone='yes'?>",
                        .body = body(text)}
            .text();
    };
    SUBCASE("from ISO-8859-1") {
        const auto written = hashed(in_utf8("iso-8859-1", "p\xf5hi"));
        REQUIRE_MESSAGE(written, written.error().detail);
        CHECK(*written == replaced(in_utf8("UTF-8", "põhi"), id(), id() + hash_element()));
    }
    SUBCASE("from UTF-16, without its mark") {
        const auto text = in_utf8("UTF-16", "a");
        Octets wide("\xff\xfe", 2);
        for (const char c : text) wide += {c, '\0'};
        const auto written = hashed(wide);
        REQUIRE_MESSAGE(written, written.error().detail);
        CHECK(*written == replaced(in_utf8("UTF-8", "a"), id(), id() + hash_element()));
    }
    SUBCASE("US-ASCII is UTF-8 already") {
        const auto answer = in_utf8("us-ascii", "a");
        CHECK(*hashed(answer) == replaced(answer, id(), id() + hash_element()));
    }
}

TEST_CASE("nothing is written into what has no place for it") {
    const auto written = with_request_hash(Envelope{.no_header = true}.text(), digest);
    REQUIRE_FALSE(written);
    CHECK(written.error().code == FaultCode::invalid_soap);
    CHECK(contains(written.error().detail, "no element 'id'"));
    CHECK(with_request_hash("<a", digest).error().code == FaultCode::invalid_soap);
    CHECK(with_request_hash("<a/>", SoapMessage{}, digest).error().code == FaultCode::invalid_soap);

    auto full = Envelope{}.text();
    full += Octets(limits::message_part_octets - full.size(), ' ');
    CHECK(read_soap(full).has_value());
    CHECK(with_request_hash(full, digest).error().code == FaultCode::too_large);

    const auto answer = write_soap_answer(Envelope{.no_body = true}.text(), "<a/>");
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == FaultCode::invalid_soap);
    CHECK(contains(answer.error().detail, "no Body"));
}

TEST_CASE("our own answer repeats the header as it was written, around a body of ours") {
    const auto ours = "<x:getPersonResponse>&lt;</x:getPersonResponse>";
    SUBCASE("the rest of the envelope stays") {
        const auto request = Envelope{.more = "<x:userId> u </x:userId><!-- c --><o:o xmlns:o='urn:o'/>",
                                      .body = " <!-- d --><getPerson><a/></getPerson>\n",
                                      .behind = "\n"}
                                 .text();
        const auto answer = write_soap_answer(request, ours);
        REQUIRE_MESSAGE(answer, answer.error().detail);
        CHECK(*answer == replaced(request, " <!-- d --><getPerson><a/></getPerson>\n", ours));
    }
    SUBCASE("a requestHash of the request goes") {
        const auto request = Envelope{.more = "<x:requestHash>Zm9v</x:requestHash>"}.text();
        const auto answer = write_soap_answer(request, ours);
        REQUIRE_MESSAGE(answer, answer.error().detail);
        CHECK_FALSE(contains(*answer, "requestHash"));
        CHECK(check_same_exchange(read_soap(request)->header, read_soap(*answer)->header));
    }
    SUBCASE("it is UTF-8 without a mark, whatever the request was") {
        const auto request = Envelope{.declaration = "<?xml version='1.0' encoding='windows-1251'?>",
                                      .more = "<x:issue>\xc4\xe0</x:issue>"}
                                 .text();
        const auto answer = write_soap_answer(request, ours);
        REQUIRE_MESSAGE(answer, answer.error().detail);
        CHECK(answer->starts_with("<?xml version='1.0' encoding='UTF-8'?>"));
        CHECK(read_soap(*answer)->header.issue == "Да");
        CHECK(*write_soap_answer("\xef\xbb\xbf" + Envelope{}.text(), ours) ==
              *write_soap_answer(Envelope{}.text(), ours));
    }
    SUBCASE("and with a request hash it is an answer like others") {
        const auto request = Envelope{}.text();
        const auto answer = with_request_hash(*write_soap_answer(request, ours), digest);
        REQUIRE_MESSAGE(answer, answer.error().detail);
        const auto read = read_soap(*answer);
        REQUIRE_MESSAGE(read, read.error().detail);
        CHECK(read->is_response());
        CHECK(check_same_exchange(read_soap(request)->header, read->header));
        CHECK(check_request_hash(read->header, digest));
    }
}

TEST_CASE("a parameter of the body is found by its name") {
    const auto request = [](std::string_view parameters) {
        return Envelope{.body = "<p:getPerson xmlns:p='urn:p'>" + std::string(parameters) + "</p:getPerson>"}.text();
    };
    struct {
        const char* why;
        std::string_view parameters;
        std::optional<std::string> value;
    } const cases[] = {
        {"it is there", "<p:serviceCode>a</p:serviceCode>", "a"},
        {"its namespace does not matter", "<serviceCode xmlns='urn:q'>a</serviceCode>", "a"},
        {"the first one counts", "<p:serviceCode>a</p:serviceCode><p:serviceCode>b</p:serviceCode>", "a"},
        {"it is empty", "<p:serviceCode/>", ""},
        {"it is not there", "<p:other>a</p:other>", std::nullopt},
        {"only a child counts", "<p:o><p:serviceCode>a</p:serviceCode></p:o>", std::nullopt},
        {"CDATA is text", "<p:serviceCode>a<![CDATA[<]]></p:serviceCode>", "a<"},
    };
    for (const auto& [why, parameters, value] : cases) SUBCASE(why) {
            const auto found = body_parameter(request(parameters), "serviceCode");
            REQUIRE_MESSAGE(found, found.error().detail);
            CHECK(*found == value);
        }
    CHECK(body_parameter("<a", "serviceCode").error().code == FaultCode::invalid_soap);
}
