// What REST and SOAP say alike: who asks whom for what, under which id. The way through the house knows only this.
#pragma once

#include "schemas/identity/identifiers.hpp"

#include <optional>
#include <string>

namespace onceway::message {

/// The two languages of the wire.
enum class Language { rest, soap };

/// The facts of one exchange, as its request states them. Decision 2 of architecture.md.
struct Facts {
    Language language = Language::rest;
    identity::ClientId client;
    identity::ServiceId service;               // with a version only in SOAP
    std::string id;                            // x-road-id, or the header element id
    std::optional<identity::ServerId> server;  // the security server that the client wants to answer
};

}  // namespace onceway::message
