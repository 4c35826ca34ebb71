#include "security-server/provider/envelope.hpp"

#include "schemas/message/soap.hpp"
#include "security-server/provider/client_version.hpp"
#include "security-server/transport/incoming.hpp"
#include "security-server/transport/message.hpp"

namespace onceway::provider {
namespace {

std::string value(const message::RequestHead& head, std::string_view name) {
    return std::string(message::field(head.fields, name).value_or(""));
}

/// What only SOAP has. Faults: `invalid_soap_action`.
Result<void> read_soap_fields(const message::RequestHead& head, Envelope& envelope) {
    envelope.soap_action = value(head, "x-original-soapaction");
    if (const auto type = message::field(head.fields, "x-original-content-type"))
        envelope.original_type = std::string(*type);
    return message::check_soap_action(envelope.soap_action);
}

}  // namespace

Result<Envelope> read_envelope(const message::RequestHead& head, const std::optional<std::string>& least_version) {
    Envelope envelope{.rest = message::field(head.fields, "x-road-message-type") == transport::rest_message_type,
                      .request_id = value(head, "x-road-request-id"),
                      .peer_version = value(head, "x-proxy-version"),
                      .soap_action = {},
                      .original_type = {},
                      .boundary = {}};
    if (least_version) {
        auto recent = check_client_version(envelope.peer_version, *least_version);
        if (!recent) return recent.error();
    }
    if (!envelope.rest) {
        auto read = read_soap_fields(head, envelope);
        if (!read) return read.error();
    }
    const std::string algorithm = value(head, "x-hash-algorithm");
    if (algorithm != transport::hash_algorithm)
        return fault(FaultCode::internal_error,
                     algorithm.empty()
                         ? "The message has no x-hash-algorithm header; it must be SHA-512."
                         : "The message was digested with '" + algorithm + "'; only SHA-512 is accepted.");
    const auto type = message::field(head.fields, "Content-Type");
    if (!type)
        return fault(FaultCode::invalid_content_type, "The message has no content type; it must be multipart/mixed.")
            .within("service_failed");
    auto boundary = transport::message_boundary(*type);
    if (!boundary) return boundary.error().within("service_failed");
    envelope.boundary = std::move(*boundary);
    return envelope;
}

Result<void> check_complete(const Envelope& envelope) {
    if (envelope.rest && envelope.request_id.empty())
        return fault(FaultCode::internal_error, "The HTTP request has no x-road-request-id header.");
    if (!envelope.rest && !envelope.original_type)
        return fault(FaultCode::internal_error, "The HTTP request has no x-original-content-type header.");
    return {};
}

}  // namespace onceway::provider
