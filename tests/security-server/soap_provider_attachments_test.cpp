// Attachments on their way to an information system, and those of its answers on their way back.
#include "tests/security-server/soap_peer.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

const std::string related = R"(multipart/related; type="text/xml"; start="<soap>"; boundary="MIME_b")";

PeerQuestion with_attachments() {
    PeerQuestion question;
    question.original_type = related;
    question.headers = {{"Content-ID", "<soap>"}};
    question.attachments = {{"text/plain; charset=UTF-8", "one\r\n", {{"X-Part", "one"}, {"Content-ID", "<a1>"}}},
                            {"image/png", "QUJD", {{"Content-Transfer-Encoding", "base64"}}},
                            {"application/octet-stream", std::string("\0\r\n\xff--", 6), {}},
                            {"text/plain", "", {}}};
    return question;
}

/// An answer with attachments, as information systems write it.
std::string multipart(std::string_view end = "\r\n") {
    std::string text =
        "preamble\r\n--r\r\nContent-Type: text/xml; charset=UTF-8\r\nContent-ID: <s>\r\n\r\n" + soap_answer() +
        "\r\n--r\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n"
        "--r\r\nContent-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\nContent-Type: text/plain\r\n\r\n"
        "within\r\n--inner\r\nContent-Type: text/plain\r\n\r\n\r\n--inner--\r\n\r\n--r--\r\nepilogue";
    if (end == "\r\n") return text;
    for (std::size_t at = 0; (at = text.find("\r\n", at)) != text.npos;) text.replace(at, 2, end);
    return text;
}

}  // namespace

TEST_CASE("attachments reach the information system in a multipart like the client's, octet for octet") {
    ProviderWorld world;
    const auto question = with_attachments();
    REQUIRE(world.ask(question).soap);
    REQUIRE(world.seen_by_service().size() == 1);
    const auto seen = world.seen_by_service().front();
    CHECK(message::field(seen.head.fields, "Content-Type") == related);
    CHECK(message::field(seen.head.fields, "Content-Length") == std::to_string(seen.body.size()));
    CHECK(seen.body ==
          "--MIME_b\r\ncontent-type:text/xml; charset=UTF-8\r\nContent-ID: <soap>\r\n\r\n" + question.envelope +
              "\r\n--MIME_b\r\ncontent-type:text/plain; charset=UTF-8\r\nX-Part: one\r\n"
              "Content-ID: <a1>\r\n\r\none\r\n"
              "\r\n--MIME_b\r\ncontent-type:image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD"
              "\r\n--MIME_b\r\ncontent-type:application/octet-stream\r\n\r\n" +
              std::string("\0\r\n\xff--", 6) + "\r\n--MIME_b\r\ncontent-type:text/plain\r\n\r\n\r\n--MIME_b--\r\n");
}

TEST_CASE("a multipart of the envelope alone is one to the information system, too") {
    ProviderWorld world;
    auto question = with_attachments();
    question.attachments.clear();
    REQUIRE(world.ask(question).soap);
    const auto seen = world.seen_by_service().front();
    CHECK(message::field(seen.head.fields, "Content-Type") == related);
    CHECK(seen.body == "--MIME_b\r\ncontent-type: text/xml; charset=UTF-8\r\nContent-ID: <soap>\r\n\r\n" +
                           question.envelope + "\r\n--MIME_b--\r\n");
}

TEST_CASE("attachments of an answer come back as leaves, in order, nothing decoded; their types and headers stay") {
    const std::string type = R"(multipart/related; type="text/xml"; start="<s>"; boundary="r")";
    const std::vector<Attached> expected{{"image/png", "QUJD", {{"Content-Transfer-Encoding", "base64"}}},
                                         {"text/plain", "within", {}},
                                         {"text/plain", "", {}}};
    ProviderWorld world;
    for (const char* end : {"\r\n", "\n"}) {
        CAPTURE(end);
        world.answer_with_envelope(multipart(end), 200, type);
        const auto reply = world.ask();
        REQUIRE_MESSAGE(reply.soap, reply.body);
        CHECK(reply.field("x-original-content-type") == type);
        CHECK(reply.message->type == "text/xml; charset=UTF-8");
        CHECK(reply.message->headers == message::Fields{{"Content-ID", "<s>"}});
        CHECK(reply.attachments() == expected);
        CHECK(contains(reply.body, "application/hash-chain-result"));
    }
}

TEST_CASE("a multipart answer without attachments stays one") {
    ProviderWorld world;
    world.answer_with_envelope("--r\r\nContent-Type: text/xml\r\n\r\n" + soap_answer() + "\r\n--r--", 200,
                               "multipart/related; boundary=r");
    const auto reply = world.ask();
    REQUIRE_MESSAGE(reply.soap, reply.body);
    CHECK(reply.field("x-original-content-type") == "multipart/related; boundary=r");
    CHECK(reply.message->attachments.empty());
    CHECK_FALSE(reply.message->body);
}

TEST_CASE("an attachment larger than what memory is given to bodies passes both ways") {
    ProviderWorld world;
    std::string large(3'000'000, 'x');
    for (std::size_t i = 0; i < large.size(); i += 997) large[i] = static_cast<char>(i);
    auto question = with_attachments();
    question.attachments.push_back({"application/pdf", large, {}});
    world.answer_with_envelope("--r\r\nContent-Type: text/xml\r\n\r\n" + soap_answer() +
                                   "\r\n--r\r\nContent-Type: application/pdf\r\n\r\n" + large + "\r\n--r--",
                               200, "multipart/related; boundary=r");
    const auto reply = world.ask(question);
    REQUIRE_MESSAGE(reply.soap, reply.code());
    CHECK(contains(world.seen_by_service().front().body, large + "\r\n--MIME_b--\r\n"));
    REQUIRE(reply.attachments().size() == 1);
    CHECK(reply.attachments().front().octets == large);
}

TEST_CASE("a multipart answer is a late fault when") {
    const std::string envelope = "Content-Type: text/xml\r\n\r\n" + soap_answer() + "\r\n";
    const struct {
        const char* what;
        std::string body;
        std::string_view code;
    } rows[] = {
        {"it has no part", "--r--\r\n", "missing_soap"},
        {"it is none", "hello", "mime_parsing_failed"},
        {"it ends within an attachment", "--r\r\n" + envelope + "--r\r\nContent-Type: text/plain\r\n\r\nabc",
         "mime_parsing_failed"},
        {"its first part is no SOAP", "--r\r\nContent-Type: text/plain\r\n\r\nabc\r\n--r\r\n" + envelope + "--r--",
         "invalid_content_type"},
        {"an attachment has no type", "--r\r\n" + envelope + "--r\r\nContent-ID: <a>\r\n\r\nabc\r\n--r--",
         "invalid_content_type"},
        {"its first part is no envelope", "--r\r\nContent-Type: text/xml\r\n\r\n<a/>\r\n--r--", "invalid_soap"},
    };
    for (const auto& [what, body, code] : rows) SUBCASE(what) {
            ProviderWorld world;
            world.answer_with_envelope(body, 200, "multipart/related; boundary=r");
            const auto reply = world.ask();
            CHECK(reply.code() == "server.serverproxy.service_failed." + std::string(code));
            CHECK(reply.late);
            CHECK(world.provider_server.records() == 1);
        }
}

TEST_CASE("attachments that would not reach the information system as they were signed are not sent, when") {
    auto question = with_attachments();
    std::string_view code, says;
    bool asked = false;
    SUBCASE("there is no multipart for them") {
        question.original_type = "text/xml";
        code = "invalid_content_type", says = "no multipart/related";
    }
    SUBCASE("the multipart has no boundary") {
        question.original_type = "multipart/related";
        code = "invalid_content_type", says = "boundary";
    }
    SUBCASE("one of them holds a delimiter") {
        question.attachments[0].octets = "one\r\n--MIME_b\r\ncontent-type:text/plain\r\n\r\nforged";
        code = "invalid_message", says = "begins like a delimiter";
    }
    SUBCASE("the envelope holds a delimiter") {
        question.envelope += "\n--MIME_b--";
        replace(question.envelope, "</soapenv:Envelope>\n--MIME_b--", "<!--\n--MIME_b--></soapenv:Envelope>");
        replace(question.envelope, "<!--\n--MIME_b-->", "<?p \n--MIME_b--?>");
        code = "invalid_message", says = "begins like a delimiter";
    }
    SUBCASE("a large one holds a delimiter at its end, long after its beginning was sent") {
        question.attachments[0].octets = std::string(1'000'000, 'x') + "\r\n--MIME_b";
        code = "invalid_message", says = "begins like a delimiter";
        asked = true;
    }
    ProviderWorld world;
    const auto reply = world.ask(question);
    CHECK(reply.code() == "server.serverproxy.service_failed." + std::string(code));
    REQUIRE(reply.fault);
    CHECK(contains(reply.fault->text, says));
    // What was begun was never finished: the information system did not get a whole request.
    for (const auto& seen : world.seen_by_service()) CHECK_FALSE(seen.body.ends_with("--MIME_b--\r\n"));
    CHECK((asked || world.seen_by_service().empty()));
}
