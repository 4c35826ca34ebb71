#include "certs/container/message_facts.hpp"

#include "schemas/message/rest.hpp"
#include "schemas/xml/document.hpp"

#include <fmt/format.h>

namespace onceway::container {
namespace {

constexpr std::string_view envelope_space = "http://schemas.xmlsoap.org/soap/envelope/";
constexpr std::string_view header_space = "http://x-road.eu/xsd/xroad.xsd";
constexpr std::string_view identifier_space = "http://x-road.eu/xsd/identifiers";

/// The value of one identifier component; none when it is absent or no identifier at all.
std::optional<std::string> component(xml::Element identifier, std::string_view name) {
    const auto element = identifier.child(identifier_space, name);
    if (!element) return std::nullopt;
    auto text = element->loose_text();
    if (text.empty()) return std::nullopt;
    return text;
}

std::optional<identity::ClientId> client_of(xml::Element identifier) {
    auto instance = component(identifier, "xRoadInstance");
    auto member_class = component(identifier, "memberClass");
    auto member_code = component(identifier, "memberCode");
    if (!instance || !member_class || !member_code) return std::nullopt;
    return identity::ClientId{*instance, *member_class, *member_code, component(identifier, "subsystemCode")};
}

std::optional<identity::ServiceId> service_of(xml::Element identifier) {
    auto provider = client_of(identifier);
    auto code = component(identifier, "serviceCode");
    if (!provider || !code) return std::nullopt;
    return identity::ServiceId{std::move(*provider), std::move(*code), component(identifier, "serviceVersion")};
}

/// Fields of a SOAP header that is as it must be; otherwise the facts stay without client and service.
MessageFacts read_envelope(xml::Element envelope) {
    MessageFacts facts{"soap", "request", {}, std::nullopt, std::nullopt};
    const auto header = envelope.child(envelope_space, "Header");
    const auto body = envelope.child(envelope_space, "Body");
    const auto content = body ? body->children() : std::vector<xml::Element>{};
    if (!header || content.size() != 1 || content.front().is(envelope_space, "Fault")) return facts;
    if (content.front().name().ends_with("Response")) facts.direction = "response";

    for (const auto name : {"client", "service", "id", "protocolVersion"})
        if (header->children(header_space, name).size() != 1) return facts;
    if (!header->child(header_space, "protocolVersion")->loose_text().starts_with("4.")) return facts;
    facts.id = header->child(header_space, "id")->loose_text();
    auto client = client_of(*header->child(header_space, "client"));
    auto service = service_of(*header->child(header_space, "service"));
    if (!client || !service || !content.front().name().starts_with(service->code)) return facts;
    facts.client = std::move(client);
    facts.service = std::move(service);
    return facts;
}

Fault unreadable(std::string_view why) {
    return fault(FaultCode::internal_error, fmt::format("message.xml is neither a SOAP nor a REST message: {}", why));
}

Result<MessageFacts> read_rest(OctetsView message) {
    MessageFacts facts{"rest", "request", {}, std::nullopt, std::nullopt};
    if (!message.empty() && message.front() >= '1' && message.front() <= '9') {
        auto response = message::parse_rest_response(message);
        if (!response) return unreadable(response.error().detail);
        if (!response->service) return unreadable("the response names no service");
        facts.direction = "response";
        facts.id = response->id;
        facts.client = response->client;
        facts.service = response->service;
        return facts;
    }
    auto request = message::parse_rest_request(message);
    if (!request) return unreadable(request.error().detail);
    facts.id = request->id;
    facts.client = request->client;
    facts.service = request->parsed.service;
    return facts;
}

}  // namespace

std::optional<identity::ClientId> MessageFacts::signer() const {
    if (direction == "request") return client;
    return service ? std::optional(service->provider) : std::nullopt;
}

Result<MessageFacts> read_message_facts(OctetsView message) {
    const auto document = xml::Document::parse(message);
    if (!document || !document->root().is(envelope_space, "Envelope")) return read_rest(message);
    return read_envelope(document->root());
}

}  // namespace onceway::container
