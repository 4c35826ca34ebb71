#include "security-server/transport/outgoing.hpp"

#include "certs/keys/digest.hpp"
#include "security-server/transport/incoming.hpp"
#include "tests/security-server/transport/multiparts.hpp"
#include "tests/support/run.hpp"
#include "tests/support/soap_messages.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using transport::Message;
namespace part_type = transport::part_type;

namespace {

std::shared_ptr<channel::Payload> payload(const TemporaryFolder& folder, std::string_view octets) {
    auto body = std::make_shared<channel::Payload>(folder.path());
    REQUIRE(run(body->append(octets)));
    body->seal();
    return body;
}

std::string written(const Message& message) {
    transport::KeptOctets kept;
    REQUIRE(run(transport::write_message(kept, std::string(boundary), message)));
    CHECK(kept.finished);
    return kept.octets;
}

}  // namespace

TEST_CASE("a request without a body is OCSP answers, message and signature, framed as the wire has it") {
    Message message = Message::of(part_type::rest_request, request_part, nullptr);
    message.ocsp = std::make_shared<const std::vector<Octets>>(std::vector<Octets>{"O1", "O2"});
    message.seal.signature = std::make_shared<const Octets>("<s/>");
    CHECK(written(message) ==
          "--xtopAbCd\r\ncontent-type: application/ocsp-response\r\n\r\nO1"
          "\r\n--xtopAbCd\r\ncontent-type: application/ocsp-response\r\n\r\nO2"
          "\r\n--xtopAbCd\r\ncontent-type: application/x-road-rest-request\r\n\r\n" +
              request_part +
              "\r\n--xtopAbCd\r\ncontent-type: signature/bdoc-1.0/ts\r\n\r\n<s/>"
              "\r\n--xtopAbCd--\r\n");
}

TEST_CASE("what is written is read back the same, with a body in memory or on disk") {
    const TemporaryFolder folder;
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{5}, std::size_t{65'536}, std::size_t{65'537}, std::size_t{900'000}}) {
        CAPTURE(size);
        const std::string body(size, '\n');
        Message message = Message::of(part_type::rest_response, response_part, payload(folder, body));
        message.seal.signature = std::make_shared<const Octets>("<s/>");
        message.seal.chain_result = std::make_shared<const Octets>("<r/>");
        message.seal.chain = "<c/>";
        const std::string octets = written(message);

        transport::Incoming incoming(transport::Incoming::Expect::response, std::string(boundary), folder.path());
        transport::GivenSource source(octets);
        REQUIRE(run(incoming.read_rest(source)));
        const auto& received = incoming.received();
        CHECK(received.part == message.part);
        CHECK(received.body->sha512() == keys::sha512(body));
        CHECK(received.digests() == message.digests());
        CHECK(received.seal.chain == "<c/>");
        CHECK(*received.seal.chain_result == "<r/>");
        CHECK(*received.seal.signature == "<s/>");
    }
}

TEST_CASE("attachments are a multipart within the message, framed to the octet as the wire has it") {
    const TemporaryFolder folder;
    auto attached = std::make_shared<channel::Payload>(folder.path());
    REQUIRE(run(attached->append("first\r\n")));
    attached->end_part();
    attached->end_part();
    attached->seal();
    Message message = Message::soap("text/xml; charset=utf-8", soap_request());
    message.headers = {{"Content-ID", "<root>"}};
    message.body = attached;
    message.attachments = {{"text/plain", {{"Content-ID", "<a1>"}}}, {"application/octet-stream", {}}};
    message.seal.signature = std::make_shared<const Octets>("<s/>");
    CHECK(written(message) ==
          "--xtopAbCd\r\ncontent-type: text/xml; charset=utf-8\r\nContent-ID: <root>\r\n\r\n" + soap_request() +
              "\r\n--xtopAbCd\r\ncontent-type: multipart/mixed; charset=UTF-8; boundary=xattAbCd\r\n\r\n"
              "\r\n--xattAbCd\r\ncontent-type: text/plain\r\nContent-ID: <a1>\r\n\r\nfirst\r\n"
              "\r\n--xattAbCd\r\ncontent-type: application/octet-stream\r\n\r\n"
              "\r\n--xattAbCd--\r\n"
              "\r\n--xtopAbCd\r\ncontent-type: signature/bdoc-1.0/ts\r\n\r\n<s/>\r\n--xtopAbCd--\r\n");
}

TEST_CASE("a SOAP message is read back as it was written, whatever its attachments, in memory or on disk") {
    const TemporaryFolder folder;
    const std::vector<std::vector<std::size_t>> rows{{}, {0}, {10}, {1, 0, 2}, {70'000}, {5, 300'000, 0, 65'536}};
    for (const auto& sizes : rows) {
        CAPTURE(sizes.size());
        Message message = Message::soap("text/xml", soap_request());
        if (!sizes.empty()) message.body = std::make_shared<channel::Payload>(folder.path());
        for (const auto size : sizes) {
            const std::string octets(size, static_cast<char>('a' + size % 26));
            REQUIRE(run(message.body->append(octets)));
            message.body->end_part();
            message.attachments.push_back({"application/x-test", {{"Content-ID", std::to_string(size)}}});
        }
        if (message.body) message.body->seal();
        message.seal.signature = std::make_shared<const Octets>("<s/>");
        const std::string octets = written(message);

        for (const std::size_t piece : {std::size_t{13}, std::size_t{16'384}}) {
            transport::Incoming incoming(transport::Incoming::Expect::response, std::string(boundary), folder.path());
            transport::GivenSource source(octets, piece);
            REQUIRE(run(incoming.read_rest(source)));
            const auto& received = incoming.received();
            CHECK(received.language == message::Language::soap);
            CHECK(received.part == message.part);
            CHECK(received.digests() == message.digests());
            REQUIRE(received.attachments.size() == sizes.size());
            for (std::size_t i = 0; i < sizes.size(); ++i) {
                CHECK(received.attachments[i].type == "application/x-test");
                CHECK(message::field(received.attachments[i].headers, "content-id") == std::to_string(sizes[i]));
            }
            const auto names = received.signed_parts();
            if (!sizes.empty()) CHECK(names.back().name == "/attachment" + std::to_string(sizes.size()));
            CHECK(received.request_hash() == keys::sha512(message.part));
        }
    }
}

TEST_CASE("the request hash of the worked example comes out") {
    const TemporaryFolder folder;
    const std::string part =
        "POST\r\n/r1/DEV/GOV/2222222-2/registry/pets/v2/pets?lang=en\r\nAccept:application/json\r\n"
        "Content-Type:application/json\r\nX-Road-Client:DEV/COM/1111111-1/app\r\nX-Road-UserId:EE12345678901\r\n"
        "x-road-request-id:7a1f6c1e-52a6-4f6b-9d6f-0c6a3c2b9e11\r\n"
        "x-road-id:DEV-0d0a4f5e-8a43-4c44-9a05-6b0f5b1c7d22\r\n";
    CHECK(part.size() == 289);
    const Message bare = Message::of(part_type::rest_request, part, nullptr);
    CHECK(to_base64(bare.request_hash()) ==
          "/WbOVm4ousrS5Ll27WrI12DLfMRrsGhmDR5K4z42cpBw1pVI4gP9tLxqIQ4PljbUo277nWXqKNSbrpJpca5s/Q==");
    const Message whole = Message::of(part_type::rest_request, part, payload(folder, "{\"name\":\"Rex\",\"age\":3}"));
    CHECK(to_base64(whole.request_hash()) ==
          "vwPWxrzYU5NzMZdCUKZVLAAJh3/S2Xoaa3cM4d5mEDdYIfK+d89/V8o8XpYS6BKGTzLIg6u9h0xX7fFsIHO+Mw==");
    CHECK(whole.octets() == 289 + 22);
}
