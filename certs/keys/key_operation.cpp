#include "certs/keys/key_operation.hpp"

#include <openssl/evp.h>
#include <openssl/rsa.h>

namespace onceway::keys {
namespace {

constexpr std::size_t contexts_kept = 16;

bool set_up(EVP_PKEY_CTX* context, const SignatureAlgorithm& algorithm) {
    const char* digest = name_of(algorithm.digest).data();
    const EVP_MD* method = EVP_get_digestbyname(digest);
    if (!method || EVP_PKEY_CTX_set_signature_md(context, method) != 1) return false;
    if (algorithm.scheme == Scheme::rsa_pkcs1) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    if (algorithm.scheme == Scheme::ecdsa) return true;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, method) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

}  // namespace

OwnedKeyContext OperationContexts::fresh(const SignatureAlgorithm& algorithm) const {
    OwnedKeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key_, nullptr));
    if (!context) return {};
    const int begun =
        purpose_ == Purpose::sign ? EVP_PKEY_sign_init(context.get()) : EVP_PKEY_verify_init(context.get());
    if (begun != 1 || !set_up(context.get(), algorithm)) return {};
    return context;
}

OwnedKeyContext OperationContexts::take(const SignatureAlgorithm& algorithm) {
    if (const std::unique_lock lock(mutex_, std::try_to_lock); lock) {
        for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
            if (at->first != algorithm) continue;
            OwnedKeyContext context = std::move(at->second);
            waiting_.erase(at);
            return context;
        }
    }
    return fresh(algorithm);
}

void OperationContexts::give_back(const SignatureAlgorithm& algorithm, OwnedKeyContext context) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (lock && waiting_.size() < contexts_kept) waiting_.emplace_back(algorithm, std::move(context));
}

}  // namespace onceway::keys
