// A time-stamp token taken apart octet by octet. Internal to `timestamp`.
#pragma once

#include "certs/keys/private_key.hpp"
#include "certs/x509/certificate.hpp"

namespace onceway::timestamp {

/// The fields of a TimeStampToken that a judge looks at; views into it. Rule: RFC 3161 §2.4.2, RFC 5652 §5.
struct TokenFields {
    // TSTInfo
    OctetsView content;  // its octets, as they were digested
    std::optional<keys::Digest> imprint_digest;
    OctetsView imprint;
    Instant at{};
    std::optional<OctetsView> nonce;  // content octets of the INTEGER

    // SignedData
    std::vector<OctetsView> certificates;
    OctetsView certificates_content;  // of the [0] field, empty when absent

    // The one SignerInfo
    OctetsView issuer_name, serial;  // empty when the signer is named by key id
    std::optional<OctetsView> key_id;
    OctetsView digest_algorithm, signature_algorithm, signature;
    Octets signed_attributes;  // DER SET, as it was signed
    OctetsView message_digest;
    std::optional<Instant> signing_time;
    std::optional<keys::Digest> certificate_digest_algorithm;  // of ESSCertID
    OctetsView certificate_digest;
};

/// Faults: `malformed_signature` when `token` is no token at all; `mlog_timestamp_response_object_creation_failed` when
/// it has another content, not exactly one signer, or no signing-certificate attribute. Rule: message-log §3.4 row 3.
Result<TokenFields> read_token(OctetsView token);

/// The token with `certificate` put in front of its certificates. Rule: message-log §3.5.
Octets with_certificate(OctetsView token, const x509::Certificate& certificate);

}  // namespace onceway::timestamp
