// What a message says of itself: who signed it, to whom it speaks. Read from the message part of a container.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"
#include "schemas/identity/identifiers.hpp"

#include <optional>
#include <string>

namespace onceway::container {

struct MessageFacts {
    std::string kind;       // rest, soap
    std::string direction;  // request, response
    std::string id;
    std::optional<identity::ClientId> client;
    std::optional<identity::ServiceId> service;

    /// Who must have signed: the client of a request, the provider of a response. None when a SOAP header is defective.
    std::optional<identity::ClientId> signer() const;
};

/// SOAP is tried first; what is no SOAP envelope at all is read as REST. Faults: `internal_error`.
/// Rule: message-log §5.2 step 10.
Result<MessageFacts> read_message_facts(OctetsView message);

}  // namespace onceway::container
