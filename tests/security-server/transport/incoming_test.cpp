#include "security-server/transport/incoming.hpp"

#include "certs/keys/digest.hpp"
#include "schemas/message/fault_document.hpp"
#include "security-server/transport/outgoing.hpp"
#include "tests/security-server/transport/multiparts.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/run.hpp"
#include "tests/support/soap_messages.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using transport::Incoming;
namespace part_type = transport::part_type;

namespace {

struct Reader {
    explicit Reader(Incoming::Expect what) : incoming(what, std::string(boundary), folder.path()) {}

    Result<void> read(std::string_view octets, std::size_t piece = 16 * 1024) {
        transport::GivenSource source(octets, piece);
        return run(incoming.read_rest(source));
    }
    TemporaryFolder folder;
    Incoming incoming;
};

const WireFault relayed{"Server.ServerProxy.OldCode", "told & sold", "actor", "detail-1"};

}  // namespace

TEST_CASE("a request is read part by part, in whatever pieces it arrives") {
    const std::string octets = multipart(request_parts());
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{64}, octets.size()}) {
        CAPTURE(piece);
        Reader reader(Incoming::Expect::request);
        REQUIRE(reader.read(octets, piece));
        const auto& received = reader.incoming.received();
        CHECK(received.ocsp_answers().size() == 2);
        CHECK(received.part == request_part);
        CHECK(received.part_sha512 == keys::sha512(request_part));
        REQUIRE(received.body);
        CHECK(received.body->view() == "body\r\n");
        CHECK(received.body->sha512() == keys::sha512("body\r\n"));
        REQUIRE(received.seal.signature);
        CHECK(*received.seal.signature == "<signature/>");
        REQUIRE(received.seal.chain_result);
        CHECK(*received.seal.chain_result == "<result/>");
        CHECK(received.seal.chain == "<chain/>");
        REQUIRE(reader.incoming.request());
        CHECK(reader.incoming.request()->id == "id-1");
        CHECK_FALSE(reader.incoming.soap());
    }
}

TEST_CASE("a body that is larger than memory allows goes to a file and keeps its digest") {
    std::string body(300'000, 'x');
    body += "\r\n--xtopOther\r\n";
    auto parts = request_parts();
    parts[3].second = body;
    Reader reader(Incoming::Expect::request);
    auto read = reader.read(multipart(parts));
    CAPTURE((read ? "" : read.error().detail));
    REQUIRE(read);
    const auto& received = reader.incoming.received();
    CHECK_FALSE(received.body->in_memory());
    CHECK(received.body->size() == body.size());
    CHECK(received.body->sha512() == keys::sha512(body));
}

TEST_CASE("an empty body part is a body") {
    Reader reader(Incoming::Expect::response);
    REQUIRE(reader.read(multipart({{part_type::rest_response, response_part},
                                   {part_type::rest_body, ""},
                                   {part_type::signature, "<signature/>"}})));
    const auto& received = reader.incoming.received();
    REQUIRE(received.body);
    CHECK(received.body->empty());
    CHECK(received.signed_parts().size() == 2);
    CHECK(received.body->sha512() == keys::sha512(""));
}

TEST_CASE("reading up to the message part does not report what is wrong behind it, however the octets are cut") {
    auto parts = request_parts();
    parts.push_back({part_type::signature, "<again/>"});
    const std::string octets = multipart(parts);
    for (const std::size_t piece : {std::size_t{1}, octets.size()}) {
        CAPTURE(piece);
        Reader reader(Incoming::Expect::request);
        transport::GivenSource source(octets, piece);
        CHECK(run(reader.incoming.read_message_part(source)));
        CHECK(reader.incoming.request());
        auto rest = run(reader.incoming.read_rest(source));
        REQUIRE_FALSE(rest);
        CHECK(rest.error().code == FaultCode::invalid_message);
    }
}

TEST_CASE("a fault of the other server is read wherever it may stand, and nothing behind it counts") {
    const std::string document = message::write_soap_fault(relayed);
    struct {
        const char* where;
        std::vector<Part> parts;
    } const rows[] = {
        {"alone", {{part_type::fault, document}}},
        {"in place of the message, with more behind it", {{part_type::fault, document}, {"text/plain", "what"}}},
        {"in place of the signature", {{part_type::rest_response, response_part}, {part_type::fault, document}}},
        {"behind a message and its body",
         {{part_type::rest_response, response_part}, {part_type::rest_body, "b"}, {part_type::fault, document}}},
    };
    for (const auto& [where, parts] : rows) SUBCASE(where) {
            Reader reader(Incoming::Expect::response);
            REQUIRE(reader.read(multipart(parts)));
            REQUIRE(reader.incoming.relayed());
            CHECK(reader.incoming.relayed()->fault.code == relayed.code);
            CHECK(reader.incoming.relayed()->fault.text == relayed.text);
            CHECK(reader.incoming.relayed()->fault.detail == relayed.detail);
        }
    Reader whole(Incoming::Expect::response);  // the end too is behind it, in one piece with the fault or not
    REQUIRE(whole.read(multipart({{part_type::fault, document}}) + "%\n"));
    CHECK(whole.incoming.relayed());
}

TEST_CASE("a late fault as we write it is read as the fault that it is") {
    Reader reader(Incoming::Expect::response);
    REQUIRE(reader.read(transport::write_late_fault(std::string(boundary), relayed)));
    REQUIRE(reader.incoming.relayed());
    CHECK(reader.incoming.relayed()->fault.code == relayed.code);
}

TEST_CASE("a message without a message part is read to its end") {
    Reader reader(Incoming::Expect::request);
    REQUIRE(reader.read("--" + std::string(boundary) + "--\r\n"));
    CHECK_FALSE(reader.incoming.request());
    CHECK_FALSE(reader.incoming.soap());
}

TEST_CASE("a SOAP message is read with the headers of its part") {
    Reader reader(Incoming::Expect::request);
    REQUIRE(reader.read(multipart(
        {{part_type::ocsp, ocsp_part}, {"text/xml; charset=UTF-8", soap_request()}, {part_type::signature, "<s/>"}})));
    REQUIRE(reader.incoming.soap());
    CHECK_FALSE(reader.incoming.request());
    CHECK(reader.incoming.soap()->header.service.code == "getPermit");
    CHECK(reader.incoming.received().type == "text/xml; charset=UTF-8");
    CHECK(reader.incoming.received().part == soap_request());
    CHECK_FALSE(reader.incoming.received().body);
}

TEST_CASE("a fault in place of a SOAP answer is relayed octet for octet; in place of a request it is refused") {
    const std::vector<Part> parts{{"text/xml", soap_fault()}};
    Reader answer(Incoming::Expect::response);
    REQUIRE(answer.read(multipart(parts)));
    REQUIRE(answer.incoming.relayed());
    CHECK(answer.incoming.relayed()->fault.code == "soapenv:Server.Oops");
    CHECK(answer.incoming.relayed()->document == soap_fault());

    Reader request(Incoming::Expect::request);
    const auto read = request.read(multipart(parts));
    REQUIRE_FALSE(read);
    CHECK(read.error().code == FaultCode::invalid_message);
    CHECK(contains(read.error().detail, "where a request is due"));
}

TEST_CASE("a request is refused, with its code and reason, when it") {
    const auto with = [](std::size_t index, std::string_view type, std::string content) {
        auto parts = request_parts();
        parts[index] = {type, std::move(content)};
        return multipart(parts);
    };
    const auto whole = multipart(request_parts());
    const auto many = std::vector<Part>(17, Part{part_type::ocsp, ocsp_part});
    struct {
        const char* why;
        std::string octets;
        FaultCode code;
        std::string_view says;
    } const rows[] = {
        {"has an OCSP part that is none", with(0, part_type::ocsp, "no DER"), FaultCode::io_error, "no OCSP response"},
        {"has an empty OCSP part", with(0, part_type::ocsp, ""), FaultCode::io_error, "no OCSP response"},
        {"has too many OCSP parts", multipart(many), FaultCode::too_large, "16"},
        {"has an OCSP part above the limit", with(0, part_type::ocsp, std::string(65'537, 'x')), FaultCode::too_large,
         "65536"},
        {"has a message part above the limit",
         with(2, part_type::rest_request, request_part + std::string(65'536, 'x')), FaultCode::too_large, "65536"},
        {"has a signature above the limit", with(6, part_type::signature, std::string(262'145, 'x')),
         FaultCode::too_large, "262144"},
        {"has an answer in place of the question", with(2, part_type::rest_response, response_part),
         FaultCode::internal_error, "the reverse"},
        {"has a question that calls itself an answer", with(2, part_type::rest_response, request_part),
         FaultCode::internal_error, "the reverse"},
        {"has a message part with an empty line", with(2, part_type::rest_request, request_part + "\r\n"),
         FaultCode::internal_error, ""},
        {"has a message part with a skipped header", with(2, part_type::rest_request, request_part + "Host:x\r\n"),
         FaultCode::internal_error, ""},
        {"has a message part without a client",
         with(2, part_type::rest_request, "GET\r\n/r1/ZA/GOV/202/roads/permit\r\nX-Road-Id:1\r\n"),
         FaultCode::internal_error, ""},
        {"has two bodies", with(4, part_type::rest_body, "b"), FaultCode::invalid_content_type, "place"},
        {"has no end", whole.substr(0, whole.size() - 12), FaultCode::mime_parsing_failed, ""},
        {"has text in front", "hello\r\n" + whole, FaultCode::mime_parsing_failed, ""},
        {"has text behind", whole + "hello", FaultCode::mime_parsing_failed, ""},
    };
    for (const auto& [why, octets, code, says] : rows) SUBCASE(why) {
            Reader reader(Incoming::Expect::request);
            auto read = reader.read(octets);
            REQUIRE_FALSE(read);
            CHECK(spelling(read.error().code) == spelling(code));
            CHECK(contains(read.error().detail, says));
        }
}

TEST_CASE("attachments that are not what they say are refused, with the code of what is wrong") {
    const auto with = [](std::string_view attachments) {
        return multipart({{part_type::ocsp, ocsp_part},
                          {"text/xml", soap_request()},
                          {"multipart/mixed; boundary=xattAbCd", std::string(attachments)},
                          {part_type::signature, "<s/>"}});
    };
    struct {
        const char* what;
        std::string_view attachments;
        FaultCode code;
        std::string_view says;
    } const rows[] = {
        {"cut before their end", "\r\n--xattAbCd\r\ncontent-type: a/b\r\n\r\n1", FaultCode::mime_parsing_failed, "end"},
        {"cut in a head", "\r\n--xattAbCd\r\ncontent-type: a/b\r\n", FaultCode::io_error, "headers"},
        {"of another boundary", "\r\n--xattAbCe\r\ncontent-type: a/b\r\n\r\n1\r\n--xattAbCe--\r\n",
         FaultCode::mime_parsing_failed, "delimiter"},
        {"without a content type", "\r\n--xattAbCd\r\nname: value\r\n\r\n1\r\n--xattAbCd--\r\n",
         FaultCode::invalid_content_type, "attachment"},
        {"followed by more", "\r\n--xattAbCd\r\ncontent-type: a/b\r\n\r\n1\r\n--xattAbCd--\r\nmore",
         FaultCode::mime_parsing_failed, "follow"},
    };
    for (const auto& [what, attachments, code, says] : rows) SUBCASE(what) {
            Reader reader(Incoming::Expect::request);
            const auto read = reader.read(with(attachments));
            REQUIRE_FALSE(read);
            CHECK(spelling(read.error().code) == spelling(code));
            CHECK(contains(read.error().detail, says));
        }
    std::string headers;
    for (int i = 0; i < 999; ++i) headers += "h" + std::to_string(i) + ": " + std::string(900, 'v') + "\r\n";
    const std::string part = "\r\n--xattAbCd\r\ncontent-type: a/b\r\n" + headers + "\r\n1";
    Reader heavy(Incoming::Expect::request);
    const auto read = heavy.read(with(part + part + "\r\n--xattAbCd--\r\n"));
    REQUIRE_FALSE(read);
    CHECK(read.error().code == FaultCode::too_large);
    CHECK(contains(read.error().detail, "1 MiB of headers"));
    Reader none(Incoming::Expect::request);
    REQUIRE(none.read(with("\r\n--xattAbCd--\r\n")));
    CHECK_FALSE(none.incoming.received().body);
    Reader one(Incoming::Expect::request);
    REQUIRE(one.read(with("\r\n--xattAbCd\r\ncontent-type: a/b\r\n\r\n1\r\n--xattAbCd--\r\n")));
    CHECK(one.incoming.received().body->view() == "1");
}

TEST_CASE("an answer is refused when the XML in it is no fault") {
    Reader reader(Incoming::Expect::response);
    const std::string soap =
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><a/></e:Body></e:Envelope>";
    auto read = reader.read(multipart({{part_type::rest_response, response_part}, {"text/xml", soap}}));
    REQUIRE_FALSE(read);
    CHECK(read.error().code == FaultCode::invalid_message);
}

TEST_CASE("the boundary of a message is found, quoted or not, and other content types are refused") {
    const auto found = transport::message_boundary("Multipart/Mixed; charset=UTF-8; boundary=\"xtopA\"");
    REQUIRE(found);
    CHECK(*found == "xtopA");
    for (const char* wrong :
         {"multipart/related; boundary=x", "multipart/mixed", "multipart/mixed; boundary=", "text/xml", ""}) {
        CAPTURE(wrong);
        const auto refused = transport::message_boundary(wrong);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::invalid_content_type);
    }
}
