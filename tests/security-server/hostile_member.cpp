#include "tests/security-server/hostile_member.hpp"

#include "schemas/message/mime.hpp"
#include "schemas/message/rest.hpp"
#include "security-server/transport/outgoing.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace onceway::tests {

std::string signed_request(World& world, Octets part, std::string_view body) {
    std::shared_ptr<channel::Payload> payload;
    if (!body.empty()) {
        payload = std::make_shared<channel::Payload>(world.folder.path());
        REQUIRE(run(payload->append(body)));
        payload->seal();
    }
    auto message = transport::Message::of(transport::part_type::rest_request, std::move(part), std::move(payload));
    const auto key = world.consumer_server.keys.signing_key(World::client().member());
    REQUIRE(key);
    auto seal = signature::seal_now(**key, message.digests(), Clock::system().now());
    REQUIRE(seal);
    message.seal = std::move(*seal);
    message.ocsp = std::make_shared<const std::vector<Octets>>(world.consumer_server.keys.ocsp);

    const std::string boundary = message::random_boundary();
    transport::KeptOctets kept;
    REQUIRE(run(transport::write_message(kept, boundary, message)));
    return fmt::format(
        "POST / HTTP/1.1\r\nHost: h\r\nx-hash-algorithm: SHA-512\r\nx-road-message-type: REST\r\n"
        "x-road-request-id: {}\r\nContent-Type: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}",
        random_uuid(), transport::multipart_type(boundary), kept.octets.size(), kept.octets);
}

Octets part_for(std::string_view verb, std::string_view target, std::string_view id) {
    const message::Fields fields{{"X-Road-Client", "ZA/GOV/101/tax"}, {"X-Road-Id", std::string(id)}};
    return message::write_rest_request(verb, target, fields, random_uuid(), std::nullopt);
}

Aim as_member(World& world) {
    auto tls = channel::TlsContext::peer_client(world.consumer_server.keys.identity);
    REQUIRE(tls);
    return {world.peer_address, world.peer_door->port(), *tls};
}

}  // namespace onceway::tests
