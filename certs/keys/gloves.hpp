// How `certs` owns what OpenSSL hands out: one alias a type, released in one place. Declares the few names it needs, so
// that no header of ours includes the library.
#pragma once

#include <memory>
#include <string>

extern "C" {
struct evp_pkey_st;
struct evp_pkey_ctx_st;
struct evp_md_ctx_st;
struct evp_cipher_ctx_st;
struct bio_st;
struct bignum_st;
struct x509_st;
struct X509_req_st;
struct X509_name_st;
void EVP_PKEY_free(evp_pkey_st*);
void EVP_PKEY_CTX_free(evp_pkey_ctx_st*);
void EVP_MD_CTX_free(evp_md_ctx_st*);
void EVP_CIPHER_CTX_free(evp_cipher_ctx_st*);
int BIO_free(bio_st*);
void BN_free(bignum_st*);
void X509_free(x509_st*);
void X509_REQ_free(X509_req_st*);
void X509_NAME_free(X509_name_st*);
}

namespace onceway::keys {

/// A deleter that calls `release`.
template <auto release>
struct Releases {
    template <class T>
    void operator()(T* owned) const noexcept {
        static_cast<void>(release(owned));
    }
};

using OwnedKey = std::unique_ptr<evp_pkey_st, Releases<EVP_PKEY_free>>;
using OwnedKeyContext = std::unique_ptr<evp_pkey_ctx_st, Releases<EVP_PKEY_CTX_free>>;
using OwnedDigestContext = std::unique_ptr<evp_md_ctx_st, Releases<EVP_MD_CTX_free>>;
using OwnedCipherContext = std::unique_ptr<evp_cipher_ctx_st, Releases<EVP_CIPHER_CTX_free>>;
using OwnedBio = std::unique_ptr<bio_st, Releases<BIO_free>>;
using OwnedNumber = std::unique_ptr<bignum_st, Releases<BN_free>>;
using OwnedX509 = std::unique_ptr<x509_st, Releases<X509_free>>;
using OwnedX509Request = std::unique_ptr<X509_req_st, Releases<X509_REQ_free>>;
using OwnedX509Name = std::unique_ptr<X509_name_st, Releases<X509_NAME_free>>;

/// Empties OpenSSL's error queue of this thread; before every call whose reason may be asked for.
void forget_errors();
/// What stands in the error queue, joined by "; ", and empties it. Never holds key material.
std::string openssl_reason();
/// Throws std::runtime_error with `step` and the reason: for what only exhausted memory or a bug can cause.
[[noreturn]] void openssl_broken(const char* step);

/// Overwrites a secret before its memory is given back.
void forget(std::string& secret) noexcept;

}  // namespace onceway::keys
