#include "certs/keys/public_key.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <stdexcept>

namespace onceway::keys {
namespace {

struct AlgorithmRow {
    SignatureAlgorithm algorithm;
    std::string_view uri;
};
#define MORE "http://www.w3.org/2001/04/xmldsig-more#"
#define MORE_2007 "http://www.w3.org/2007/05/xmldsig-more#"
constexpr std::array algorithms{
    AlgorithmRow{{Scheme::rsa_pkcs1, Digest::sha256}, MORE "rsa-sha256"},
    AlgorithmRow{{Scheme::rsa_pkcs1, Digest::sha384}, MORE "rsa-sha384"},
    AlgorithmRow{{Scheme::rsa_pkcs1, Digest::sha512}, MORE "rsa-sha512"},
    AlgorithmRow{{Scheme::rsa_pss, Digest::sha256}, MORE_2007 "sha256-rsa-MGF1"},
    AlgorithmRow{{Scheme::rsa_pss, Digest::sha384}, MORE_2007 "sha384-rsa-MGF1"},
    AlgorithmRow{{Scheme::rsa_pss, Digest::sha512}, MORE_2007 "sha512-rsa-MGF1"},
    AlgorithmRow{{Scheme::ecdsa, Digest::sha224}, MORE "ecdsa-sha224"},
    AlgorithmRow{{Scheme::ecdsa, Digest::sha256}, MORE "ecdsa-sha256"},
    AlgorithmRow{{Scheme::ecdsa, Digest::sha384}, MORE "ecdsa-sha384"},
    AlgorithmRow{{Scheme::ecdsa, Digest::sha512}, MORE "ecdsa-sha512"},
};
#undef MORE
#undef MORE_2007

Fault does_not_verify(std::string why) {
    return fault(FaultCode::invalid_signature_value, "Verifying a signature value: " + std::move(why));
}

const unsigned char* bytes(OctetsView octets) { return reinterpret_cast<const unsigned char*>(octets.data()); }

// Genuine signers pad both halves only to the longer of the two, so any even length up to twice the field is read.
Result<Octets> der_of_raw(OctetsView raw, std::size_t field_octets) {
    if (raw.empty() || raw.size() % 2 != 0 || raw.size() > 2 * field_octets)
        return does_not_verify("an ECDSA value of " + std::to_string(raw.size()) + " octets does not fit the curve");
    const auto half = raw.size() / 2;
    return der::element(der::sequence,
                        {der::unsigned_integer(raw.substr(0, half)), der::unsigned_integer(raw.substr(half))});
}

}  // namespace

Octets raw_of_der(OctetsView signature, std::size_t field_octets) {
    der::Reader outer(signature);
    const auto pair = outer.next(der::sequence);
    if (!pair) throw std::logic_error("an ECDSA value just made is not DER");
    der::Reader halves(pair->content);
    Octets raw;
    for (int i = 0; i < 2; ++i) {
        const auto number = halves.next(der::integer);
        const auto magnitude = number ? der::unsigned_integer(*number) : std::nullopt;
        if (!magnitude || magnitude->size() > field_octets)
            throw std::logic_error("an ECDSA value just made is not DER");
        raw.append(field_octets - magnitude->size(), '\0').append(*magnitude);
    }
    return raw;
}

std::string_view SignatureAlgorithm::uri() const {
    for (const AlgorithmRow& known : algorithms)
        if (known.algorithm == *this) return known.uri;
    return {};
}

std::optional<SignatureAlgorithm> SignatureAlgorithm::from_uri(std::string_view uri) {
    for (const AlgorithmRow& known : algorithms)
        if (known.uri == uri) return known.algorithm;
    return {};
}

Result<PublicKey> PublicKey::from_spki(OctetsView der) {
    if (const auto judged = judge_spki(der); !judged) return judged.error();
    forget_errors();
    const unsigned char* at = bytes(der);
    const OwnedKey key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
    return from_native(at == bytes(der) + der.size() ? key.get() : nullptr, der);
}

Result<PublicKey> PublicKey::from_native(void* native, OctetsView der) {
    const auto facts = judge_spki(der);
    if (!facts) return facts.error();
    auto* key = static_cast<EVP_PKEY*>(native);
    if (!key || EVP_PKEY_up_ref(key) != 1)
        return fault(FaultCode::unsupported_sign_algorithm, "Public key: it cannot be read: " + openssl_reason());
    return PublicKey(std::make_shared<const Parts>(OwnedKey(key), *facts, Octets(der)));
}

PublicKey::PublicKey(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
PublicKey::PublicKey(const PublicKey&) = default;
PublicKey& PublicKey::operator=(const PublicKey&) = default;
PublicKey::PublicKey(PublicKey&&) noexcept = default;
PublicKey& PublicKey::operator=(PublicKey&&) noexcept = default;
PublicKey::~PublicKey() = default;

KeyFamily PublicKey::family() const { return parts_->facts.family; }
int PublicKey::bits() const { return parts_->facts.bits; }
const Octets& PublicKey::spki() const { return parts_->spki; }

Result<void> PublicKey::verify(const SignatureAlgorithm& algorithm, OctetsView data, OctetsView signature,
                               EcdsaForm form) const {
    if (!fits(algorithm.scheme, family()) || algorithm.uri().empty())
        return fault(FaultCode::internal_error, "The signature algorithm does not fit the key of the certificate");
    Octets converted;
    if (family() == KeyFamily::ec && form == EcdsaForm::raw) {
        auto der = der_of_raw(signature, parts_->facts.field_octets);
        if (!der) return der.error();
        converted = std::move(*der);
        signature = converted;
    }
    const Octets value = digest(algorithm.digest, data);
    forget_errors();
    OwnedKeyContext context = parts_->contexts.take(algorithm);
    if (!context) return fault(FaultCode::internal_error, "Verifying a signature value: " + openssl_reason());
    if (EVP_PKEY_verify(context.get(), bytes(signature), signature.size(), bytes(value), value.size()) != 1) {
        forget_errors();
        return does_not_verify("it was not made over this data with the key of the certificate");
    }
    parts_->contexts.give_back(algorithm, std::move(context));
    return {};
}

}  // namespace onceway::keys
