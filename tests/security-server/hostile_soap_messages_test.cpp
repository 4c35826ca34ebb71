// SOAP messages that a member's own software sends to another security server, signed by the member and not as honest
// software would: one fault that says why and no service that hears of it. The tables lie in tests/corpus/hostile_soap.
#include "security-server/transport/outgoing.hpp"
#include "security-server/transport/refusals.hpp"
#include "tests/security-server/hostile_member.hpp"
#include "tests/security-server/hostile_soap.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace onceway;
using namespace onceway::tests;

namespace {

constexpr std::string_view xml = "text/xml; charset=UTF-8";
constexpr std::string_view boundary = "xtopAAAAAA";

void attach(World& world, transport::Message& message) {
    message.body = std::make_shared<channel::Payload>(world.folder.path());
    for (const std::string_view text : {"first attachment", "second attachment"}) {
        REQUIRE(run(message.body->append(text)));
        message.body->end_part();
    }
    message.body->seal();
    message.attachments = {{"text/plain", {{"Content-ID", "<a1>"}}},
                           {"application/octet-stream", {{"Content-ID", "<a2>"}}}};
}

/// A whole request on port 5500, as the member's own software writes it.
std::string sealed(World& world, std::string envelope, bool attached) {
    auto message = transport::Message::soap(std::string(xml), std::move(envelope));
    if (attached) attach(world, message);
    const auto key = world.consumer_server.keys.signing_key(World::client().member());
    REQUIRE(key);
    auto seal = signature::seal_now(**key, message.digests(), Clock::system().now());
    REQUIRE(seal);
    message.seal = std::move(*seal);
    message.ocsp = std::make_shared<const std::vector<Octets>>(world.consumer_server.keys.ocsp);
    transport::KeptOctets kept;
    REQUIRE(run(transport::write_message(kept, std::string(boundary), message)));
    return fmt::format(
        "POST / HTTP/1.1\r\nHost: h\r\nx-hash-algorithm: SHA-512\r\nx-proxy-version: 7.8.0\r\nx-original-content-type: "
        "{}\r\n"
        "x-original-soapaction: \"\"\r\nx-road-request-id: {}\r\nContent-Type: {}\r\nConnection: close\r\n\r\n{}",
        attached ? "multipart/related; boundary=b1" : xml, random_uuid(), transport::multipart_type(boundary),
        kept.octets);
}

/// What a row sends: changed before it is sealed, or afterwards.
std::string message_of(World& world, std::string_view kind, std::string_view changes) {
    using namespace hostile_soap;
    const bool attached = kind.ends_with("swa");
    if (kind.starts_with("sealed")) return sealed(world, changed(envelope(), changes), attached);
    return changed(sealed(world, envelope(), attached), changes);
}

HeardBack say(World& world, std::string_view kind, std::string_view changes) {
    const auto message = hostile_soap::sendable(message_of(world, kind, changes));
    auto heard = run(speak(as_member(world), message.octets, message.end));
    REQUIRE(heard);
    return *heard;
}

}  // namespace

TEST_CASE("a hostile SOAP message of a member gets one fault that says why, and reaches no service") {
    HostileSoapWorld soap;
    const auto rows = hostile_rows("hostile_soap/refused_messages.txt", 7);
    CHECK(rows.size() >= 60);
    for (const auto& row : rows) {
        CAPTURE(row[0]);
        CAPTURE(row[1]);
        const auto kept = soap.world.provider_server.records();
        const auto heard = say(soap.world, row[2], row[6]);
        CAPTURE(between(heard.octets, "<faultstring>", "</faultstring>"));
        CHECK(heard.octets.starts_with("HTTP/1.1 200 "));
        const auto code = between(heard.octets, "<faultcode>", "</faultcode>");
        if (row[3].ends_with("signature_verification"))
            CHECK(code.starts_with(row[3] + '.'));
        else
            CHECK(code == row[3]);
        CHECK(contains(between(heard.octets, "<faultstring>", "</faultstring>"), row[5]));
        CHECK(count_of(heard.octets, "HTTP/1.1 ") == 1);
        CHECK(heard.closed);
        const auto told = transport::refusals().last(1);
        REQUIRE(told.size() == 1);
        CHECK(told[0].code == code);
        CHECK(told[0].side == "provider");
        CHECK(std::to_string(soap.world.provider_server.records() - kept) == row[4]);
    }
    CHECK(soap.world.seen_by_service().empty());
}

TEST_CASE("an odd and legal SOAP message of a member reaches the service, and is answered and recorded") {
    HostileSoapWorld soap;
    const auto rows = hostile_rows("hostile_soap/legal_messages.txt", 5);
    CHECK(rows.size() >= 10);
    for (const auto& row : rows) {
        CAPTURE(row[0]);
        CAPTURE(row[1]);
        soap.world.seen.clear();
        const auto heard = say(soap.world, row[2], row[4]);
        CAPTURE(between(heard.octets, "<faultstring>", "</faultstring>"));
        CHECK(heard.octets.starts_with("HTTP/1.1 200 "));
        CHECK(contains(heard.octets, "getPermitResponse"));
        CHECK(between(heard.octets, "<faultstring>", "</faultstring>") == "");
        const auto seen = soap.world.seen_by_service();
        REQUIRE(seen.size() == 1);
        CHECK(contains(seen[0].body, row[3]));
    }
    CHECK(soap.world.provider_server.records() == 2 * rows.size());
}
