#include "tests/security-server/soap_peer.hpp"

#include "schemas/message/fault_document.hpp"
#include "schemas/message/mime.hpp"
#include "security-server/transport/outgoing.hpp"

#include <doctest/doctest.h>

namespace onceway::tests {

namespace {

transport::Message message_of(World& world, const PeerQuestion& question) {
    auto message = transport::Message::soap(question.type, question.envelope);
    message.headers = question.headers;
    if (!question.attachments.empty()) {
        message.body = std::make_shared<channel::Payload>(world.folder.path());
        for (const auto& [type, octets, headers] : question.attachments) {
            REQUIRE(run(message.body->append(octets)));
            message.body->end_part();
            message.attachments.push_back({type, headers});
        }
        message.body->seal();
    }
    const auto key = world.consumer_server.keys.signing_key(World::client().member());
    REQUIRE(key);
    auto seal = signature::seal_now(**key, message.digests(), Clock::system().now());
    REQUIRE(seal);
    message.seal = std::move(*seal);
    message.ocsp = std::make_shared<const std::vector<Octets>>(world.consumer_server.keys.ocsp);
    return message;
}

message::Fields head_of(const PeerQuestion& question, const std::string& boundary) {
    message::Fields fields{{"Content-Type", transport::multipart_type(boundary)}, {"x-hash-algorithm", "SHA-512"}};
    if (question.has_request_id) fields.emplace_back("x-road-request-id", random_uuid());
    if (!question.version.empty()) fields.emplace_back("x-proxy-version", question.version);
    if (question.original_type) fields.emplace_back("x-original-content-type", *question.original_type);
    if (question.soap_action) fields.emplace_back("x-original-soapaction", *question.soap_action);
    fields.insert(fields.end(), question.more.begin(), question.more.end());
    return fields;
}

void take_apart(PeerReply& reply, World& world) {
    const auto type = reply.field("Content-Type");
    if (type.starts_with("text/xml")) {
        auto fault = message::read_soap_fault(reply.body);
        REQUIRE(fault);
        REQUIRE(*fault);
        reply.fault = **fault;
        reply.fault_document = reply.body;
        return;
    }
    auto boundary = transport::message_boundary(type);
    REQUIRE(boundary);
    transport::Incoming incoming(transport::Incoming::Expect::response, *boundary, world.folder.path());
    transport::GivenSource source(reply.body);
    auto read = run(incoming.read_rest(source));
    REQUIRE_MESSAGE(read, read.error().detail);
    if (incoming.relayed()) {
        reply.late = true;
        reply.fault = incoming.relayed()->fault;
        reply.fault_document = incoming.relayed()->document;
        return;
    }
    REQUIRE(incoming.soap());
    reply.soap = incoming.take_soap();
    reply.message = incoming.take_received();
}

}  // namespace

std::string PeerReply::field(std::string_view name) const {
    for (const auto& [found, value] : fields)
        if (found == name) return value;
    return "absent";
}

std::vector<Attached> PeerReply::attachments() const {
    std::vector<Attached> all;
    REQUIRE(message);
    if (!message->body) return all;
    const auto& parts = message->body->parts();
    REQUIRE(parts.size() == message->attachments.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
        transport::KeptOctets kept;
        REQUIRE(run(transport::write_payload(kept, *message->body, parts[i])));
        all.push_back({message->attachments[i].type, kept.octets, message->attachments[i].headers});
    }
    return all;
}

ProviderWorld::ProviderWorld() : ProviderWorld(Wishes{.pooled = true}) {}

ProviderWorld::ProviderWorld(Wishes wishes) : World(std::move(wishes)) {
    change_owner([&](access::Client& owner) {
        owner.services.push_back({.code = "getPermit",
                                  .type = access::ServiceType::wsdl,
                                  .url = service_address(),
                                  .disabled = {},
                                  .version = "v1"});
        owner.rights.push_back({{.kind = access::Subject::Kind::client, .client = client()}, "getPermit"});
    });
    answer_with_envelope(soap_answer());
}

std::string ProviderWorld::service_address() const {
    return "http://127.0.0.1:" + std::to_string(service_door->port()) + "/soap";
}

std::unique_ptr<channel::Listener> ProviderWorld::open_service_over_tls(const Certified& own) {
    auto tls = channel::TlsContext::server({{own.certificate}, own.key}, false);
    REQUIRE(tls);
    const auto route = [this](channel::Exchange& exchange) { return serve(exchange); };
    auto door = channel::Listener::open(threads, {.name = "tls-service", .address = "127.0.0.1", .tls = *tls}, route);
    REQUIRE(door);
    return std::move(*door);
}

PeerReply ProviderWorld::ask(const PeerQuestion& question) {
    const std::string boundary = message::random_boundary();
    transport::KeptOctets multipart;
    const auto message = message_of(*this, question);
    REQUIRE(run(transport::write_message(multipart, boundary, message)));
    if (question.alter) question.alter(multipart.octets);
    auto tls = channel::TlsContext::peer_client(consumer_server.keys.identity);
    REQUIRE(tls);
    channel::FetchRequest request{.method = "POST",
                                  .url = {.tls = true, .host = peer_address, .port = peer_door->port(), .target = "/"},
                                  .fields = head_of(question, boundary),
                                  .body = std::move(multipart.octets),
                                  .tls = *tls,
                                  .most = 64 * 1024 * 1024};
    auto answer = run(channel::fetch(std::move(request)));
    REQUIRE_MESSAGE(answer, answer.error().detail);
    PeerReply reply{.status = answer->status, .fields = answer->fields, .body = answer->body};
    CHECK(reply.status == 200);
    take_apart(reply, *this);
    return reply;
}

void ProviderWorld::answer_with_envelope(std::string envelope, int status, std::string type) {
    message::Fields fields;
    if (!type.empty()) fields.emplace_back("Content-Type", std::move(type));
    answer_with({status, std::move(fields), std::move(envelope)});
}

void ProviderWorld::change_service(const std::function<void(access::Service&)>& change) {
    change_owner([&](access::Client& owner) { change(owner.services.back()); });
}

}  // namespace onceway::tests
