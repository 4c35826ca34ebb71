// A question in SOAP, from port 5500 to the information system and back: what reaches it, and what its answer becomes.
#include "certs/keys/digest.hpp"
#include "schemas/base/bytes.hpp"
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
