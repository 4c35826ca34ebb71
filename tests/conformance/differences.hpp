// Where we decide otherwise than genuine software: one row for each reason, with the rule that asks for it.
#pragma once

#include "tests/conformance/replay.hpp"

namespace onceway::replay {

inline constexpr Difference difference_table[] = {
    // What message parts, paths and identifiers may hold.
    {"", "", "internal_error", "255 are allowed", "components have at most 255 characters (threats row 7)"},
    {"", "", "internal_error", "holds a separator", "identifiers holding / % : ; \\ are refused (ruling)"},
    {"", "", "internal_error", "holds a control character",
     "identifiers hold no control characters (ruling; threats row 7)"},
    {"", "", "internal_error", "is not UTF-8", "identifiers are UTF-8 (threats row 7)"},
    {"", "", "internal_error", "must be escaped",
     "a target holds path and query characters only (threats row 8, §5.3)"},
    {"", "", "internal_error", "incomplete escape", "a broken escape is refused when it is read (threats row 8)"},
    {"", "accepted", "access_denied", "an encoded slash",
     "an encoded slash is refused, never evaluated (threats row 8)"},
    {"", "server.serverproxy.internal_error", "network_error", "without an answer",
     "an escaped blank passes (threats row 8); nobody was recorded behind it"},
    {"", "accepted", "internal_error", "does not end in CRLF", "a bare LF is refused on 5500 (ruling)"},
    {"", "accepted", "http 400", "must be escaped",
     "a target holds path and query characters only (threats row 8, §5.3)"},
    {"", "http 400", "internal_error", "",
     "what a genuine HTTP layer refuses without a code is refused with one (message-transport §2.5)"},
    {"", "http 400", "accepted", "",
     "an escaped percent passes, and a dot is a service code like others: nothing is evaluated as a path (threats row "
     "8)"},
    // How a message is put together.
    {"", "", "mime_parsing_failed", "bare LF", "a bare LF is refused on 5500 (ruling)"},
    {"", "", "mime_parsing_failed", "end delimiter is missing", "a missing end delimiter is refused on 5500 (ruling)"},
    {"", "accepted", "mime_parsing_failed", "does not begin with its delimiter", "no preamble (threats §5.7)"},
    {"", "accepted", "mime_parsing_failed", "octets follow the end delimiter", "no epilogue (threats §5.7)"},
    {"", "accepted", "io_error", "a trailer follows", "a trailer ends the exchange (threats row 10)"},
    {"", "accepted", "io_error", "ended before the body did",
     "a body that ends early is refused (note; message-transport §3.5)"},
    {"", "", "internal_error", "only SHA-512 is accepted", "messages are digested with SHA-512 only (message-log T13)"},
    {"", "internal_error", "invalid_content_type", "names no type",
     "the recorded consumer refuses it so; only its decoder alone has no code"},
    {"soap-messages", "", "mime_parsing_failed", "does not begin with its delimiter", "no preamble (threats §5.7)"},
    {"soap-messages", "", "mime_parsing_failed", "ended before its first delimiter",
     "a multipart that never begins is unreadable (message-transport §2.6.2)"},
    {"soap-messages", "", "mime_parsing_failed", "no line break before its delimiter",
     "a delimiter begins with a line break of its own (message-transport §3.6)"},
    {"soap-messages", "accepted", "inconsistent_response", "'id'",
     "the id of an answer is that of its question (message-transport §2.7; recorded so)"},
    // What a signature must cover and say.
    {"", "accepted", "hashchain_unused_inputs", "is not covered",
     "parts that no signature covers are refused (ruling)"},
    {"", "", "invalid_hash_chain", "form a circle",
     "a circle is found where a genuine reader's stack ends (note; threats row 16)"},
    {"", "accepted", "invalid_xml", "DOCTYPE", "a DOCTYPE is never accepted (threats row 2)"},
    {"", "accepted", "malformed_signature", "beside or before ds:Signature",
     "nothing stands before ds:Signature (note; message-log T6)"},
    {"", "accepted", "malformed_signature", "covered by exactly one reference",
     "a missing SignedProperties reference is refused (ruling)"},
    {"", "accepted", "malformed_signature", "name another", "a wrong certificate digest is refused (ruling)"},
    {"", "accepted", "malformed_signature", "name no signing certificate",
     "a wrong certificate digest is refused (ruling)"},
    {"", "accepted", "malformed_signature", "name no signature policy",
     "the profile of message-transport §4.3 has a policy (note)"},
    {"", "accepted", "malformed_signature", "give no signing time", "a signature says when it was made (note)"},
    {"", "accepted", "malformed_signature", "the signing time", "a signature was not made in the future (note)"},
    {"", "accepted", "invalid_signature_value", "does not fit the curve",
     "an ECDSA value is at most twice the field (note; threats row 15)"},
    {"", "accepted", "internal_error", "for authentication only",
     "a signing certificate from an authentication-only CA is refused (ruling)"},
    // What an OCSP answer may be.
    {"", "accepted", "incorrect_validation_info", "in the future",
     "a future thisUpdate beyond the skew is refused (ruling)"},
    {"", "accepted", "incorrect_validation_info", "such as SHA-1", "signatures made with SHA-1 are refused (ruling)"},
    {"", "", "incorrect_validation_info", "more than one answer",
     "second or trailing OCSP answers are refused (ruling)"},
    {"", "accepted", "incorrect_validation_info", "octets follow it",
     "second or trailing OCSP answers are refused (ruling)"},
    {"", "accepted", "incorrect_validation_info", "two different OCSP answers",
     "second or trailing OCSP answers are refused (ruling)"},
    {"", "accepted", "ssl_authentication_failed", "in the future",
     "a future thisUpdate beyond the skew is refused (ruling)"},
    {"", "accepted", "ssl_authentication_failed", "such as SHA-1", "signatures made with SHA-1 are refused (ruling)"},
    {"", "accepted", "ssl_authentication_failed", "more than one answer",
     "second or trailing OCSP answers are refused (ruling)"},
    {"", "accepted", "ssl_authentication_failed", "octets follow it",
     "second or trailing OCSP answers are refused (ruling)"},
    // Which paths a right opens.
    {"access", "accepted", "access_denied", "a dot segment", "dot segments are refused, never evaluated (ruling)"},
    {"access", "accepted", "access_denied", "an empty segment", "empty segments are refused (threats row 8)"},
    {"access", "accepted", "access_denied", "an encoded slash",
     "an encoded slash is refused, never evaluated (threats row 8)"},
    {"access", "accepted", "access_denied", "no right opens /a%2520b", "a path is decoded once (threats row 8)"},
    {"access", "access_denied", "accepted", "", "a path is decoded once (threats row 8)"},
    {"access", "accepted", "access_denied", "no right opens /pets/?",
     "a question mark in a pattern means itself (message-transport §5.2), and no path holds one"},
    {"access", "internal_error", "accepted", "", "a legal escape passes and arrives unchanged (threats row 8)"},
    {"access", "internal_error", "access_denied", "no right opens",
     "a legal escape is matched like other characters (threats row 8)"},
    {"access", "service_failed.internal_error", "access_denied", "must be escaped",
     "what may not stand in a path opens nothing (threats row 8)"},
    // What a container may be; strict mode only.
    {"asic/", "", "asic_malformed", "stands there twice", "no entry twice (threats row 11)"},
    {"asic/", "", "asic_malformed", "a name that is not accepted", "names come from an allow-list (threats row 11)"},
    {"asic/", "", "asic_malformed", "does not reach to the end record",
     "nothing stands before the archive (threats row 11)"},
    {"asic/", "", "asic_malformed", "something follows it", "nothing follows the archive (threats row 11)"},
    {"asic/", "accepted", "invalid_hash_chain_ref", "does not have the digest",
     "an attachment has the digest that was signed (message-log §5.7)"},
    {"asic/", "accepted", "asic_uncovered_entry", "covered by no signature",
     "every entry is covered (message-log §5.7, promise P8)"},
    {"asic/", "accepted", "hashchain_unused_inputs", "does not refer to", "a chain belongs to the signature (ruling)"},
    // What a signed configuration may be.
    {"globalconf/", "accepted", "global_conf_signature_verification_failure", "weak and refused",
     "digests of MD5 or SHA-1 are refused (ruling)"},
    {"globalconf/", "accepted", "malformed_global_conf", "twice", "doubled parts are refused (ruling)"},
    {"globalconf/", "accepted", "malformed_global_conf", "does not list", "absent parts are refused (ruling)"},
    {"globalconf/", "global_conf_part_invalid_instance_identifier", "global_conf_foreign_instance", "",
     "one code for every configuration of another instance"},
    {"globalconf/", "global_conf_header_field_missing_parameter", "global_conf_header_field_missing", "",
     "one code for a field or parameter that is missing"},
    {"globalconf/", "global_conf_header_field_wrong_value", "malformed_global_conf", "",
     "one code for a directory that is not as it should be"},
    {"globalconf/source", "malformed_global_conf", "io_error", "instance-identifier cannot be read",
     "a file that is missing is called so"},
};

inline const Difference* explanation(std::string_view kind, const Verdict& ours, std::string_view theirs) {
    for (const auto& row : difference_table)
        if (kind.starts_with(row.kind) && theirs.starts_with(row.theirs) && ours.code.ends_with(row.ours) &&
            ours.detail.find(row.says) != std::string::npos)
            return &row;
    return nullptr;
}

}  // namespace onceway::replay
