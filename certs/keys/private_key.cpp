#include "certs/keys/private_key.hpp"

#include "certs/keys/public_key.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cstring>
#include <stdexcept>

namespace onceway::keys {
namespace {

using OwnedPkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Releases<PKCS8_PRIV_KEY_INFO_free>>;
using OwnedEnvelope = std::unique_ptr<X509_SIG, Releases<X509_SIG_free>>;

// 128 · r · N = 8 MiB at a time.
constexpr std::uint64_t scrypt_n = 8192, scrypt_r = 8;

unsigned char* bytes(Octets& octets) { return reinterpret_cast<unsigned char*>(octets.data()); }
const unsigned char* bytes(OctetsView octets) { return reinterpret_cast<const unsigned char*>(octets.data()); }

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return std::string(data, static_cast<std::size_t>(size));
}

OwnedBio memory() {
    OwnedBio bio(BIO_new(BIO_s_secmem()));
    if (!bio) throw std::bad_alloc();
    return bio;
}

// Gives OpenSSL the passphrase that it would otherwise ask the terminal for.
int give_passphrase(char* room, int size, int, void* passphrase) {
    const auto& text = *static_cast<const std::string_view*>(passphrase);
    if (text.size() > static_cast<std::size_t>(size)) return -1;
    std::memcpy(room, text.data(), text.size());
    return static_cast<int>(text.size());
}

Octets spki_of(EVP_PKEY* key) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    if (size <= 0) return {};
    Octets octets(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return octets;
}

OwnedEnvelope encrypt(PKCS8_PRIV_KEY_INFO* plain, std::string_view passphrase, unsigned rounds) {
    // The algorithm belongs to the envelope once PKCS8_set0_pbe has succeeded.
    X509_ALGOR* algorithm = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, 16, nullptr, scrypt_n, scrypt_r, rounds);
    if (!algorithm) openssl_broken("preparing the encryption of a private key");
    OwnedEnvelope envelope(PKCS8_set0_pbe(passphrase.data(), static_cast<int>(passphrase.size()), plain, algorithm));
    if (!envelope) {
        X509_ALGOR_free(algorithm);
        openssl_broken("encrypting a private key");
    }
    return envelope;
}

}  // namespace

struct PrivateKey::Parts {
    Parts(OwnedKey owned, PublicKey half)
        : key(std::move(owned)), half(std::move(half)), contexts(key.get(), OperationContexts::Purpose::sign) {}

    /// Judges `key` and takes it in.
    static Result<PrivateKey> admit(OwnedKey key) {
        auto half = PublicKey::from_spki(spki_of(key.get()));
        if (!half) return half.error();
        if (half->bits() == 521)
            return fault(FaultCode::unsupported_sign_algorithm, "Private key: P-521 cannot be used for signing here");
        return PrivateKey(std::make_unique<Parts>(std::move(key), std::move(*half)));
    }
    static PrivateKey admit_generated(OwnedKey key, const char* step) {
        if (!key) openssl_broken(step);
        auto admitted = admit(std::move(key));
        if (!admitted) throw std::invalid_argument(std::string(step) + ": " + admitted.error().detail);
        return std::move(*admitted);
    }

    OwnedKey key;
    PublicKey half;
    mutable OperationContexts contexts;
};

PrivateKey PrivateKey::generate_rsa(int bits) {
    if (bits < 2048 || bits > 4096) throw std::invalid_argument("RSA keys are made with 2048 to 4096 bits");
    forget_errors();
    return Parts::admit_generated(OwnedKey(EVP_RSA_gen(static_cast<unsigned>(bits))), "generating an RSA key");
}

PrivateKey PrivateKey::generate_ec(std::string_view curve) {
    if (curve != "P-256" && curve != "P-384") throw std::invalid_argument("EC keys are made on P-256 or P-384");
    forget_errors();
    return Parts::admit_generated(OwnedKey(EVP_EC_gen(std::string(curve).c_str())), "generating an EC key");
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem, std::string_view passphrase) {
    forget_errors();
    const OwnedBio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (!bio) throw std::bad_alloc();
    OwnedKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase, &passphrase));
    if (!key) {
        const std::string reason = openssl_reason();
        if (pem.find("ENCRYPTED") != std::string_view::npos)
            return fault(FaultCode::pin_incorrect, "Reading a private key: the passphrase does not fit");
        return fault(FaultCode::unsupported_sign_algorithm,
                     "Reading a private key: no key in PEM was found: " + reason);
    }
    return Parts::admit(std::move(key));
}

PrivateKey::PrivateKey(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

std::string PrivateKey::to_pem(std::string_view passphrase, unsigned rounds) const {
    forget_errors();
    const OwnedPkcs8 plain(EVP_PKEY2PKCS8(parts_->key.get()));
    if (!plain) openssl_broken("writing a private key");
    const OwnedBio bio = memory();
    const int written = passphrase.empty()
                            ? PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio.get(), plain.get())
                            : PEM_write_bio_PKCS8(bio.get(), encrypt(plain.get(), passphrase, rounds).get());
    if (written != 1) openssl_broken("writing a private key");
    return text_of(bio.get());
}

PublicKey PrivateKey::public_key() const { return parts_->half; }
KeyFamily PrivateKey::family() const { return parts_->half.family(); }

SignatureAlgorithm PrivateKey::default_algorithm() const {
    return {family() == KeyFamily::rsa ? Scheme::rsa_pkcs1 : Scheme::ecdsa, Digest::sha512};
}

Result<Octets> PrivateKey::sign(const SignatureAlgorithm& algorithm, OctetsView data, EcdsaForm form) const {
    if (!fits(algorithm.scheme, family()) || algorithm.uri().empty())
        return fault(FaultCode::cannot_sign, "Signing: the algorithm does not fit the key");
    const Octets value = digest(algorithm.digest, data);
    forget_errors();
    OwnedKeyContext context = parts_->contexts.take(algorithm);
    if (!context) return fault(FaultCode::cannot_sign, "Signing: " + openssl_reason());
    std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(parts_->key.get()));
    Octets signature(size, '\0');
    if (EVP_PKEY_sign(context.get(), bytes(signature), &size, bytes(OctetsView(value)), value.size()) != 1)
        return fault(FaultCode::cannot_sign, "Signing: " + openssl_reason());
    signature.resize(size);
    parts_->contexts.give_back(algorithm, std::move(context));
    if (family() == KeyFamily::rsa || form == EcdsaForm::der) return signature;
    return raw_of_der(signature, static_cast<std::size_t>(parts_->half.bits() + 7) / 8);
}

void* PrivateKey::native() const { return parts_->key.get(); }

}  // namespace onceway::keys
