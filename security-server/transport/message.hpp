// A message on its way between two security servers: its parts, in the form that is sealed, recorded and sent.
#pragma once

#include "certs/channel/payload.hpp"
#include "certs/signature/sealer.hpp"
#include "certs/signature/verify.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/message/facts.hpp"
#include "schemas/message/http_head.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::transport {

/// Content types of parts. Rule: message-transport §3.7.1.
namespace part_type {
inline constexpr std::string_view ocsp = "application/ocsp-response";
inline constexpr std::string_view rest_request = "application/x-road-rest-request";
inline constexpr std::string_view rest_response = "application/x-road-rest-response";
inline constexpr std::string_view rest_body = "application/x-road-rest-body";
inline constexpr std::string_view attachments = "multipart/mixed";
inline constexpr std::string_view chain_result = "application/hash-chain-result";
inline constexpr std::string_view chain = "application/hash-chain";
inline constexpr std::string_view signature = "signature/bdoc-1.0/ts";
inline constexpr std::string_view fault = "text/xml; charset=UTF-8";
}  // namespace part_type

/// A value of `x-road-message-type`, and the digest that every message uses.
inline constexpr std::string_view rest_message_type = "REST";
inline constexpr std::string_view hash_algorithm = "SHA-512";
/// What `x-proxy-version` says: the release whose wire we speak.
inline constexpr std::string_view wire_version = "7.8.0";

/// Content type and further headers of one attachment, as its sender wrote them. None of them is signed.
struct AttachmentHead {
    std::string type;
    message::Fields headers;
};

/// The parts of one message. The message part is what the signature calls `/message.xml`; the body of a REST message,
/// or the attachments of a SOAP message, are `/attachment1` and on. Decision 2 of architecture.md.
struct Message {
    message::Language language = message::Language::rest;
    std::string type;         // content type of the message part: one of part_type, or as SOAP's sender wrote it
    message::Fields headers;  // further headers of the message part; SOAP only
    Octets part;              // the message part, octet for octet
    Octets part_sha512;       // its digest, raw
    /// REST: null without a body part, otherwise one part, possibly empty. SOAP: null without attachments, otherwise a
    /// part for each of `attachments`. Sealed.
    std::shared_ptr<channel::Payload> body;
    std::vector<AttachmentHead> attachments;  // SOAP only
    std::shared_ptr<const std::vector<Octets>>
        ocsp;                          // requests: an answer for each certificate of the sender's TLS chain
    signature::Seal seal;              // `signature` is null while there is none
    std::shared_ptr<const void> held;  // counts the memory of a large envelope

    /// A REST message.
    static Message of(std::string_view type, Octets part, std::shared_ptr<channel::Payload> body);
    /// A SOAP message without attachments, of the content type `type`.
    static Message soap(std::string type, Octets envelope);

    /// The OCSP answers, none when there are none.
    const std::vector<Octets>& ocsp_answers() const;
    /// SHA-512 of the parts to sign, message first.
    std::vector<Octets> digests() const;
    /// The same with their names in the signature; the views live as long as this message.
    std::vector<signature::SignedPart> signed_parts() const;
    /// What an answer says of its request. REST, in `x-road-request-hash`: H(H(part) ‖ H(body)), or H(part) without a
    /// body; SOAP, in `requestHash`: H(part). Rule: message-transport §3.8.2, §3.9.1.
    Octets request_hash() const;
    /// Octets of message part and body together.
    std::uint64_t octets() const;
};

}  // namespace onceway::transport
