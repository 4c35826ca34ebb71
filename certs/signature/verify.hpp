// Judges a signature over a whole message: XML, hash chain, references, signer, certificate path, OCSP.
#pragma once

#include "certs/x509/judge.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/identity/identifiers.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace onceway::signature {

/// A received part by its name in the signature: "/message.xml", "/attachment1", … with its SHA-512. A part that was
/// digested otherwise (x-hash-algorithm) leaves `sha512` empty; a hash chain then cannot reach it
/// (`invalid_reference`). `octets` of the message part let a direct reference with SHA-256 or SHA-384 verify; give them
/// where they are at hand.
struct SignedPart {
    std::string name;
    Octets sha512;
    std::optional<OctetsView> octets{};
};

struct Question {
    identity::MemberId signer;                      // who must have signed
    std::vector<SignedPart> parts;                  // all parts received, message first
    OctetsView signature;                           // the signature document
    std::optional<OctetsView> chain_result, chain;  // the hash chain documents, when received
};

/// How strictly to read. `strict` is what our servers do; `compatible` gives the verdict of a genuine verifier.
enum class Mode { strict, compatible };

/// How far a signing time may lie ahead of the moment of judgement in strict mode.
inline constexpr std::chrono::minutes signing_time_ahead{15};

/// What was found in a valid signature. `covered` has one flag for each part of the question.
struct Verified {
    x509::Certificate certificate;
    x509::Judgement judgement;
    std::optional<Instant> signing_time;
    bool by_chain = false;  // signed through a hash chain result
    Octets value;           // raw octets of ds:SignatureValue
    std::vector<bool> covered;
};

/// Rule: message-transport §4.6, rulings of architecture.md, threats rows 1 to 5 and 16. Faults carry the phases after
/// `signature_verification.`: "malformed_signature.invalid_hash_chain", "invalid_signature_value", ….
Result<Verified> verify(const Question& question, const x509::Trust& trust, Instant at, Mode mode = Mode::strict);

/// A signature document taken apart, for verify, for the container and for the message log's compact form.
struct Outline {
    Octets value;                                            // raw signature octets
    std::vector<Octets> certificates;                        // DER: signing certificate first, then encapsulated ones
    std::vector<Octets> ocsp;                                // DER
    std::vector<std::pair<std::string, Octets>> references;  // URI and digest
    std::optional<Octets> embedded_token;                    // DER of a SignatureTimeStamp's token
    std::optional<Instant> signing_time;
    std::string algorithm;  // URI
};
/// Faults: `invalid_xml`, `malformed_signature`.
Result<Outline> outline(OctetsView signature);

/// Checks a chain against its result and the given digests. `required` are the names that must be used; `parts` the
/// digests known (by name, SHA-512). Faults: `malformed_hash_chain`, `invalid_reference`, `invalid_hash_chain`,
/// `invalid_hash_chain_ref`, `hashchain_unused_inputs`. Returns the names used. Rule: message-transport §4.5.4,
/// message-log §5.3.
Result<std::vector<std::string>> check_chain(OctetsView result, OctetsView chain, std::string_view chain_name,
                                             const std::vector<SignedPart>& parts,
                                             const std::vector<std::string>& required, Mode mode);

}  // namespace onceway::signature
