// Every bound on what comes from outside, in one table. Rule: threats §4. None can be switched off.
#pragma once

#include <chrono>
#include <cstddef>

namespace onceway::limits {

inline constexpr std::size_t http_head_octets = 8 * 1024;
inline constexpr std::size_t http_head_fields = 100;
inline constexpr std::size_t chunk_extension_octets = 1024;  // all of one message together
inline constexpr std::size_t chunk_line_octets = 1024 + 32;

inline constexpr std::size_t mime_header_line_octets = 1'000;
inline constexpr std::size_t mime_field_octets = 10'000;
inline constexpr std::size_t mime_fields_per_part = 1'000;
inline constexpr std::size_t mime_parts = 1'000;
inline constexpr std::size_t mime_depth = 4;
inline constexpr std::size_t mime_boundary_octets = 70;

inline constexpr std::size_t message_part_octets = 10 * 1024 * 1024;  // a SOAP part; a REST part is far smaller
inline constexpr std::size_t rest_part_octets = 64 * 1024;
inline constexpr std::size_t identifier_characters = 255;

inline constexpr std::size_t xml_depth = 100;
inline constexpr std::size_t xml_start_tag_octets = 16 * 1024;
inline constexpr std::size_t canonical_document_octets = 256 * 1024;  // signatures and hash chains
inline constexpr std::size_t canonical_namespaces = 64;
inline constexpr std::size_t canonical_attributes = 32;  // of one element
inline constexpr std::size_t signature_references = 30;

inline constexpr std::size_t hash_chain_depth = 64;
inline constexpr std::size_t hash_chain_steps = 10'000;

inline constexpr std::size_t container_entries = mime_parts + 16;  // all attachments of a message, and its evidence
inline constexpr std::size_t container_meta_octets = 16 * 1024 * 1024;  // all under META-INF, inflated
inline constexpr std::size_t container_ratio = 200;
inline constexpr std::size_t container_name_octets = 255;

inline constexpr std::size_t ocsp_answer_octets = 64 * 1024;
inline constexpr std::size_t timestamp_answer_octets = 64 * 1024;
inline constexpr std::size_t configuration_directory_octets = 1024 * 1024;
inline constexpr std::size_t configuration_part_octets = 100 * 1024 * 1024;
inline constexpr std::size_t certificate_octets = 16 * 1024;
inline constexpr std::size_t certificate_chain_octets = 32 * 1024;
inline constexpr std::size_t certificate_depth = 4;
inline constexpr int rsa_bits_least = 2048;
inline constexpr int rsa_bits_most = 8192;

inline constexpr std::size_t payload_in_memory_octets = 64 * 1024;    // above: an unlinked temporary file
inline constexpr std::size_t logged_in_database_octets = 256 * 1024;  // above: a file beside the message log

inline constexpr std::chrono::seconds tls_handshake{10};
inline constexpr std::chrono::seconds http_head{10};
inline constexpr std::chrono::seconds keep_alive_idle{60};
inline constexpr std::chrono::seconds between_body_octets{30};
inline constexpr std::size_t least_octets_per_second = 1024;  // averaged over 30 s
inline constexpr std::chrono::seconds trust_service_connect{5};
inline constexpr std::chrono::seconds trust_service_total{30};
inline constexpr std::size_t connections_in_all = 5'000;
inline constexpr std::size_t connections_per_address = 500;
inline constexpr std::size_t descriptors_kept = 16;    // for what exchanges in flight and operators open
inline constexpr std::chrono::seconds clock_skew{60};  // a `thisUpdate` further in the future is refused

}  // namespace onceway::limits
