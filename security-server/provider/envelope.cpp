#include "security-server/provider/envelope.hpp"

#include "security-server/transport/incoming.hpp"
#include "security-server/transport/message.hpp"

namespace onceway::provider {

Result<Envelope> read_envelope(const message::RequestHead& head) {
    const auto value = [&](std::string_view name) {
        return std::string(message::field(head.fields, name).value_or(""));
    };
    const std::string algorithm = value("x-hash-algorithm");
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
    return Envelope{.rest = value("x-road-message-type") == transport::rest_message_type,
                    .request_id = value("x-road-request-id"),
                    .peer_version = value("x-proxy-version"),
                    .boundary = std::move(*boundary)};
}

}  // namespace onceway::provider
