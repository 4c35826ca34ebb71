#include "certs/container/message_facts.hpp"

#include "schemas/message/rest.hpp"
#include "schemas/message/soap.hpp"

#include <fmt/format.h>

namespace onceway::container {
namespace {

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
    auto soap = message::read_soap(message);
    if (!soap && soap.error().code == FaultCode::invalid_soap) {
        auto rest = read_rest(message);
        return rest || !message.starts_with('<') ? rest : unreadable(soap.error().detail);
    }
    // A defect of the header, or a fault in place of an answer, leaves open who signs; a later step says so.
    MessageFacts facts{"soap", "request", {}, std::nullopt, std::nullopt};
    if (!soap || soap->fault) return facts;
    if (soap->is_response()) facts.direction = "response";
    facts.id = std::move(soap->header.id);
    facts.client = std::move(soap->header.client);
    facts.service = std::move(soap->header.service);
    return facts;
}

}  // namespace onceway::container
