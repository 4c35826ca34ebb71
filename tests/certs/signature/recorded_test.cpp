// Signatures of recorded messages: our verdict beside the genuine one, in both modes, with memory and without.
#include "tests/certs/signature/recorded.hpp"
#include "certs/signature/memory.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace onceway;
using tests::recorded::Judged;

namespace {

std::string text_of(const Result<signature::Verified>& verified) {
    return verified ? "accepted" : "signature_verification." + verified.error().wire_code();
}

/// Verdict and reason, or everything that was found.
std::string all_of(const Result<signature::Verified>& verified) {
    if (!verified) return verified.error().wire_code() + ": " + verified.error().detail;
    const auto& judgement = verified->judgement;
    return fmt::format("accepted {} {} {} {} {} {} {}", to_hex(verified->certificate.sha256()), verified->by_chain,
                       to_hex(verified->value), verified->covered.size(), judgement.path.size(),
                       rfc3339(judgement.from), rfc3339(judgement.deadline));
}

/// Where strict mode refuses what genuine servers accept, or says more precisely why, and the rule behind it.
struct Difference {
    const char* code;
    const char* rule;
};
const std::map<std::string, Difference> differences{
    {"neg-request-body-added",
     {"malformed_signature.hashchain_unused_inputs", "rulings: part that no signature covers"}},
    {"neg-request-post-body-added",
     {"malformed_signature.hashchain_unused_inputs", "rulings: part that no signature covers"}},
    {"neg-request-signed-direct-body-only",
     {"malformed_signature.hashchain_unused_inputs", "rulings: part that no signature covers"}},
    {"neg-request-judged-1-day-earlier",
     {"invalid_cert_path.incorrect_validation_info", "rulings: thisUpdate in the future"}},
    {"neg-request-ocsp-value-this-update-in-5-minutes",
     {"invalid_cert_path.incorrect_validation_info", "rulings: thisUpdate in the future"}},
    {"neg-request-ocsp-value-sha1-signature",
     {"invalid_cert_path.incorrect_validation_info", "rulings: signatures made with SHA-1"}},
    {"neg-request-ocsp-value-trailing-octets",
     {"invalid_cert_path.incorrect_validation_info", "rulings: octets behind an OCSP answer"}},
    {"neg-request-ocsp-value-two-singles-revoked-second",
     {"invalid_cert_path.incorrect_validation_info", "rulings: second OCSP answer"}},
    {"neg-request-ocsp-value-two-singles-target-first",
     {"invalid_cert_path.incorrect_validation_info", "rulings: second OCSP answer"}},
    {"neg-request-ocsp-values-good-revoked",
     {"invalid_cert_path.incorrect_validation_info", "rulings: second OCSP answer"}},
    {"neg-request-signature-doctype", {"invalid_xml", "threats row 2: DOCTYPE"}},
    {"neg-request-signature-text-before", {"malformed_signature", "message-transport 4.3.2 a: first child node"}},
    {"neg-request-signed-certificate-digest-wrong", {"malformed_signature", "rulings: wrong certificate digest"}},
    {"neg-request-signed-certificate-serial-wrong", {"malformed_signature", "rulings: wrong certificate digest"}},
    {"neg-request-signed-signing-certificate-missing", {"malformed_signature", "message-log 5.7: SigningCertificate"}},
    {"neg-request-signed-no-signed-properties-reference",
     {"malformed_signature", "rulings: missing SignedProperties reference"}},
    {"neg-request-signed-policy-missing", {"malformed_signature", "note of the vector: no signature policy"}},
    {"neg-request-signed-signing-time-2030", {"malformed_signature", "note of the vector: signing time ahead"}},
    {"neg-request-signed-signing-time-missing", {"malformed_signature", "note of the vector: no signing time"}},
    {"neg-request-signed-ecdsa-padded", {"invalid_signature_value", "threats row 15: r or s longer than the field"}},
    {"neg-request-signed-certificate-authentication-only-ca",
     {"internal_error", "rulings: authority for authentication only"}},
    {"neg-request-hash-chain-self-reference",
     {"malformed_signature.invalid_hash_chain", "the genuine verifier has no verdict: its stack overflows"}},
};
/// What compatible mode cannot say as a genuine verifier does.
const std::map<std::string, Difference> limits_of_compatible{
    {"neg-request-signature-doctype", {"invalid_xml", "no document with a DOCTYPE is ever parsed"}},
    {"neg-request-ocsp-value-sha1-signature",
     {"invalid_cert_path.incorrect_validation_info", "SHA-1 signatures are not verified at all"}},
    {"neg-request-signed-ecdsa-padded", {"invalid_signature_value", "halves longer than the field are not verified"}},
    {"neg-request-hash-chain-self-reference", {"malformed_signature.invalid_hash_chain", "no stack overflows"}},
};

std::string expected_of(const std::string& name, const std::string& genuine,
                        const std::map<std::string, Difference>& table) {
    const auto found = table.find(name);
    return found == table.end() ? genuine : std::string("signature_verification.") + found->second.code;
}

}  // namespace

TEST_CASE(
    "every recorded signature gets the genuine verdict in compatible mode, and the strict one where a rule asks for "
    "it") {
    const auto vectors = tests::vectors();
    if (!vectors) return;
    int messages = 0;
    const auto judge = [&](const Judged& recorded) {
        ++messages;
        CAPTURE(recorded.name);
        CAPTURE(recorded.which);
        const bool altered = recorded.room == "exchanges" || recorded.name.starts_with("neg-" + recorded.which);
        const auto& strictly = altered ? differences : std::map<std::string, Difference>{};
        const auto& compatibly = altered ? limits_of_compatible : std::map<std::string, Difference>{};
        const auto question = *tests::recorded::question_about(recorded.message);
        CHECK(text_of(signature::verify(question, *recorded.trust, recorded.at, signature::Mode::compatible)) ==
              expected_of(recorded.name, recorded.genuine, compatibly));
        CHECK(text_of(signature::verify(question, *recorded.trust, recorded.at, signature::Mode::strict)) ==
              expected_of(recorded.name, recorded.genuine, strictly));
    };
    const int passed_over = tests::recorded::for_each_judged(*vectors, judge);
    MESSAGE("signatures: ", messages, " judged in both modes, ", passed_over, " passed over");
    CHECK(messages > 0);
}

TEST_CASE("with a memory every recorded signature gets the same strict verdict, the first time and the second") {
    const auto vectors = tests::vectors();
    if (!vectors) return;
    signature::VerifyMemory memory;
    const auto judge = [&](const Judged& recorded) {
        CAPTURE(recorded.name);
        CAPTURE(recorded.which);
        const auto question = *tests::recorded::question_about(recorded.message);
        const auto without = all_of(signature::verify(question, *recorded.trust, recorded.at));
        CHECK(all_of(signature::verify(question, recorded.trust, recorded.at, memory)) == without);
        CHECK(all_of(signature::verify(question, recorded.trust, recorded.at, memory)) == without);
    };
    tests::recorded::for_each_judged(*vectors, judge);
    const auto counts = memory.counts();
    MESSAGE("accepted: ", counts.remembered, " remembered, ", counts.recognised, " recognised, ", counts.parsed,
            " parsed");
    CHECK(counts.remembered > 0);
    CHECK(counts.recognised > counts.parsed);
}

TEST_CASE("a recorded signature with one octet changed gets the same strict verdict with a memory of the genuine one") {
    constexpr std::size_t changes = 8;
    constexpr std::string_view others =
        "A/=<&\n \x80"
        "0\"";
    const auto vectors = tests::vectors();
    if (!vectors) return;
    std::set<std::string> kinds;
    int compared = 0;
    std::size_t turn = 0;
    const auto judge = [&](const Judged& recorded) {
        const auto question = *tests::recorded::question_about(recorded.message);
        // One of each length and form is enough: what differs between them is digests.
        const std::string kind = fmt::format("{} {} {}", question.signature.size(), question.parts.size(),
                                             question.chain ? question.chain->size() : 0);
        signature::VerifyMemory memory;
        if (!signature::verify(question, recorded.trust, recorded.at, memory) || !kinds.insert(kind).second) return;
        CAPTURE(recorded.name);
        CAPTURE(recorded.which);
        const auto compare = [&](OctetsView document, const auto& with) {
            Octets changed(document);
            for (std::size_t i = 0; i < changes; ++i, ++turn) {
                const std::size_t at = (turn * 7919 + i * document.size() / changes) % document.size();
                CAPTURE(at);
                const char before = changed[at];
                changed[at] = others[turn % others.size()];
                signature::Question asked = question;
                with(asked, changed);
                const auto verdict = all_of(signature::verify(asked, recorded.trust, recorded.at, memory));
                CHECK(verdict == all_of(signature::verify(asked, *recorded.trust, recorded.at)));
                changed[at] = before;
                ++compared;
            }
        };
        compare(question.signature, [](auto& asked, const auto& changed) { asked.signature = changed; });
        if (question.chain_result)
            compare(*question.chain_result, [](auto& asked, const auto& changed) { asked.chain_result = changed; });
        if (question.chain) compare(*question.chain, [](auto& asked, const auto& changed) { asked.chain = changed; });
    };
    tests::recorded::for_each_judged(*vectors, judge);
    MESSAGE(compared, " altered documents of ", kinds.size(), " kinds compared");
    CHECK(compared > 0);
}
