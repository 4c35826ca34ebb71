// Whole SOAP exchanges through two security servers, from information system to information system.
#include "certs/keys/digest.hpp"
#include "schemas/base/bytes.hpp"
#include "tests/security-server/soap_system.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <thread>

using namespace onceway;
using namespace onceway::tests;

namespace {

std::string value(const message::Fields& fields, std::string_view name) {
    return std::string(message::field(fields, name).value_or("(none)"));
}

/// `envelope` without its requestHash, which must be that of `question`.
std::string without_hash(std::string envelope, const std::string& question) {
    const auto begin = envelope.find("<xrd:requestHash"), end = envelope.find("</xrd:requestHash>");
    REQUIRE(begin != envelope.npos);
    CHECK(contains(envelope.substr(begin, end - begin), ">" + to_base64(keys::sha512(question))));
    return envelope.erase(begin, end + 18 - begin);
}

}  // namespace

TEST_CASE("a SOAP question goes through both servers octet for octet, and both keep question and answer") {
    ProviderWorld world;
    const SystemQuestion question;
    auto answer = ask_as_system(world, question);
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(fault_of(*answer).text == "");
    CHECK(value(answer->fields, "Content-Type") == "text/xml; charset=UTF-8");
    CHECK(value(answer->fields, "Content-Length") == std::to_string(answer->body.size()));
    CHECK(without_hash(answer->body, question.envelope) == soap_answer());

    const auto seen = world.seen_by_service();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].body == question.envelope);
    CHECK(value(seen[0].head.fields, "Content-Type") == "text/xml; charset=UTF-8");
    CHECK(value(seen[0].head.fields, "SOAPAction") == R"("")");
    CHECK(world.consumer_server.records() == 2);
    CHECK(world.provider_server.records() == 2);
    CHECK(world.consumer_server.log->find(World::client(), "soap-1")->size() == 2);
    CHECK(world.provider_server.log->find(World::owner(), "soap-1")->size() == 2);
}

TEST_CASE("envelopes pass octet for octet, whatever their encoding and however they are written") {
    ProviderWorld world;
    const std::string plain = soap_request();
    const auto with = [&](std::string from, std::string to) {
        auto text = plain;
        replace(text, from, to);
        return text;
    };
    const struct {
        const char* what;
        std::string envelope;
    } rows[] = {
        {"a byte order mark", "\xef\xbb\xbf" + plain},
        {"ISO-8859-1", with("UTF-8", "ISO-8859-1") + "<!-- \xe9 -->"},
        {"no declaration", with(R"(<?xml version="1.0" encoding="UTF-8"?>)", "")},
        {"line ends of all kinds", with("<soapenv:Header>", "<soapenv:Header>\r\n \n\r ") + "\r\n\n"},
        {"what a writer would write otherwise",
         with("CA 1", "<![CDATA[CA]]>&#32;&#x31;<a  b = 'c'/><d></d><!-- e --><?f g?>")},
        {"an unknown header, twice",
         with("</soapenv:Header>", "<t:x xmlns:t=\"urn:t\"/><t:x xmlns:t=\"urn:t\"/></soapenv:Header>")},
    };
    for (const auto& [what, envelope] : rows) {
        CAPTURE(what);
        auto answer = ask_as_system(world, {.envelope = envelope});
        REQUIRE(answer);
        CHECK(world.seen_by_service().back().body == envelope);
        CHECK(without_hash(answer->body, envelope) == soap_answer());
    }
    // The same in the other direction: what the service wrote stays as it wrote it.
    const std::string written =
        soap_answer({.content = "<a  b = 'c'/><![CDATA[&]]>\r\n<d></d><!-- \xc3\xa9 -->"}) + "\n\n";
    world.answer_with_envelope(written);
    auto answer = ask_as_system(world);
    REQUIRE(answer);
    CHECK(without_hash(answer->body, soap_request()) == written);
}

TEST_CASE("a SOAPAction reaches the service as it was written, when it is none, empty or a quoted address") {
    ProviderWorld world;
    const struct {
        message::Fields sent;
        std::string arrives;
    } rows[] = {
        {{}, ""},
        {{{"SOAPAction", ""}}, ""},
        {{{"SOAPAction", R"("")"}}, R"("")"},
        {{{"soapaction", R"("urn:x#Get")"}}, R"("urn:x#Get")"},
    };
    for (const auto& [sent, arrives] : rows) {
        auto answer = ask_as_system(world, {.more = sent});
        REQUIRE(answer);
        CHECK(fault_of(*answer).code == "none");
        CHECK(value(world.seen_by_service().back().head.fields, "SOAPAction") == arrives);
    }
}

TEST_CASE("the path of a SOAP question means nothing, and other headers of its system go no further") {
    ProviderWorld world;
    for (const char* target : {"/", "/r1", "/r2/ZA/GOV/202/roads/permit", "/R1/x", "/services/permit?wsdl"}) {
        CAPTURE(target);
        auto answer =
            ask_as_system(world, {.more = {{"X-Road-Client", "ZA/GOV/1/x"}, {"X-Other", "y"}}, .target = target});
        REQUIRE(answer);
        CHECK(fault_of(*answer).code == "none");
        const auto seen = world.seen_by_service().back();
        CHECK(seen.head.target == "/soap");
        CHECK(message::count_fields(seen.head.fields, "X-Road-Client") == 0);
        CHECK(message::count_fields(seen.head.fields, "X-Other") == 0);
    }
}

TEST_CASE("between servers a SOAP message says what it was, and nothing that REST would say") {
    ProviderWorld world;
    message::Fields between;
    std::string body;
    world.alter_question = [&](Question& q) {
        between = q.head.fields;
        body = q.body;
    };
    auto answer = ask_as_system(world, {.type = "Text/XML;charset=\"utf-8\"", .more = {}});
    REQUIRE(answer);
    CHECK(fault_of(*answer).code == "none");
    CHECK(value(between, "x-hash-algorithm") == "SHA-512");
    CHECK(value(between, "x-original-content-type") == "Text/XML;charset=\"utf-8\"");
    CHECK(value(between, "x-original-soapaction") == "");
    CHECK(value(between, "x-road-request-id").size() == 36);
    CHECK(message::count_fields(between, "x-road-message-type") == 0);
    CHECK(contains(body, "\r\ncontent-type: Text/XML;charset=\"utf-8\"\r\n\r\n" + soap_request() + "\r\n--"));
}

TEST_CASE("a server that is named answers, and no other") {
    ProviderWorld world;
    const auto named = [](std::string code) {
        return R"(<xrd:securityServer id:objectType="SERVER">)" + soap_parts::components("ZA/GOV/202") +
               "<id:serverCode>" + code + "</id:serverCode></xrd:securityServer>";
    };
    const std::string own = named("ss2");
    world.answer_with_envelope(soap_answer({.more = own}));
    auto answer = ask_as_system(world, {.envelope = soap_request({.more = own})});
    REQUIRE(answer);
    CHECK(fault_of(*answer).code == "none");
    auto other = ask_as_system(world, {.envelope = soap_request({.more = named("ss3")})});
    REQUIRE(other);
    CHECK(fault_of(*other).code == "server.clientproxy.invalid_security_server");
}

TEST_CASE("many information systems at once are all answered in SOAP, each with its own answer") {
    ProviderWorld world({.pooled = true});
    constexpr int systems = 6, calls = 10;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int system = 0; system < systems; ++system)
        threads.emplace_back([&world, &wrong] {
            for (int call = 0; call < calls; ++call) {
                auto answer = ask_as_system(world);
                if (!answer || !contains(answer->body, "getPermitResponse")) ++wrong;
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(wrong == 0);
    CHECK(world.consumer_server.records() == 2 * systems * calls);
    CHECK(world.provider_server.records() == 2 * systems * calls);
}
