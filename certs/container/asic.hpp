// ASiC-E containers: one signed, time-stamped message as a file that an auditor can judge years later.
#pragma once

#include "certs/container/zip.hpp"
#include "certs/signature/verify.hpp"
#include "certs/timestamp/timestamp.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace onceway::container {

/// What a container is made of. Rule: message-log §4.1, §4.2.
struct Contents {
    Octets message;
    Octets signature;                           // signatures.xml exactly as sent; for V1 and V2 with the token inside
    std::optional<Octets> chain_result, chain;  // V2, V4
    std::optional<Octets> time_chain_result, time_chain;  // V3, V4
    std::optional<Octets> time_token;                     // V3, V4: META-INF/timestamp.tst
    Instant at;                                           // the record's time
};
/// Streams the container into `sink`; `attachments` are asked for piece by piece. An empty one keeps its number and is
/// not in the container.
using AttachmentSource = std::function<void(const std::function<void(OctetsView)>& sink)>;
void write_container(const Contents& contents, const std::vector<AttachmentSource>& attachments,
                     const std::function<void(OctetsView)>& sink);

/// The signature document with `token` as its first unsigned property, everything else untouched. Rule: message-log
/// §4.8.
Result<Octets> with_embedded_token(OctetsView signature, OctetsView token);

/// "E-T-Z.asice". Rule: message-log §4.10.
std::string container_name(std::string_view message_id, bool response, std::uint64_t record);

struct Check {
    std::string name;     // container, message, signature_value, references, signing_certificate, member, path, ocsp,
                          // time_stamp, hash_chain, coverage
    std::string outcome;  // pass, fail, not_done
    std::string detail;
};
struct EntryReport {
    std::string name;
    bool covered = false;
    std::optional<bool> digest_ok;  // none when nothing was compared
};
/// All that a verdict says; `onceway-audit verify --json` prints exactly this.
struct Verdict {
    std::string verdict;       // valid, invalid, unknown
    std::string mode;          // strict, compatible
    std::string code, reason;  // of the first failure; empty when valid
    std::string variant;       // V1 … V5; empty when it could not be told
    std::optional<identity::MemberId> signer;
    std::optional<Octets> certificate_sha256;
    std::string message_id, message_kind, message_direction;  // kind: rest, soap; direction: request, response
    std::optional<identity::ClientId> client;
    std::optional<identity::ServiceId> service;
    std::optional<Instant> stamped_at;
    std::string stamp_authority;      // subject of the time-stamper's certificate
    std::vector<std::string> absent;  // attachments that were signed and are not in the container, by name
    std::vector<Check> checks;
    std::vector<EntryReport> entries;
};
/// Judges a container with the steps of message-log §5.2, in its order; strict adds §5.7 and the rulings. `at` replaces
/// the time-stamp's time as the moment of judgement only where it is given.
Verdict verify_container(const ZipReader& zip, const x509::Trust& trust, signature::Mode mode,
                         std::optional<Instant> at);

/// The same for a file. A file that cannot be read gives the verdict "unknown"; one that is no archive is invalid.
Verdict verify_file(const std::filesystem::path& path, const x509::Trust& trust, signature::Mode mode,
                    std::optional<Instant> at);
Verdict verify_octets(Octets octets, const x509::Trust& trust, signature::Mode mode, std::optional<Instant> at);

/// A directory of `verificationconf`: shared parameters by instance. What foreign instances say counts while it has not
/// expired at `now`. Faults: `malformed_global_conf`, `io_error`. Rule: message-log §5.1.
Result<std::shared_ptr<const x509::Trust>> load_verification_conf(const std::filesystem::path& folder,
                                                                  Instant now = Clock::system().now());

}  // namespace onceway::container
