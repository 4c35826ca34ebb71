// A question in SOAP, from port 5500 to the information system and back: what reaches it, and what its answer becomes.
#include "certs/keys/digest.hpp"
#include "schemas/base/bytes.hpp"
#include "tests/security-server/raw_service.hpp"
#include "tests/security-server/soap_peer.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

TEST_CASE("a SOAP question reaches the information system octet for octet, and its answer comes back signed") {
    ProviderWorld world;
    const PeerQuestion question;
    const auto reply = world.ask(question);
    REQUIRE_MESSAGE(reply.soap, reply.body);

    REQUIRE(world.seen_by_service().size() == 1);
    const auto seen = world.seen_by_service().front();
    CHECK(seen.head.method == "POST");
    CHECK(seen.head.target == "/soap");
    CHECK(seen.body == question.envelope);
    CHECK(message::field(seen.head.fields, "SOAPAction") == R"("urn:permit")");
    CHECK(message::field(seen.head.fields, "Content-Type") == "text/xml; charset=UTF-8");
    CHECK(message::field(seen.head.fields, "Content-Length") == std::to_string(question.envelope.size()));

    CHECK(reply.field("x-hash-algorithm") == "SHA-512");
    CHECK(reply.field("x-original-content-type") == "text/xml; charset=UTF-8");
    CHECK(reply.message->type == "text/xml; charset=UTF-8");
    CHECK(reply.message->seal.signature);
    // Question and answer are recorded.
    CHECK(world.provider_server.records() == 2);
}

TEST_CASE("the answer differs from the service's by exactly one requestHash, of the question's octets") {
    ProviderWorld world;
    const PeerQuestion question;
    const std::string hash = to_base64(keys::sha512(question.envelope));
    SUBCASE("that it did not have") {}
    SUBCASE("in place of one that the service wrote itself") {
        Envelope own;
        own.more = R"(<xrd:requestHash algorithmId="x">AAAA</xrd:requestHash>)";
        world.answer_with_envelope(soap_answer(own));
    }
    const auto reply = world.ask(question);
    REQUIRE_MESSAGE(reply.soap, reply.body);
    CHECK(reply.soap->header.request_hash == hash);
    auto part = reply.message->part;
    const auto begin = part.find("<xrd:requestHash"), end = part.find("</xrd:requestHash>") + 18;
    REQUIRE(begin != part.npos);
    CHECK(contains(part.substr(begin, end - begin), R"(algorithmId="http://www.w3.org/2001/04/xmlenc#sha512")"));
    part.erase(begin, end - begin);
    CHECK(part == soap_answer());
}

namespace {

/// What becomes of an answer of the information system.
struct Outcome {
    const char* what;
    int status;
    std::string type, body;
    std::string_view code;  // behind "server.serverproxy.service_failed."; "none": it travels
    bool late;
};

std::string answer_of_another_service() {
    Envelope e;
    e.wrapper = "getNothing";
    return soap_answer(e);
}
std::string replaced(std::string text, std::string_view from, std::string_view to) {
    replace(text, from, to);
    return text;
}

}  // namespace

TEST_CASE("of an information system's answers these travel, and those are faults, by status and content type") {
    const std::string good = soap_answer(), xml = "text/xml; charset=UTF-8";
    const Outcome rows[] = {
        {"200 and text/xml", 200, xml, good, "none", false},
        {"500 and text/xml, though it is no fault", 500, xml, good, "none", false},
        {"a content type in other case", 200, "Text/XML", good, "none", false},
        {"application/xop+xml", 200, "application/xop+xml; type=\"text/xml\"", good, "none", false},
        {"201", 201, xml, good, "http_error", false},
        {"302, which is not followed", 302, xml, good, "http_error", false},
        {"404", 404, xml, good, "http_error", false},
        {"503", 503, xml, good, "http_error", false},
        {"no content type", 200, "", good, "invalid_content_type", true},
        {"text/html", 200, "text/html", good, "invalid_content_type", true},
        {"a content type longer than a line of a part may be", 200, "text/xml; a=" + std::string(1'000, 'b'), good,
         "invalid_content_type", true},
        {"SOAP 1.2", 200, "application/soap+xml", good, "invalid_content_type", true},
        {"another multipart", 200, "multipart/mixed; boundary=b", good, "invalid_content_type", true},
        {"a multipart without boundary", 200, "multipart/related", good, "invalid_content_type", true},
        {"nothing in it", 200, xml, "", "invalid_message", true},
        {"no XML", 200, xml, "not found", "invalid_soap", true},
        {"an envelope cut short", 200, xml, good.substr(0, good.size() - 20), "invalid_soap", true},
        {"a DOCTYPE", 200, xml, "<!DOCTYPE a>" + soap_answer({.declaration = ""}), "invalid_soap", true},
        {"no protocolVersion", 200, xml, replaced(good, "<xrd:protocolVersion>4.0</xrd:protocolVersion>", ""),
         "missing_header_field", true},
        {"another protocolVersion", 200, xml, replaced(good, ">4.0<", ">5.0<"), "invalid_protocol_version", true},
        {"the body of another service", 200, xml, answer_of_another_service(), "inconsistent_headers", true},
    };
    for (const auto& [what, status, type, body, code, late] : rows) SUBCASE(what) {
            ProviderWorld world;
            world.answer_with_envelope(body, status, type);
            const auto reply = world.ask();
            const bool travels = code == "none";
            CHECK(reply.code() == (travels ? "none" : "server.serverproxy.service_failed." + std::string(code)));
            CHECK(reply.late == late);
            if (travels) CHECK(reply.field("x-original-content-type") == type);
            if (travels) CHECK(reply.message->type == type);
            // The question was recorded and carried out; an answer only where there was one.
            CHECK(world.provider_server.records() == (travels ? 2 : 1));
            CHECK(world.seen_by_service().size() == 1);
        }
}

TEST_CASE("a fault of the information system travels octet for octet, late, unsigned and unrecorded") {
    const std::string plain = soap_fault(), declared = "<?xml version=\"1.0\"?>\n" + soap_fault() + "\n<!-- end -->\n";
    const struct {
        const char* what;
        int status;
        std::string type, document, body;
    } rows[] = {
        {"with status 500", 500, "text/xml", plain, plain},
        {"with status 200", 200, "text/xml; charset=utf-8", plain, plain},
        {"with a declaration, line ends and a comment", 500, "text/xml", declared, declared},
        {"in a multipart", 500, "multipart/related; boundary=b", plain,
         "--b\r\nContent-Type: text/xml\r\n\r\n" + plain + "\r\n--b--\r\n"},
    };
    for (const auto& [what, status, type, document, body] : rows) SUBCASE(what) {
            ProviderWorld world;
            world.answer_with_envelope(body, status, type);
            const auto reply = world.ask();
            CHECK(reply.code() == "soapenv:Server.Oops");
            CHECK(reply.late);
            CHECK(reply.field("x-original-content-type") == type);
            CHECK(reply.fault_document == document);
            CHECK_FALSE(contains(reply.body, "signature/bdoc-1.0/ts"));
            CHECK_FALSE(contains(reply.body, "requestHash"));
            CHECK(world.provider_server.records() == 1);
        }
}

TEST_CASE("an information system that cannot be asked is an early fault, when") {
    const struct {
        const char* what;
        std::string url;
        std::string_view code;
    } rows[] = {
        {"it has no address", "", "service_missing_url"},
        {"its address is none", "ftp://a/", "service_malformed_url"},
        {"nobody listens there", "http://127.0.0.1:1/", "service_failed.network_error"},
        {"its certificate is not registered", "https://127.0.0.1:1/", "service_failed.ssl_authentication_failed"},
        {"no information system has such an address", "http://169.254.169.254/", "service_failed.network_error"},
    };
    for (const auto& [what, url, code] : rows) SUBCASE(what) {
            ProviderWorld world;
            world.change_service([&](access::Service& service) { service.url = url; });
            const auto reply = world.ask();
            CHECK(reply.code() == "server.serverproxy." + std::string(code));
            CHECK_FALSE(reply.late);
            CHECK(world.provider_server.records() == 1);
        }
}

TEST_CASE("an information system that does not answer as HTTP asks is an early or a late fault, when it") {
    const struct {
        const char* what;
        std::string octets;
        bool hang;
        std::string_view code;
        bool late;
    } rows[] = {
        {"closes without a word", "", false, "network_error", false},
        {"speaks nonsense", "hello\r\n\r\n", false, "http_error", false},
        {"hangs", "", true, "io_error", false},
        {"hangs inside its body", "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 9\r\n\r\nabc", true,
         "io_error", true},
    };
    for (const auto& [what, octets, hang, code, late] : rows) SUBCASE(what) {
            RawService system(octets, hang);
            ProviderWorld world;
            world.change_service([&](access::Service& service) {
                service.url = system.url();
                service.timeout = std::chrono::milliseconds(300);
            });
            const auto reply = world.ask();
            CHECK(reply.code() == "server.serverproxy.service_failed." + std::string(code));
            CHECK(reply.late == late);
            CHECK(system.requests() == 1);  // nothing is repeated
        }
}

TEST_CASE("the SOAPAction reaches the information system as its client wrote it, and is empty when there was none") {
    ProviderWorld world;
    for (const auto& action : {std::optional<std::string>(R"("urn:a")"), std::optional<std::string>(R"("")"),
                               std::optional<std::string>(""), std::optional<std::string>()}) {
        PeerQuestion question;
        question.soap_action = action;
        REQUIRE(world.ask(question).soap);
        CHECK(message::field(world.seen_by_service().back().head.fields, "SOAPAction") == action.value_or(""));
    }
}

TEST_CASE("a SOAP question without x-road-request-id is answered; other releases need not send one") {
    ProviderWorld world;
    PeerQuestion question;
    question.has_request_id = false;
    CHECK(world.ask(question).soap);
    CHECK(world.provider_server.records() == 2);
}

TEST_CASE("plain SOAP is text/xml in UTF-8 to the information system, whatever its client called it") {
    ProviderWorld world;
    for (const char* type : {"text/xml", "text/xml; charset=ISO-8859-1", "application/xop+xml", ""}) {
        PeerQuestion question;
        question.original_type = type;
        REQUIRE(world.ask(question).soap);
        const auto fields = world.seen_by_service().back().head.fields;
        CHECK(message::field(fields, "Content-Type") == "text/xml; charset=UTF-8");
    }
}

TEST_CASE("an answer in another encoding becomes UTF-8, and its part says so") {
    ProviderWorld world;
    Envelope latin;
    latin.declaration = R"(<?xml version="1.0" encoding="ISO-8859-1"?>)";
    latin.content = "<owner>Zo\xEB</owner>";
    world.answer_with_envelope(soap_answer(latin), 200, "text/xml; charset=ISO-8859-1");
    const auto reply = world.ask();
    REQUIRE_MESSAGE(reply.soap, reply.body);
    CHECK(contains(reply.message->part, "<owner>Zo\xC3\xAB</owner>"));
    CHECK(contains(reply.message->part, "encoding=\"UTF-8\""));
    CHECK(reply.message->type == "text/xml; charset=UTF-8");
    CHECK(reply.field("x-original-content-type") == "text/xml; charset=ISO-8859-1");
}

TEST_CASE("a SOAP service over TLS is known by its registered certificate alone") {
    ProviderWorld world;
    const auto own = world.authority.authentication("service"), other = world.authority.authentication("other");
    auto door = world.open_service_over_tls(own);
    const auto with = [&](std::vector<x509::Certificate> registered, bool verify) {
        world.change_owner([&](access::Client& owner) {
            owner.services.back().url = "https://127.0.0.1:" + std::to_string(door->port()) + "/soap";
            owner.services.back().verify_certificate = verify;
            owner.certificates = std::move(registered);
        });
        return world.ask().code();
    };
    CHECK(with({own.certificate}, true) == "none");
    CHECK(with({other.certificate}, false) == "none");
    CHECK(world.seen_by_service().size() == 2);
    CHECK(with({other.certificate}, true) == "server.serverproxy.service_failed.ssl_authentication_failed");
    CHECK(with({}, true) == "server.serverproxy.service_failed.ssl_authentication_failed");
    CHECK(world.seen_by_service().size() == 2);
    door.reset();
}
