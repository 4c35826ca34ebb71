#include "certs/signature/template.hpp"

#include "certs/keys/digest.hpp"
#include "certs/signature/document_text.hpp"

namespace onceway::signature {
namespace {

/// Calls `write` with the texts of a signer, gaps where each signature differs.
template <class Write>
GappedText written(const SignerFacts& signer, const Write& write) {
    const std::string digest = to_base64(signer.certificate_digest), issuer = character_data(signer.issuer_name);
    DocumentTexts texts;
    texts.algorithm = signer.algorithm;
    texts.reference_digest = texts.properties_digest = texts.signature_value = texts.signing_time = GappedText::gap;
    texts.certificate_digest = digest;
    texts.issuer_name = issuer;
    texts.serial_number = signer.serial_decimal;
    return GappedText(write(texts));
}

GappedText whole(const SignerFacts& signer, bool by_chain, const Evidence& evidence) {
    const std::string certificate = '\n' + to_base64(evidence.certificate.der()) + '\n',
                      unsigned_part = evidence_text(evidence.intermediates, evidence.ocsp);
    const auto write = [&](DocumentTexts texts) {
        texts.certificate = certificate;
        texts.evidence = unsigned_part;
        return document(texts, by_chain);
    };
    return written(signer, write);
}

}  // namespace

SignatureTemplate::SignatureTemplate(const SignerFacts& signer, bool by_chain, const Evidence* evidence)
    : properties_(
          written(signer, [&](const auto& texts) { return signed_properties(Form::canonical, texts, by_chain); })),
      info_(written(signer, [&](const auto& texts) { return signed_info(Form::canonical, texts, by_chain); })),
      document_(evidence ? whole(signer, by_chain, *evidence) : GappedText({})) {}

CanonicalForms SignatureTemplate::canonical_forms(const SignedFacts& facts) const {
    CanonicalForms forms;
    forms.signed_properties = properties_.filled({rfc3339(facts.signing_time)});
    forms.properties_digest = to_base64(keys::sha512(forms.signed_properties));
    forms.signed_info = info_.filled({to_base64(facts.reference_digest), forms.properties_digest});
    return forms;
}

Octets SignatureTemplate::document(const SignedFacts& facts, const CanonicalForms& forms,
                                   OctetsView signature_value) const {
    return document_.filled({to_base64(facts.reference_digest), forms.properties_digest, to_base64(signature_value),
                             rfc3339(facts.signing_time)});
}

}  // namespace onceway::signature
