#include "certs/signature/prepared_key.hpp"

#include "certs/signature/batch.hpp"

namespace onceway::signature {
namespace {

Fault nothing_to_sign() { return fault(FaultCode::cannot_create_signature, "there is nothing to sign"); }

SignatureTemplate template_for(const SigningKey& key, const keys::SignatureAlgorithm& algorithm, bool by_chain) {
    const SignerFacts signer{algorithm.uri(), key.certificate.sha512(), key.certificate.issuer(),
                             key.certificate.serial_decimal()};
    const Evidence evidence{key.certificate, key.intermediates, key.ocsp};
    return {signer, by_chain, &evidence};
}

/// A key that somebody else owns for as long as the call lasts.
std::shared_ptr<const SigningKey> borrowed(const SigningKey& key) {
    return {std::shared_ptr<const SigningKey>(), &key};
}

}  // namespace

PreparedKey::PreparedKey(std::shared_ptr<const SigningKey> key)
    : key_(std::move(key)),
      algorithm_(key_->key->default_algorithm()),
      plain_(template_for(*key_, algorithm_, false)),
      chained_(template_for(*key_, algorithm_, true)) {}

Result<Octets> PreparedKey::sign(const SignatureTemplate& form, const SignedFacts& facts) const {
    const CanonicalForms canonical = form.canonical_forms(facts);
    auto value = key_->key->sign(algorithm_, canonical.signed_info, keys::EcdsaForm::raw);
    if (!value) return value.error();
    return form.document(facts, canonical, *value);
}

Result<Seal> PreparedKey::seal(const std::vector<Octets>& digests, Instant at) const {
    auto seals = seal_together({digests}, at);
    if (!seals) return seals.error();
    return std::move(seals->front());
}

Result<std::vector<Seal>> PreparedKey::seal_together(const std::vector<std::vector<Octets>>& messages,
                                                     Instant at) const {
    if (messages.empty()) return nothing_to_sign();
    for (const auto& digests : messages)
        if (digests.empty()) return nothing_to_sign();
    // A chain cannot lead from the only part of the only message to itself.
    if (messages.size() == 1 && messages.front().size() == 1) {
        auto document = sign(plain_, {messages.front().front(), at});
        if (!document) return document.error();
        return std::vector{Seal{std::make_shared<const Octets>(std::move(*document)), nullptr, {}}};
    }

    BatchDocuments batch = write_batch(messages);
    const auto result = std::make_shared<const Octets>(std::move(batch.result));
    auto document = sign(chained_, {keys::sha512(*result), at});
    if (!document) return document.error();
    const auto signature = std::make_shared<const Octets>(std::move(*document));

    std::vector<Seal> seals;
    seals.reserve(batch.chains.size());
    for (Octets& chain : batch.chains) seals.push_back({signature, result, std::move(chain)});
    return seals;
}

Result<Seal> seal_now(const SigningKey& key, const std::vector<Octets>& digests, Instant at) {
    return PreparedKey(borrowed(key)).seal(digests, at);
}

Result<std::vector<Seal>> seal_together(const SigningKey& key, const std::vector<std::vector<Octets>>& messages,
                                        Instant at) {
    return PreparedKey(borrowed(key)).seal_together(messages, at);
}

}  // namespace onceway::signature
