// Private and public keys, and the signatures they make and verify. The only file, with token.cpp, that holds a private
// key.
#pragma once

#include "certs/keys/digest.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace onceway::keys {

enum class KeyFamily { rsa, ec };
enum class Scheme { rsa_pkcs1, rsa_pss, ecdsa };

/// A signature algorithm of our allow-list: nothing of it is ever taken from a message's parameters. Rule: threats
/// §5.2.
struct SignatureAlgorithm {
    Scheme scheme;
    Digest digest;
    bool operator==(const SignatureAlgorithm&) const = default;

    std::string_view uri() const;  // XML-DSig
    /// None for an unknown URI, for HMAC, and for SHA-1, which we refuse.
    static std::optional<SignatureAlgorithm> from_uri(std::string_view uri);
};

/// How an ECDSA value is written: r‖s in XML signatures, DER in configuration directories. RSA ignores it.
enum class EcdsaForm { raw, der };

/// A public key whose type, size, curve and exponent have been judged before any arithmetic. Rule: threats row 15.
class PublicKey {
public:
    /// From SubjectPublicKeyInfo. Faults: `unsupported_sign_algorithm` (RSA below 2048 or above 8192 bits, even or
    /// small exponent, explicit curve, curve other than P-256, P-384, P-521).
    static Result<PublicKey> from_spki(OctetsView der);
    /// The same when OpenSSL has read `der` already, as part of a certificate: `native` is its EVP_PKEY, null when it
    /// could not. For the `.cpp` files of certs.
    static Result<PublicKey> from_native(void* native, OctetsView der);
    PublicKey(const PublicKey&);
    PublicKey& operator=(const PublicKey&);
    PublicKey(PublicKey&&) noexcept;
    PublicKey& operator=(PublicKey&&) noexcept;
    ~PublicKey();

    KeyFamily family() const;
    int bits() const;
    const Octets& spki() const;

    /// Faults: `invalid_signature_value` when it does not verify; `internal_error` when the algorithm does not fit the
    /// key (message-transport §4.6 step 6). Raw ECDSA values of any even length up to twice the field pass (§4.2).
    Result<void> verify(const SignatureAlgorithm& algorithm, OctetsView data, OctetsView signature,
                        EcdsaForm form) const;

private:
    friend class PrivateKey;
    struct Parts;
    explicit PublicKey(std::shared_ptr<const Parts> parts);
    std::shared_ptr<const Parts> parts_;
};

class PrivateKey {
public:
    static PrivateKey generate_rsa(int bits = 2048);                  // 2048 to 4096
    static PrivateKey generate_ec(std::string_view curve = "P-256");  // "P-256" or "P-384"
    /// Reads PKCS#8 or traditional PEM, plain or encrypted. Faults: `pin_incorrect`, `unsupported_sign_algorithm`.
    static Result<PrivateKey> from_pem(std::string_view pem, std::string_view passphrase = {});

    PrivateKey(PrivateKey&&) noexcept;
    PrivateKey& operator=(PrivateKey&&) noexcept;
    ~PrivateKey();

    /// PKCS#8, encrypted with AES-256-CBC under scrypt (N=8192, r=8: 8 MiB; p=`rounds`); plain only when `passphrase`
    /// is empty, for tests. Ten rounds are for what a person remembers; one is enough for a random secret.
    std::string to_pem(std::string_view passphrase, unsigned rounds = 10) const;

    PublicKey public_key() const;
    KeyFamily family() const;
    /// What this key signs messages with: rsa-sha512 or ecdsa-sha512. Rule: message-transport §4.2.
    SignatureAlgorithm default_algorithm() const;

    /// Signs `data`. Raw ECDSA values are padded to the field. Safe from several threads. Faults: `cannot_sign`.
    Result<Octets> sign(const SignatureAlgorithm& algorithm, OctetsView data, EcdsaForm form) const;

    /// The OpenSSL EVP_PKEY, for the `.cpp` files of certs that hand it to the library; it stays owned by this object.
    void* native() const;

private:
    struct Parts;
    explicit PrivateKey(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::keys
