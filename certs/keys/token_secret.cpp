#include "certs/keys/token_secret.hpp"

#include "certs/keys/gloves.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

namespace onceway::keys {
namespace {

constexpr std::size_t key_octets = 32, salt_octets = 16, nonce_octets = 12, tag_octets = 16, secret_octets = 32;
constexpr std::uint64_t scrypt_n = 8192, scrypt_r = 8, scrypt_p = 10, scrypt_memory = 16 * 1024 * 1024;

unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes(OctetsView octets) { return reinterpret_cast<const unsigned char*>(octets.data()); }

Octets random_octets(std::size_t count) {
    Octets octets(count, '\0');
    if (RAND_bytes(bytes(octets), static_cast<int>(count)) != 1) openssl_broken("drawing random octets");
    return octets;
}

/// A key that is wiped when it goes.
struct DerivedKey {
    DerivedKey(std::string_view pin, const Octets& salt) : octets(key_octets, '\0') {
        if (EVP_PBE_scrypt(pin.data(), pin.size(), bytes(OctetsView(salt)), salt.size(), scrypt_n, scrypt_r, scrypt_p,
                           scrypt_memory, bytes(octets), octets.size()) != 1)
            openssl_broken("deriving a key from a PIN");
    }
    DerivedKey(const DerivedKey&) = delete;
    DerivedKey& operator=(const DerivedKey&) = delete;
    ~DerivedKey() { forget(octets); }
    std::string octets;
};

OwnedCipherContext start(const DerivedKey& key, const Octets& nonce, bool encrypt) {
    OwnedCipherContext context(EVP_CIPHER_CTX_new());
    if (!context || nonce.size() != nonce_octets ||
        EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes(OctetsView(key.octets)),
                          bytes(OctetsView(nonce)), encrypt) != 1)
        openssl_broken("starting a cipher");
    return context;
}

}  // namespace

std::string random_secret() {
    Octets random = random_octets(secret_octets);
    std::string text = to_hex(random);
    forget(random);
    return text;
}

LockedSecret lock_away(const std::string& secret, std::string_view pin) {
    LockedSecret locked{random_octets(salt_octets), random_octets(nonce_octets),
                        Octets(secret.size() + tag_octets, '\0')};
    const DerivedKey key(pin, locked.salt);
    const OwnedCipherContext context = start(key, locked.nonce, true);
    int written = 0, last = 0;
    unsigned char* out = bytes(locked.sealed);
    if (EVP_CipherUpdate(context.get(), out, &written, bytes(OctetsView(secret)), static_cast<int>(secret.size())) !=
            1 ||
        EVP_CipherFinal_ex(context.get(), out + written, &last) != 1 ||
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_octets, out + secret.size()) != 1)
        openssl_broken("encrypting a secret");
    return locked;
}

Result<std::string> unlock_secret(const LockedSecret& locked, std::string_view pin) {
    if (locked.sealed.size() <= tag_octets || locked.nonce.size() != nonce_octets)
        return fault(FaultCode::token_not_available,
                     "Unlocking the key store: its description is damaged; restore it from a backup");
    const DerivedKey key(pin, locked.salt);
    const OwnedCipherContext context = start(key, locked.nonce, false);
    const std::size_t size = locked.sealed.size() - tag_octets;
    std::string secret(size, '\0'), tag = locked.sealed.substr(size);
    int written = 0, last = 0;
    forget_errors();
    const bool opened = EVP_CipherUpdate(context.get(), bytes(secret), &written, bytes(OctetsView(locked.sealed)),
                                         static_cast<int>(size)) == 1 &&
                        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_octets, bytes(tag)) == 1 &&
                        EVP_CipherFinal_ex(context.get(), bytes(secret) + written, &last) == 1;
    forget_errors();
    if (opened) return secret;
    forget(secret);
    return fault(FaultCode::pin_incorrect, "Unlocking the key store: the PIN does not fit");
}

}  // namespace onceway::keys
