#include "certs/signature/verify.hpp"

#include "certs/signature/chain.hpp"
#include "certs/signature/names.hpp"
#include "certs/signature/reading.hpp"
#include "certs/signature/steps.hpp"

#include <algorithm>

namespace onceway::signature {
namespace {

const SignedPart* part_named(const Question& question, std::string_view name) {
    const auto named = [&](const SignedPart& part) { return part.name == name; };
    const auto found = std::find_if(question.parts.begin(), question.parts.end(), named);
    return found == question.parts.end() ? nullptr : &*found;
}

/// Digests of the received parts and of the hash chain result, as references ask for them.
Result<Octets> digest_of_part(const Question& question, const std::string& uri, keys::Digest algorithm) {
    if (uri == chain_result_name && question.chain_result) return keys::digest(algorithm, *question.chain_result);
    const SignedPart* part = part_named(question, uri);
    if (part && part->octets) return keys::digest(algorithm, *part->octets);
    if (part && algorithm == keys::Digest::sha512 && !part->sha512.empty()) return part->sha512;
    const bool expected = uri == chain_result_name || uri.starts_with("/attachment");
    return fault(expected && !part ? FaultCode::internal_error : FaultCode::invalid_signature_value,
                 fmt::format("the signature refers to {}, which was not received", uri.substr(0, 100)));
}

/// Step 3. True when the parts are covered through a chain.
Result<bool> follow(const Reading& reading, const Question& question, Mode mode) {
    if (!question.chain_result || !reading.refers_to(chain_result_name)) return false;
    if (auto followed = check_message_chain(question, mode); !followed) return followed.error();
    return true;
}

/// What genuine verifiers leave out.
Result<void> check_strictly(const Reading& reading, const Question& question, const x509::Certificate& certificate,
                            bool by_chain, Instant at) {
    if (!by_chain && (question.chain_result || question.chain))
        return fault(FaultCode::hashchain_unused_inputs, "a hash chain was received that the signature does not cover")
            .within("malformed_signature");
    if (auto covered = check_coverage(reading, names_of(question.parts), by_chain); !covered) return covered;
    return reading.check_signed_properties(certificate, at);
}

std::vector<bool> covered_parts(const Reading& reading, const Question& question, bool by_chain) {
    std::vector<bool> covered;
    for (const SignedPart& part : question.parts) covered.push_back(by_chain || reading.refers_to(part.name));
    return covered;
}

}  // namespace

Result<Verified> verify(const Question& question, const x509::Trust& trust, Instant at, Mode mode) {
    // 1. and 2. One parse; what stands where.
    auto reading = Reading::of(question.signature, mode);
    if (!reading) return reading.error();
    if (auto good = reading->check_structure(mode); !good) return good.error();

    // 3. From the parts to the signed hash chain result.
    auto by_chain = follow(*reading, question, mode);
    if (!by_chain) return by_chain.error();

    // 4. and 5. Who signed.
    auto certificate = reading->certificate();
    if (!certificate) return certificate.error();
    if (auto good = check_signing_usage(*certificate); !good) return good.error();
    if (auto good = check_member(*certificate, question.signer, trust, mode); !good) return good.error();

    // 6. The value, and every reference.
    if (auto good = check_value(*reading, *certificate); !good) return good.error();
    const PartDigest parts = [&](const std::string& uri, keys::Digest algorithm) {
        return digest_of_part(question, uri, algorithm);
    };
    if (auto good = check_references(*reading, parts, mode); !good) return good.error();

    // 7. and 8. The path and its OCSP answers, from the signature itself.
    auto judgement = check_path(*reading, *certificate, question.signer, trust, at, mode);
    if (!judgement) return judgement.error();

    if (mode == Mode::strict)
        if (auto good = check_strictly(*reading, question, *certificate, *by_chain, at); !good) return good.error();
    return Verified{*certificate, std::move(*judgement), reading->signing_time(),
                    *by_chain,    reading->value(),      covered_parts(*reading, question, *by_chain)};
}

Result<Outline> outline(OctetsView signature) {
    auto reading = Reading::of(signature, Mode::compatible);
    if (!reading) return reading.error();
    auto certificate = reading->certificate();
    if (!certificate) return certificate.error();

    Outline outline;
    outline.value = reading->value();
    outline.certificates.push_back(certificate->der());
    for (Octets& der : reading->encapsulated_certificates()) outline.certificates.push_back(std::move(der));
    if (auto ocsp = reading->ocsp()) outline.ocsp = std::move(*ocsp);
    for (const Reference& reference : reading->references())
        outline.references.emplace_back(reference.uri, reference.digest);
    if (auto token = reading->embedded_token()) outline.embedded_token = std::move(*token);
    outline.signing_time = reading->signing_time();
    outline.algorithm = reading->signature_algorithm();
    return outline;
}

}  // namespace onceway::signature
