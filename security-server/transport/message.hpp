// A message on its way between two security servers: its parts, in the form that is sealed, recorded and sent.
#pragma once

#include "certs/channel/payload.hpp"
#include "certs/signature/sealer.hpp"
#include "certs/signature/verify.hpp"
#include "schemas/base/bytes.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace onceway::transport {

/// Content types of parts. Rule: message-transport §3.7.1.
namespace part_type {
inline constexpr std::string_view ocsp = "application/ocsp-response";
inline constexpr std::string_view rest_request = "application/x-road-rest-request";
inline constexpr std::string_view rest_response = "application/x-road-rest-response";
inline constexpr std::string_view rest_body = "application/x-road-rest-body";
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

/// The parts of one message. The message part is what the signature calls `/message.xml`, the body `/attachment1`.
struct Message {
    std::string_view type;                   // content type of the message part: one of part_type
    Octets part;                             // the message part, octet for octet
    Octets part_sha512;                      // its digest, raw
    std::shared_ptr<channel::Payload> body;  // null: no body part; otherwise sealed, possibly empty
    std::shared_ptr<const std::vector<Octets>>
        ocsp;              // requests: an answer for each certificate of the sender's TLS chain
    signature::Seal seal;  // `signature` is null while there is none

    static Message of(std::string_view type, Octets part, std::shared_ptr<channel::Payload> body);

    /// The OCSP answers, none when there are none.
    const std::vector<Octets>& ocsp_answers() const;
    /// SHA-512 of the parts to sign, message first.
    std::vector<Octets> digests() const;
    /// The same with their names in the signature; the views live as long as this message.
    std::vector<signature::SignedPart> signed_parts() const;
    /// What an answer says in `x-road-request-hash`: H(H(part) ‖ H(body)), or H(part) without a body.
    /// Rule: message-transport §3.8.2.
    Octets request_hash() const;
    /// Octets of message part and body together.
    std::uint64_t octets() const;
};

}  // namespace onceway::transport
