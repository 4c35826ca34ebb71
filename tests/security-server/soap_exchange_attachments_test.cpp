// SOAP messages with attachments through two security servers, from information system to information system.
#include "certs/keys/digest.hpp"
#include "tests/security-server/soap_system.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

const std::string type = R"(multipart/related; type="text/xml"; start="<soap>"; boundary="MIME b")";

std::string part(const std::string& type, const std::string& octets, const std::string& headers = {}) {
    return "--MIME b\r\nContent-Type: " + type + "\r\n" + headers + "\r\n" + octets + "\r\n";
}
std::string multipart(const std::string& soap, const std::string& attachments = {}) {
    return part("text/xml; charset=UTF-8", soap, "Content-ID: <soap>\r\n") + attachments + "--MIME b--\r\n";
}
/// The same as a server puts it together.
std::string written(const std::string& type, const std::string& octets, const std::string& headers = {}) {
    return "--MIME b\r\ncontent-type:" + type + "\r\n" + headers + "\r\n" + octets + "\r\n";
}
std::string whole(const std::string& soap, const std::string& attachments) {
    return written("text/xml; charset=UTF-8", soap, "Content-ID: <soap>\r\n") + attachments + "--MIME b--\r\n";
}

std::string body_type(const message::Fields& fields) {
    return std::string(message::field(fields, "Content-Type").value_or("(none)"));
}

/// The answer that a service gives to `question`, as its consumer gets it: with the hash of the question.
std::string hashed(const std::string& question, const std::string& answer = soap_answer()) {
    auto with = message::with_request_hash(answer, keys::sha512(question));
    REQUIRE(with);
    return *with;
}

}  // namespace

TEST_CASE("attachments pass both ways with their octets, types, headers and boundary") {
    ProviderWorld world;
    const std::string binary("\x00\xff\r\n--MIME\r\n\x00", 14);
    const std::string base64 = "TWlzcyBub3RoaW5nLg==\r\n";
    world.answer_with({200, {{"Content-Type", type}}, multipart(soap_answer(), part("a/answer", "", "X-Empty: \r\n"))});
    auto answer = ask_as_system(
        world,
        {.envelope = multipart(soap_request(), part("application/octet-stream", binary, "Content-ID: <1>\r\n") +
                                                   part("text/plain", base64, "Content-Transfer-Encoding: base64\r\n")),
         .type = type});
    REQUIRE(answer);
    const auto seen = world.seen_by_service();
    REQUIRE_MESSAGE(seen.size() == 1, answer->body);
    CHECK(body_type(seen[0].head.fields) == type);
    CHECK(seen[0].body ==
          whole(soap_request(), written("application/octet-stream", binary, "Content-ID: <1>\r\n") +
                                    written("text/plain", base64, "Content-Transfer-Encoding: base64\r\n")));
    CHECK(answer->status == 200);
    CHECK(body_type(answer->fields) == type + ";charset=utf-8");
    CHECK(message::field(answer->fields, "Content-Length") == std::to_string(answer->body.size()));
    CHECK(answer->body == whole(hashed(soap_request()), written("a/answer", "", "X-Empty: \r\n")));
    CHECK(world.consumer_server.records() == 2);
    CHECK(world.provider_server.records() == 2);
}

TEST_CASE("a multipart without attachments stays one, and one that the service did not send does not become one") {
    ProviderWorld world;
    auto answer = ask_as_system(world, {.envelope = multipart(soap_request()), .type = type});
    REQUIRE(answer);
    const std::string alone = "--MIME b\r\ncontent-type: text/xml; charset=UTF-8\r\nContent-ID: <soap>\r\n\r\n";
    CHECK(world.seen_by_service().back().body == alone + soap_request() + "\r\n--MIME b--\r\n");
    CHECK(body_type(answer->fields) == "text/xml; charset=UTF-8");
    CHECK(answer->body == hashed(soap_request()));

    world.answer_with({200, {{"Content-Type", type}}, multipart(soap_answer())});
    answer = ask_as_system(world);
    REQUIRE(answer);
    CHECK(body_type(answer->fields) == type + ";charset=utf-8");
    CHECK(answer->body == alone + hashed(soap_request()) + "\r\n--MIME b--\r\n");
}

TEST_CASE("the type of a multipart says UTF-8 when it is delivered, and is otherwise the service's own") {
    ProviderWorld world;
    const struct {
        std::string given, delivered;
    } rows[] = {
        {R"(multipart/related; boundary="MIME b"; charset=UTF-8)",
         R"(multipart/related; boundary="MIME b"; charset=UTF-8)"},
        {R"(Multipart/Related;CHARSET="utf-8"; boundary="MIME b")",
         R"(Multipart/Related;CHARSET="utf-8"; boundary="MIME b")"},
        {R"(multipart/related; charset=ISO-8859-1; boundary="MIME b")",
         R"(multipart/related; boundary="MIME b";charset=utf-8)"},
        {R"(multipart/related; start="a;charset=b"; boundary="MIME b")",
         R"(multipart/related; start="a;charset=b"; boundary="MIME b";charset=utf-8)"},
    };
    for (const auto& [given, delivered] : rows) {
        world.answer_with({200, {{"Content-Type", given}}, multipart(soap_answer(), part("a/b", "c"))});
        auto answer = ask_as_system(world);
        REQUIRE(answer);
        CHECK(body_type(answer->fields) == delivered);
        CHECK(contains(answer->body, hashed(soap_request())));
    }
}

TEST_CASE("multiparts within a multipart are flattened to their leaves, in order") {
    ProviderWorld world;
    const std::string inner =
        "--in\r\nContent-Type: a/2\r\n\r\ntwo\r\n--in\r\nContent-Type: a/3\r\n\r\nthree\r\n--in--\r\n";
    auto answer = ask_as_system(
        world, {.envelope = multipart(soap_request(), part("a/1", "one") + part("multipart/mixed; boundary=in", inner) +
                                                          part("a/4", "four")),
                .type = type});
    REQUIRE(answer);
    CHECK(fault_of(*answer).code == "none");
    CHECK(world.seen_by_service().back().body ==
          whole(soap_request(),
                written("a/1", "one") + written("a/2", "two") + written("a/3", "three") + written("a/4", "four")));
}

TEST_CASE("MTOM passes: the envelope as XOP, its octets beside it") {
    ProviderWorld world;
    const std::string xop = R"(application/xop+xml; charset=UTF-8; type="text/xml")";
    const std::string mtom =
        R"(multipart/related; type="application/xop+xml"; start-info="text/xml"; boundary="MIME b")";
    const std::string envelope =
        soap_request({.content = R"(<i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="cid:1"/>)"});
    world.answer_with({200, {{"Content-Type", mtom}}, part(xop, soap_answer()) + part("a/b", "c") + "--MIME b--"});
    auto answer = ask_as_system(
        world,
        {.envelope = part(xop, envelope) + part("a/b", "d", "Content-ID: <1>\r\n") + "--MIME b--", .type = mtom});
    REQUIRE(answer);
    CHECK(world.seen_by_service().back().body ==
          written(xop, envelope) + written("a/b", "d", "Content-ID: <1>\r\n") + "--MIME b--\r\n");
    CHECK(body_type(answer->fields) == mtom + ";charset=utf-8");
    CHECK(answer->body == written(xop, hashed(envelope)) + written("a/b", "c") + "--MIME b--\r\n");
}

TEST_CASE("attachments beyond 64 KiB pass both ways, beside small ones") {
    ProviderWorld world;
    std::string large(3'000'000, 'x');
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 >> 3);
    const auto attachments = [&](const auto& form) {
        return form("a/1", "small", "") + form("a/2", large, "") + form("a/3", "last", "");
    };
    world.answer_with({200, {{"Content-Type", type}}, multipart(soap_answer(), attachments(part))});
    auto answer = ask_as_system(world, {.envelope = multipart(soap_request(), attachments(part)), .type = type});
    REQUIRE(answer);
    CHECK((world.seen_by_service().back().body == whole(soap_request(), attachments(written))));
    CHECK((answer->body == whole(hashed(soap_request()), attachments(written))));
    CHECK(world.consumer_bodies->held() == 0);
    CHECK(std::filesystem::is_empty(world.folder / "ss1" / "spool"));
}

TEST_CASE("an attachment that is wrong is told after its question was known, and nothing leaves") {
    ProviderWorld world;
    const struct {
        std::string attachment;
        std::string_view code;
    } rows[] = {
        {"--MIME b\r\nX: y\r\n\r\nx\r\n--MIME b--\r\n", "client.invalid_content_type"},
        {part("a/b", "x") + "--MIME b\r\nContent-Type: a/b\r\n\r\nhal", "client.mime_parsing_failed"},
    };
    for (const auto& [attachment, code] : rows) {
        auto answer = ask_as_system(
            world, {.envelope = part("text/xml; charset=UTF-8", soap_request()) + attachment, .type = type});
        REQUIRE(answer);
        CHECK(fault_of(*answer).code == code);
        // A client that is not known comes first: its attachments are not even read.
        auto stranger = ask_as_system(
            world,
            {.envelope =
                 part("text/xml; charset=UTF-8", soap_request({.client = "SUBSYSTEM:ZA/GOV/101/nobody"})) + attachment,
             .type = type});
        REQUIRE(stranger);
        CHECK(fault_of(*stranger).code == "server.clientproxy.unknown_member");
    }
    CHECK(world.connections_seen == 0);
    CHECK(world.consumer_server.records() == 0);
}
