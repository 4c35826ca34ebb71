#include "certs/keys/signature_identifier.hpp"

#include "certs/keys/der.hpp"

#include <array>
#include <stdexcept>

namespace onceway::keys {
namespace {

using namespace std::literals;

struct DigestRow {
    Digest digest;
    std::string_view oid;  // content octets
};
constexpr std::array digests{
    DigestRow{Digest::sha1, "\x2b\x0e\x03\x02\x1a"sv},
    DigestRow{Digest::sha224, "\x60\x86\x48\x01\x65\x03\x04\x02\x04"sv},
    DigestRow{Digest::sha256, "\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv},
    DigestRow{Digest::sha384, "\x60\x86\x48\x01\x65\x03\x04\x02\x02"sv},
    DigestRow{Digest::sha512, "\x60\x86\x48\x01\x65\x03\x04\x02\x03"sv},
};

struct SignatureRow {
    SignatureAlgorithm algorithm;
    std::string_view oid;
};
constexpr std::array signatures{
    SignatureRow{{Scheme::rsa_pkcs1, Digest::sha256}, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"sv},
    SignatureRow{{Scheme::rsa_pkcs1, Digest::sha384}, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"sv},
    SignatureRow{{Scheme::rsa_pkcs1, Digest::sha512}, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"sv},
    SignatureRow{{Scheme::ecdsa, Digest::sha224}, "\x2a\x86\x48\xce\x3d\x04\x03\x01"sv},
    SignatureRow{{Scheme::ecdsa, Digest::sha256}, "\x2a\x86\x48\xce\x3d\x04\x03\x02"sv},
    SignatureRow{{Scheme::ecdsa, Digest::sha384}, "\x2a\x86\x48\xce\x3d\x04\x03\x03"sv},
    SignatureRow{{Scheme::ecdsa, Digest::sha512}, "\x2a\x86\x48\xce\x3d\x04\x03\x04"sv},
};
constexpr std::string_view rsa_pss_oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"sv;
constexpr std::string_view mgf1_oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"sv;

Octets oid(std::string_view content) { return der::element(der::object_identifier, content); }
Octets null() { return der::element(der::null, OctetsView()); }

// The one parameter block that we accept for a digest: DEFAULT trailer field left out.
Octets pss_identifier(Digest digest, bool with_null) {
    const Octets hash = identifier_of(digest, with_null);
    const Octets mask = der::element(der::sequence, {oid(mgf1_oid), hash});
    const Octets parameters = der::element(
        der::sequence,
        {der::element(der::context_constructed(0), hash), der::element(der::context_constructed(1), mask),
         der::element(der::context_constructed(2), der::small_integer(static_cast<int>(size_of(digest))))});
    return der::element(der::sequence, {oid(rsa_pss_oid), parameters});
}

}  // namespace

std::optional<SignatureAlgorithm> algorithm_of_identifier(OctetsView octets) {
    der::Reader outer(octets);
    const auto body = outer.next(der::sequence);
    if (!body || !outer.at_end()) return {};
    der::Reader fields(body->content);
    const auto type = fields.next(der::object_identifier);
    if (!type) return {};
    for (const SignatureRow& row : signatures) {
        if (row.oid != type->content) continue;
        const bool plain = fields.at_end() || fields.rest() == null();
        return plain ? std::optional(row.algorithm) : std::nullopt;
    }
    for (const Digest digest : {Digest::sha256, Digest::sha384, Digest::sha512})
        if (octets == pss_identifier(digest, true) || octets == pss_identifier(digest, false))
            return SignatureAlgorithm{Scheme::rsa_pss, digest};
    return {};
}

std::optional<Digest> digest_of_identifier(OctetsView octets) {
    der::Reader outer(octets);
    const auto body = outer.next(der::sequence);
    if (!body || !outer.at_end()) return {};
    der::Reader fields(body->content);
    const auto type = fields.next(der::object_identifier);
    if (!type || !(fields.at_end() || fields.rest() == null())) return {};
    for (const DigestRow& row : digests)
        if (row.oid == type->content) return row.digest;
    return {};
}

Octets identifier_of(Digest digest, bool with_null) {
    const std::string_view content = digests[static_cast<std::size_t>(digest)].oid;
    return der::element(der::sequence, {oid(content), with_null ? null() : Octets()});
}

Octets identifier_of(const SignatureAlgorithm& algorithm) {
    for (const SignatureRow& row : signatures)
        if (row.algorithm == algorithm)
            return der::element(der::sequence, {oid(row.oid), algorithm.scheme == Scheme::ecdsa ? Octets() : null()});
    throw std::logic_error("no AlgorithmIdentifier is written for this signature algorithm");
}

SignatureAlgorithm certificate_algorithm(const PrivateKey& key) {
    if (key.family() == KeyFamily::rsa) return {Scheme::rsa_pkcs1, Digest::sha256};
    return {Scheme::ecdsa, key.public_key().bits() == 256 ? Digest::sha256 : Digest::sha384};
}

}  // namespace onceway::keys
