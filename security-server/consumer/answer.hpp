// Opens what a provider's security server answered, and checks that it belongs to the question.
#pragma once

#include "certs/channel/client.hpp"
#include "schemas/base/async.hpp"
#include "schemas/message/rest.hpp"
#include "schemas/message/soap.hpp"
#include "security-server/transport/message.hpp"
#include "security-server/transport/places.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace onceway::consumer {

/// What came back: a message, or a fault of the other server, which is relayed as it is.
struct Answer {
    std::optional<WireFault> fault;
    Octets fault_document;  // the same as it came; empty when it was not made by the other server

    std::optional<message::RestResponse> response;     // of REST, without a fault
    std::optional<message::SoapMessage> soap;          // of SOAP, without a fault
    std::optional<std::string> original_content_type;  // of SOAP: what the provider's service answered with
    transport::Message message;                        // its parts, not yet verified
};

/// Waits for the answer on a connection that carried a request in `language`, and reads all of it.
/// Rule: message-transport §3.5.
/// Faults: `http_error` (status), `invalid_content_type`, `internal_error` (x-hash-algorithm), `missing_rest`,
/// `missing_soap`, `missing_signature`, what the reader finds behind `service_failed.`, and those of the connection.
/// What the body holds of memory is counted in `memory`, when there is one.
Async<Answer> receive_answer(channel::Connection& connection, message::Language language, std::filesystem::path spool,
                             std::shared_ptr<transport::BodyMemory> memory = nullptr);

/// Faults: `inconsistent_response`, saying what differs. `request_hash` is raw. Rule: message-transport §2.4.
Result<void> check_belongs(const message::RestResponse& response, const message::RestRequest& request,
                           std::string_view request_id, OctetsView request_hash);

}  // namespace onceway::consumer
