// The REST message parts, byte for byte: what a consumer asked and a provider answered, in the form that is signed.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/identity/identifiers.hpp"
#include "schemas/message/facts.hpp"
#include "schemas/message/http_head.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace onceway::message {

/// True for the 13 fields that never stand in a REST part. Rule: message-transport §2.2.2.
bool is_skipped_field(std::string_view name);
/// True for the eight verbs of REST. Upper case only.
bool is_rest_verb(std::string_view verb);

/// A REST request part, read. Rule: message-transport §3.8.1.
struct RestRequest {
    std::string verb;
    std::string target;  // raw path and query, as it stands in the part
    Fields fields;       // values are UTF-8 text
    identity::RestTarget parsed;
    identity::ClientId client;
    std::string id;                            // x-road-id; empty when absent (checked after the signature)
    std::string request_id;                    // x-road-request-id, found in lower case only; empty when absent
    std::optional<identity::ServerId> server;  // X-Road-Security-Server

    Facts facts() const { return {Language::rest, client, parsed.service, id, server}; }
};

/// Reads the octets of a part. Faults: `internal_error` for whatever a genuine reader calls so: verb, target, empty
/// line, line without colon, skipped field, client missing or malformed. A value may begin with a blank and then is
/// one.
Result<RestRequest> parse_rest_request(OctetsView part);

/// Writes the part for a request of an information system: its fields in order without the skipped ones,
/// `X-Road-Request-Id` and `X-Road-Request-Hash`, then `x-road-request-id`, then, when the caller sent none,
/// `x-road-id`. Field values arrive as ISO-8859-1 octets and are written as UTF-8 (message-transport §8, trap 43).
Octets write_rest_request(std::string_view verb, std::string_view target, const Fields& fields,
                          std::string_view request_id, std::optional<std::string_view> generated_id);

/// A REST response part, read. Rule: message-transport §3.8.2.
struct RestResponse {
    int status = 0;
    std::string reason;
    Fields fields;
    std::string id, request_id;
    std::optional<identity::ClientId> client;
    std::optional<identity::ServiceId> service;
    Octets request_hash;  // decoded; empty when absent or no Base64
};

/// Faults: `internal_error`, as for requests; `x-road-id` and `x-road-request-hash` must be there and not empty.
Result<RestResponse> parse_rest_response(OctetsView part);

/// What the provider's server adds at the end of a response part.
struct RestResponseFacts {
    std::string id;
    identity::ClientId client;
    identity::ServiceId service;
    std::string request_id;
    Octets request_hash;  // raw digest
};
/// Writes the part for a provider's answer: its fields in order without the skipped ones and without any of the five
/// generated ones (nor `x-road-service`), then the five. Values arrive as ISO-8859-1.
Octets write_rest_response(int status, std::string_view reason, const Fields& fields, const RestResponseFacts& facts);

/// UTF-8 text of a part as the ISO-8859-1 octets of an HTTP field; characters beyond become '?'.
std::string to_latin1(std::string_view utf8);
std::string from_latin1(std::string_view octets);

}  // namespace onceway::message
