#include "certs/keys/key_policy.hpp"

#include "certs/keys/der.hpp"
#include "schemas/base/limits.hpp"

#include <fmt/format.h>

#include <bit>

namespace onceway::keys {
namespace {

constexpr std::size_t exponent_octets_most = 8;

Fault refuse(std::string why) { return fault(FaultCode::unsupported_sign_algorithm, "Public key: " + std::move(why)); }

std::size_t bit_length(OctetsView magnitude) {
    if (magnitude.empty()) return 0;
    return magnitude.size() * 8 - static_cast<std::size_t>(std::countl_zero(static_cast<std::uint8_t>(magnitude[0])));
}

bool is_odd(OctetsView magnitude) { return !magnitude.empty() && (magnitude.back() & 1); }

Result<KeyFacts> judge_rsa(OctetsView key) {
    der::Reader outer(key);
    const auto fields = outer.next(der::sequence);
    if (!fields || !outer.at_end()) return refuse("the RSA key is not DER");
    der::Reader reader(fields->content);
    const auto n = reader.next(der::integer), e = reader.next(der::integer);
    if (!n || !e || !reader.at_end()) return refuse("the RSA key is not DER");
    const auto modulus = der::unsigned_integer(*n), exponent = der::unsigned_integer(*e);
    if (!modulus || !exponent) return refuse("the RSA key holds a negative or padded number");
    const auto bits = bit_length(*modulus);
    if (bits < limits::rsa_bits_least || bits > limits::rsa_bits_most)
        return refuse(
            fmt::format("RSA with {} bits; {} to {} are allowed", bits, limits::rsa_bits_least, limits::rsa_bits_most));
    if (bits % 8 != 0) return refuse(fmt::format("RSA modulus of {} bits, not a multiple of 8", bits));
    if (!is_odd(*modulus)) return refuse("RSA modulus is even");
    if (!is_odd(*exponent) || bit_length(*exponent) < 17 || exponent->size() > exponent_octets_most)
        return refuse("RSA exponent must be odd, at least 65537, at most 64 bits long");
    return KeyFacts{KeyFamily::rsa, static_cast<int>(bits), 0};
}

Result<KeyFacts> judge_ec(der::Reader parameters, OctetsView point) {
    const auto curve = parameters.next();
    if (!curve || !parameters.at_end()) return refuse("the curve is not named");
    if (curve->tag != der::object_identifier) return refuse("explicit curve parameters; only named curves are allowed");
    struct {
        std::string_view oid;
        int bits;
    } const curves[] = {{"1.2.840.10045.3.1.7", 256}, {"1.3.132.0.34", 384}, {"1.3.132.0.35", 521}};
    const std::string oid = der::oid_text(curve->content);
    for (const auto& known : curves) {
        if (known.oid != oid) continue;
        const auto field = static_cast<std::size_t>(known.bits + 7) / 8;
        const char form = point.empty() ? '\0' : point[0];
        const bool fits =
            form == 4 ? point.size() == 1 + 2 * field : (form == 2 || form == 3) && point.size() == 1 + field;
        if (!fits) return refuse("the point does not fit its curve");
        return KeyFacts{KeyFamily::ec, known.bits, field};
    }
    return refuse("curve " + oid + "; P-256, P-384 and P-521 are allowed");
}

constexpr std::string_view rsa_type = "1.2.840.113549.1.1.1", ec_type = "1.2.840.10045.2.1";

// The type of a key and what stands behind it in its AlgorithmIdentifier.
struct KeyType {
    std::string oid;
    der::Reader parameters;
};
std::optional<KeyType> type_of(OctetsView algorithm) {
    der::Reader reader(algorithm);
    const auto type = reader.next(der::object_identifier);
    if (!type) return {};
    return KeyType{der::oid_text(type->content), reader};
}

}  // namespace

bool is_ec_spki(OctetsView spki) {
    der::Reader outer(spki);
    const auto info = outer.next(der::sequence);
    der::Reader fields(info ? info->content : OctetsView());
    const auto algorithm = fields.next(der::sequence);
    const auto type = algorithm ? type_of(algorithm->content) : std::nullopt;
    return type && type->oid == ec_type;
}

Result<KeyFacts> judge_spki(OctetsView spki) {
    der::Reader outer(spki);
    const auto info = outer.next(der::sequence);
    if (!info || !outer.at_end()) return refuse("not DER");
    der::Reader fields(info->content);
    const auto algorithm = fields.next(der::sequence), key = fields.next(der::bit_string);
    if (!algorithm || !key || !fields.at_end()) return refuse("not a SubjectPublicKeyInfo");
    const auto octets = der::whole_bits(*key);
    const auto type = type_of(algorithm->content);
    if (!type || !octets) return refuse("not a SubjectPublicKeyInfo");

    if (type->oid == rsa_type) return judge_rsa(*octets);
    if (type->oid == ec_type) return judge_ec(type->parameters, *octets);
    return refuse("type " + type->oid + "; RSA and EC are allowed");
}

}  // namespace onceway::keys
