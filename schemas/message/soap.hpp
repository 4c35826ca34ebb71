// SOAP messages: what their headers say, whether they may travel, and the few places where we write into one. The
// octets of an envelope are never put together anew: they are hashed, sealed and forwarded as they came.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/fault.hpp"
#include "schemas/base/result.hpp"
#include "schemas/identity/identifiers.hpp"
#include "schemas/message/facts.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::message {

inline constexpr std::string_view soap_space = "http://schemas.xmlsoap.org/soap/envelope/";
inline constexpr std::string_view xroad_space = "http://x-road.eu/xsd/xroad.xsd";
inline constexpr std::string_view identifiers_space = "http://x-road.eu/xsd/identifiers";
inline constexpr std::string_view representation_space = "http://x-road.eu/xsd/representation.xsd";

/// On whose behalf the client asks. Rule: message-transport §2.6.3.
struct RepresentedParty {
    std::optional<std::string> party_class;
    std::string code;
    bool operator==(const RepresentedParty&) const = default;
};

/// The known header elements of one message. Absent and empty differ. Rule: message-transport §2.6.3.
struct SoapHeader {
    identity::ClientId client;
    identity::ServiceId service;
    std::optional<identity::ServerId> server;
    std::string id;
    std::optional<std::string> user_id, issue;
    std::optional<RepresentedParty> represented;
    std::string protocol_version;
    std::optional<std::string> request_hash;  // Base64, as it stands; answers only
};

/// Octets of an envelope, from `begin` to before `end`, counted behind a byte order mark.
struct Place {
    std::size_t begin = 0, end = 0;
};

/// Where an envelope may be written into, found while it was read.
struct SoapPlaces {
    bool as_it_came = true;              // false: these are places of the text in UTF-8, which was another one
    std::optional<Place> id;             // the header element id, tags included
    std::string id_prefix;               // its prefix; empty for the default namespace
    bool id_declares_it = false;         // the declaration of that prefix stands on the element itself
    std::vector<Place> request_hashes;   // header elements, tags included
    std::optional<Place> body_contents;  // between the tags of the body
};

/// A message that has been read: either header and wrapper, or a fault.
struct SoapMessage {
    SoapHeader header;
    std::string wrapper;             // local name of the one element in the body
    std::string wrapper_space;       // its namespace
    std::optional<WireFault> fault;  // set: the body is a SOAP fault, and nothing else here means anything
    SoapPlaces places;               // for `with_request_hash`

    /// An answer by the name of its wrapper: it ends in "Response".
    bool is_response() const { return wrapper.ends_with("Response"); }
    Facts facts() const;
};

/// Reads an envelope: SOAP 1.1, no DOCTYPE, the header rules and the prefix rule. The encoding is what the XML
/// declaration or a byte order mark says, not what `content_type` says, with which a mark must agree; what is neither
/// UTF-8 (or US-ASCII) nor UTF-16 with a mark nor one of ISO-8859 or Windows-125x is refused. A body that is a fault is
/// given as one, without a look at the header. Faults: `invalid_soap`, `missing_header`, `missing_header_field`,
/// `duplicate_header_field`, `invalid_protocol_version`, `invalid_xml` (objectType), `missing_body`, `invalid_body`,
/// `inconsistent_headers`, `too_large`, `internal_error` (an identifier that is none). Rule: message-transport §2.6.3.
Result<SoapMessage> read_soap(OctetsView envelope, std::string_view content_type = "text/xml");

/// The `charset` of a content type that has one must be the name of some encoding. Faults: `internal_error`.
/// Rule: message-transport §2.6.1.
Result<void> check_charset(std::string_view content_type);

/// A `SOAPAction` as HTTP carries it: absent is empty here. Empty, `""` and a quoted URI pass.
/// Faults: `invalid_soap_action`. Rule: message-transport §2.6.1.
Result<void> check_soap_action(std::string_view value);

/// `response` with exactly one `requestHash` in its header: `raw_sha512` of the request's envelope, behind `id`, with
/// the prefix that `id` has. Every other octet stays as the provider wrote it; what is not UTF-8 becomes UTF-8, its
/// declaration too. `response` has been read by `read_soap` before. Faults: `invalid_soap`, `too_large`.
/// Rule: message-transport §3.9.1.
Result<Octets> with_request_hash(OctetsView response, OctetsView raw_sha512);
/// The same without reading `response` once more: `read` is what `read_soap` gave for these very octets.
Result<Octets> with_request_hash(OctetsView response, const SoapMessage& read, OctetsView raw_sha512);

/// Compares the header of an answer with that of its request: client, service with version, userId, representedParty,
/// issue, id; absent and empty differ. Faults: `inconsistent_response`, naming what differs. Rule: message-transport
/// §2.7.
Result<void> check_same_exchange(const SoapHeader& request, const SoapHeader& response);
/// Faults: `inconsistent_response`, when requestHash is absent, no Base64, or not `raw_sha512`.
Result<void> check_request_hash(const SoapHeader& response, OctetsView raw_sha512);

/// The answer to a request that we answer ourselves: the request's header elements as they were written, without
/// requestHash, and `body` (XML, one element) in the Body. In UTF-8. Faults: `invalid_soap`.
Result<Octets> write_soap_answer(OctetsView request, std::string_view body);

/// The element children of the request's body element, by local name: texts of `serviceCode` and the like.
/// None when absent; the first counts. Faults: `invalid_soap`.
Result<std::optional<std::string>> body_parameter(OctetsView request, std::string_view name);

}  // namespace onceway::message
