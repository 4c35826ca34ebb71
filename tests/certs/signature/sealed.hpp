// A member who signs, for the tests of signatures: authority, certificate, fresh answer, and whom to trust.
#pragma once

#include "certs/signature/sealer.hpp"
#include "certs/signature/verify.hpp"
#include "tests/support/certificates.hpp"

#include <string>
#include <vector>

namespace onceway::tests {

inline const identity::MemberId signing_member{"TEST", "GOV", "1234"};

/// Everything a signature needs; valid at test_time().
struct Signer {
    explicit Signer(std::string_view key_kind = "P-256") : Signer(CertificateAuthority("Test CA"), key_kind) {}
    Signer(const CertificateAuthority& issuer, std::string_view key_kind, const CertificateAuthority* root = nullptr)
        : own(issuer.issue_signing(signing_member, shared_key(key_kind))),
          tsa((root ? *root : issuer).issue_time_stamper()),
          trust(trust_of(shared_parameters(root ? *root : issuer, &tsa))),
          key{own.key, own.certificate, {}, {issuer.ocsp(own.certificate)}} {}

    Identity own, tsa;
    std::shared_ptr<const x509::Trust> trust;
    signature::SigningKey key;
};

/// A message with its digests, and the question that a receiver asks about it.
struct SealedMessage {
    SealedMessage(const Signer& signer, std::vector<Octets> contents) : parts(std::move(contents)) {
        std::vector<Octets> digests;
        for (const Octets& part : parts) digests.push_back(keys::sha512(part));
        take(parts, must(signature::seal_now(signer.key, digests, test_time())));
    }

    void take(std::vector<Octets> contents, const signature::Seal& given) {
        parts = std::move(contents);
        seal = given;
        signature = *seal.signature;
        chain_result = seal.chain_result ? *seal.chain_result : Octets();
        chain = seal.chain;
    }

    signature::Question question() const {
        signature::Question asked{signing_member, {}, signature, std::nullopt, std::nullopt};
        for (const Octets& part : parts)
            asked.parts.push_back(
                {asked.parts.empty() ? "/message.xml" : "/attachment" + std::to_string(asked.parts.size()),
                 keys::sha512(part), part});
        if (!chain_result.empty()) asked.chain_result = chain_result;
        if (!chain.empty()) asked.chain = chain;
        return asked;
    }

    std::vector<Octets> parts;
    signature::Seal seal;
    Octets signature, chain_result, chain;  // copies that a test may change
};

/// `text` with the first `from` replaced; a test whose `from` is not there is wrong itself.
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    if (at == std::string::npos) throw std::logic_error("nothing to replace: " + std::string(from));
    return text.replace(at, from.size(), to);
}

}  // namespace onceway::tests
