#include "certs/signature/memory.hpp"

#include "certs/signature/chain_scan.hpp"
#include "certs/signature/layout.hpp"
#include "certs/signature/names.hpp"
#include "certs/signature/reading.hpp"
#include "certs/signature/ring.hpp"
#include "certs/signature/steps.hpp"

#include <algorithm>

namespace onceway::signature {
namespace {

constexpr std::size_t most_signatures = 32, signature_octets = 32 * 1024;
constexpr std::size_t most_evidence = 256, evidence_octets = 16 * 1024;
constexpr std::size_t hint_octets = 64;

std::string_view end_of(std::string_view text) { return text.substr(text.size() - std::min(text.size(), hint_octets)); }

/// Octets that differ from signature to signature: the beginning of the value.
std::string_view hint_of(std::string_view signature) {
    constexpr std::string_view value = "<ds:SignatureValue";
    const auto at = signature.find(value);
    return at == signature.npos ? std::string_view() : signature.substr(at + value.size(), 2 * hint_octets);
}

/// A signature that was valid, with the chain result it covers.
struct KnownSignature {
    Octets signature, chain_result;
    identity::MemberId signer;
    Verified verified;
    std::optional<Octets> top;  // the digest in the result; none when it is laid out in another way
};

/// A certificate, the intermediates and OCSP answers that came with it, by the texts in which they travel.
struct KnownEvidence {
    std::string certificate_text, evidence_text;
    x509::Certificate certificate;
    keys::PublicKey key;
    std::string certificate_digest;  // Base64 of SHA-512
    std::string serial_number;
    std::vector<x509::Certificate> extra;
    std::vector<Octets> ocsp;
    std::uint64_t number;  // never given twice
};

bool covers_parts_by_chain(const Question& question) { return question.chain_result && question.chain; }

/// The octets that reference 0 must cover; none when the parts need the chain that is not there, or the other way
/// round.
std::optional<Octets> reference_digest(const Question& question) {
    if (covers_parts_by_chain(question)) return keys::sha512(*question.chain_result);
    if (question.chain_result || question.chain || question.parts.size() != 1) return std::nullopt;
    const SignedPart& message = question.parts.front();
    if (message.name != message_name) return std::nullopt;
    if (message.octets) return keys::sha512(*message.octets);
    return message.sha512.empty() ? std::nullopt : std::optional(message.sha512);
}

std::vector<bool> all_covered(const Question& question) { return std::vector<bool>(question.parts.size(), true); }

}  // namespace

struct VerifyMemory::Parts {
    Counts counts;
    std::shared_ptr<const x509::Trust> trust;  // of all signatures; a new snapshot empties them
    Ring<KnownSignature> signatures{most_signatures};
    Ring<KnownEvidence> evidence{most_evidence};
    std::uint64_t last_number = 0;
    x509::JudgementMemory judgements;

    const KnownSignature* known(const Question& question, const x509::Trust& now, Instant at) const;
    void remember(const Question& question, const std::shared_ptr<const x509::Trust>& now, const Verified& verified);
    Result<Verified> verified_before(const KnownSignature& known, const Question& question) const;

    std::optional<Verified> recognise(const Question& question, const std::shared_ptr<const x509::Trust>& now,
                                      Instant at);
    std::optional<KnownEvidence> read_evidence(OctetsView document, const DocumentTexts& texts);
    const KnownEvidence* evidence_of(OctetsView document, const DocumentTexts& texts,
                                     std::optional<KnownEvidence>& fresh);
    std::optional<x509::Judgement> judge(const KnownEvidence& evidence, const identity::MemberId& signer,
                                         const std::shared_ptr<const x509::Trust>& now, Instant at);
};

// --- signatures seen before ----------------------------------------------------------------------------------------

const KnownSignature* VerifyMemory::Parts::known(const Question& question, const x509::Trust& now, Instant at) const {
    if (trust.get() != &now || !covers_parts_by_chain(question)) return nullptr;
    const auto is_it = [&](const KnownSignature& each) {
        const auto& judgement = each.verified.judgement;
        return each.signature == question.signature && each.chain_result == *question.chain_result &&
               each.signer == question.signer && judgement.from <= at && at <= judgement.deadline &&
               *each.verified.signing_time <= at + signing_time_ahead;
    };
    return signatures.find(hint_of(question.signature), is_it);
}

void VerifyMemory::Parts::remember(const Question& question, const std::shared_ptr<const x509::Trust>& now,
                                   const Verified& verified) {
    if (trust != now) {
        signatures.clear();
        trust = now;
    }
    const bool small = question.signature.size() <= signature_octets && question.chain &&
                       question.chain_result->size() <= signature_octets;
    if (!verified.by_chain || !verified.signing_time || !small) return;
    const auto hint = hint_of(question.signature);
    if (hint.empty()) return;
    signatures.keep(hint, {Octets(question.signature), Octets(*question.chain_result), question.signer, verified,
                           read_chain_result(*question.chain_result)});
}

/// Only the way from the parts to the result is new.
Result<Verified> VerifyMemory::Parts::verified_before(const KnownSignature& known, const Question& question) const {
    if (!known.top || !leads_to(*known.top, *question.chain, question.parts)) {
        auto followed = check_message_chain(question, Mode::strict);
        if (!followed) return followed.error();
    }
    Verified verified = known.verified;
    verified.covered = all_covered(question);
    return verified;
}

// --- documents in the usual layout ---------------------------------------------------------------------------------

/// Read by the parser, once: what stands around the evidence in another document of this layout changes nothing about
/// it.
std::optional<KnownEvidence> VerifyMemory::Parts::read_evidence(OctetsView document, const DocumentTexts& texts) {
    auto reading = Reading::of(document, Mode::strict);
    if (!reading || !reading->check_structure(Mode::strict)) return std::nullopt;
    auto certificate = reading->certificate();
    auto extra = reading->extra_certificates();
    auto ocsp = reading->ocsp();
    if (!certificate || !extra || !ocsp) return std::nullopt;
    auto key = certificate->public_key();
    if (!key) return std::nullopt;
    return KnownEvidence{std::string(texts.certificate),
                         std::string(texts.evidence),
                         *certificate,
                         *key,
                         to_base64(certificate->sha512()),
                         certificate->serial_decimal(),
                         std::move(*extra),
                         std::move(*ocsp),
                         ++last_number};
}

/// Remembered, or read into `fresh`; null when it cannot be read here.
const KnownEvidence* VerifyMemory::Parts::evidence_of(OctetsView document, const DocumentTexts& texts,
                                                      std::optional<KnownEvidence>& fresh) {
    const auto is_it = [&](const KnownEvidence& each) {
        return each.certificate_text == texts.certificate && each.evidence_text == texts.evidence;
    };
    if (const auto* known = evidence.find(end_of(texts.certificate), is_it)) return known;
    fresh = read_evidence(document, texts);
    return fresh ? &*fresh : nullptr;
}

/// That the certificate may sign for `signer`, and its path: everything that depends on the configuration.
std::optional<x509::Judgement> VerifyMemory::Parts::judge(const KnownEvidence& evidence,
                                                          const identity::MemberId& signer,
                                                          const std::shared_ptr<const x509::Trust>& now, Instant at) {
    const std::string key = fmt::format("{} {}", evidence.number, signer.text());
    if (const auto* known = judgements.find(key, *now, at)) return *known;
    if (!check_signing_usage(evidence.certificate) || !check_member(evidence.certificate, signer, *now, Mode::strict))
        return std::nullopt;
    auto judgement = x509::judge_signer(evidence.certificate, evidence.extra, evidence.ocsp, signer.instance, *now, at);
    if (!judgement) return std::nullopt;
    judgements.keep(key, now, *judgement);
    return std::move(*judgement);
}

/// Every check of `verify`, on a document in the usual layout; none when it is another one, or anything is wrong.
std::optional<Verified> VerifyMemory::Parts::recognise(const Question& question,
                                                       const std::shared_ptr<const x509::Trust>& now, Instant at) {
    // 1. What stands where.
    const bool by_chain = covers_parts_by_chain(question);
    const SignatureLayout& layout = SignatureLayout::of(by_chain);
    const auto digest = reference_digest(question);
    const auto texts = digest ? layout.read(question.signature) : std::nullopt;
    if (!texts) return std::nullopt;
    const auto algorithm = keys::SignatureAlgorithm::from_uri(texts->algorithm);
    auto value = from_base64(texts->signature_value);
    const auto time = parse_rfc3339(texts->signing_time);
    if (!algorithm || !value || !time || *time > at + signing_time_ahead) return std::nullopt;

    // 2. From the parts to what was signed.
    if (by_chain) {
        const auto top = read_chain_result(*question.chain_result);
        if (!top || !leads_to(*top, *question.chain, question.parts)) return std::nullopt;
    }
    if (!is_base64_of(texts->reference_digest, to_base64(*digest))) return std::nullopt;
    const auto properties = keys::sha512(layout.canonical_properties(*texts));
    if (!is_base64_of(texts->properties_digest, to_base64(properties))) return std::nullopt;

    // 3. Who signed, and that it is the one named.
    std::optional<KnownEvidence> fresh;
    const KnownEvidence* evidence = evidence_of(question.signature, *texts, fresh);
    if (!evidence || !is_base64_of(texts->certificate_digest, evidence->certificate_digest) ||
        texts->serial_number != evidence->serial_number)
        return std::nullopt;
    auto judgement = judge(*evidence, question.signer, now, at);
    if (!judgement) return std::nullopt;

    // 4. The value.
    if (!evidence->key.verify(*algorithm, layout.canonical_info(*texts), *value, keys::EcdsaForm::raw))
        return std::nullopt;
    Verified verified{evidence->certificate, std::move(*judgement), *time, by_chain,
                      std::move(*value),     all_covered(question)};
    if (fresh && fresh->certificate_text.size() + fresh->evidence_text.size() <= evidence_octets) {
        const std::string hint(end_of(fresh->certificate_text));
        this->evidence.keep(hint, std::move(*fresh));
    }
    return verified;
}

// --- the door ------------------------------------------------------------------------------------------------------

VerifyMemory::VerifyMemory() : parts_(std::make_unique<Parts>()) {}
VerifyMemory::VerifyMemory(VerifyMemory&&) noexcept = default;
VerifyMemory& VerifyMemory::operator=(VerifyMemory&&) noexcept = default;
VerifyMemory::~VerifyMemory() = default;
const VerifyMemory::Counts& VerifyMemory::counts() const { return parts_->counts; }

Result<Verified> verify(const Question& question, const std::shared_ptr<const x509::Trust>& trust, Instant at,
                        VerifyMemory& memory) {
    auto& parts = *memory.parts_;
    if (const auto* known = parts.known(question, *trust, at)) {
        auto verified = parts.verified_before(*known, question);
        if (verified) ++parts.counts.remembered;
        return verified;
    }
    auto recognised = parts.recognise(question, trust, at);
    if (recognised) ++parts.counts.recognised;
    auto verified = recognised ? Result<Verified>(std::move(*recognised)) : verify(question, *trust, at, Mode::strict);
    if (!verified) return verified;
    if (!recognised) ++parts.counts.parsed;
    parts.remember(question, trust, *verified);
    return verified;
}

}  // namespace onceway::signature
