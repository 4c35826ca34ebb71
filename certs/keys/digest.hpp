// Digests: one call, or octet by octet as a body streams past.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <memory>
#include <optional>
#include <string_view>

namespace onceway::keys {

enum class Digest { sha1, sha224, sha256, sha384, sha512 };

/// The XML-DSig URI ("http://www.w3.org/2001/04/xmlenc#sha512"), or the name ("SHA-512").
std::string_view uri_of(Digest digest);
std::string_view name_of(Digest digest);
std::optional<Digest> digest_from_uri(std::string_view uri);
/// Octets of a value: 20 … 64.
std::size_t size_of(Digest digest);

/// The raw digest of `octets`.
Octets digest(Digest algorithm, OctetsView octets);
inline Octets sha512(OctetsView octets) { return digest(Digest::sha512, octets); }
inline Octets sha256(OctetsView octets) { return digest(Digest::sha256, octets); }
inline Octets sha1(OctetsView octets) { return digest(Digest::sha1, octets); }

/// Digests what it is fed. `value` may be called once, after the last octet.
class Hasher {
public:
    explicit Hasher(Digest algorithm = Digest::sha512);
    Hasher(Hasher&&) noexcept;
    Hasher& operator=(Hasher&&) noexcept;
    ~Hasher();
    void feed(OctetsView octets);
    Octets value();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// Comparison whose duration does not depend on the content.
bool same_secret(OctetsView a, OctetsView b);

/// H(DER(DigestList)): how digests are combined everywhere. Each entry: raw digest and digest URI.
/// Rule: message-transport §4.5.1, message-log §3.7.
struct DigestEntry {
    OctetsView value;
    std::string_view uri;
};
Octets digest_list_der(const DigestEntry* entries, std::size_t count);

}  // namespace onceway::keys
