#include "certs/keys/der.hpp"
#include "certs/keys/gloves.hpp"
#include "certs/keys/signature_identifier.hpp"
#include "certs/x509/certificate.hpp"
#include "certs/x509/parts.hpp"
#include "certs/x509/writing.hpp"

#include <openssl/bn.h>
#include <openssl/rand.h>

#include <array>

namespace onceway::x509 {
namespace {

namespace der = keys::der;

struct ProfileRow {
    Profile profile;
    bool ca;
    std::vector<int> usage;  // bits of RFC 5280
    std::vector<std::string_view> purposes;
    bool purposes_critical;
};
const ProfileRow& row_of(Profile profile) {
    static const std::vector<ProfileRow> rows{
        ProfileRow{Profile::ca, true, {5, 6}, {}, false},
        ProfileRow{Profile::sub_ca, true, {5, 6}, {}, false},
        ProfileRow{Profile::signing, false, {1}, {}, false},
        ProfileRow{Profile::authentication, false, {0, 2, 3}, {"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"}, false},
        ProfileRow{Profile::ocsp_responder, false, {0}, {"1.3.6.1.5.5.7.3.9"}, false},
        ProfileRow{Profile::time_stamping, false, {0}, {"1.3.6.1.5.5.7.3.8"}, true},
        ProfileRow{Profile::configuration_signing, false, {0, 1}, {}, false},
        ProfileRow{Profile::tls_server, false, {0, 2}, {"1.3.6.1.5.5.7.3.1"}, false},
    };
    return rows[static_cast<std::size_t>(profile)];
}

Result<Octets> serial_of(const std::string& decimal) {
    if (decimal.empty()) {
        std::array<unsigned char, 16> random{};
        if (RAND_bytes(random.data(), random.size()) != 1) keys::openssl_broken("drawing a serial number");
        random[0] = static_cast<unsigned char>((random[0] & 0x7f) | 0x40);  // positive, 127 bits whatever was drawn
        return der::element(der::integer, OctetsView(reinterpret_cast<char*>(random.data()), random.size()));
    }
    BIGNUM* number = nullptr;
    const int digits = BN_dec2bn(&number, decimal.c_str());
    const keys::OwnedNumber owned(number);
    if (digits != static_cast<int>(decimal.size()) || BN_is_negative(number) || BN_is_zero(number) ||
        BN_num_bits(number) > 159)
        return fault(FaultCode::invalid_argument,
                     "Issuing a certificate: the serial number is not a positive number of at most 20 octets");
    Octets magnitude(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
    BN_bn2bin(number, reinterpret_cast<unsigned char*>(magnitude.data()));
    return der::unsigned_integer(magnitude);
}

// Rule: RFC 5280 §4.1.2.5: UTCTime through 2049.
Octets validity_time(Instant at) {
    Octets written = der::write_time(at);
    if (at >= Instant(std::chrono::sys_days(std::chrono::year(2050) / 1 / 1))) return written;
    return der::element(der::utc_time, OctetsView(written).substr(4));
}

Octets key_id(OctetsView spki) {
    der::Reader outer(spki);
    const auto info = outer.next(der::sequence);
    der::Reader fields(info->content);
    fields.next(der::sequence);
    return keys::sha1(*der::whole_bits(*fields.next(der::bit_string)));
}

Octets basic_constraints(const ProfileRow& row) {
    if (!row.ca) return extension("2.5.29.19", false, der::element(der::sequence, OctetsView()));
    const Octets length = row.profile == Profile::sub_ca ? der::small_integer(0) : Octets();
    return extension("2.5.29.19", true, der::element(der::sequence, {der::element(der::boolean, "\xff"), length}));
}

Octets extended_usage(const ProfileRow& row) {
    Octets list;
    for (const std::string_view purpose : row.purposes) list += oid(purpose);
    return list.empty() ? list : extension("2.5.29.37", row.purposes_critical, der::element(der::sequence, list));
}

Octets authority_access(const std::string& url) {
    if (url.empty()) return {};
    const Octets description =
        der::element(der::sequence, {oid("1.3.6.1.5.5.7.48.1"), der::element(der::context(6), url)});
    return extension("1.3.6.1.5.5.7.1.1", false, der::element(der::sequence, description));
}

Result<Octets> write_extensions(const Issue& wanted, const Octets& issuer_key_id) {
    const ProfileRow& row = row_of(wanted.profile);
    Octets list = basic_constraints(row);
    list += write_key_usage(row.usage, true);
    list += extended_usage(row);
    if (wanted.profile == Profile::ocsp_responder)  // whoever trusts the authority need not ask about its responder
        list += extension("1.3.6.1.5.5.7.48.1.5", false, der::element(der::null, OctetsView()));
    list += extension("2.5.29.14", false, der::element(der::octet_string, key_id(wanted.spki)));
    list += extension("2.5.29.35", false, der::element(der::sequence, der::element(der::context(0), issuer_key_id)));
    list += authority_access(wanted.ocsp_url);
    if (!wanted.addresses.empty()) {
        auto names = alternative_names(wanted.addresses);
        if (!names) return names;
        list += *names;
    }
    return der::element(der::context_constructed(3), der::element(der::sequence, list));
}

}  // namespace

Result<Certificate> issue(const Issue& wanted, const Certificate* issuer, const keys::PrivateKey& issuer_key) {
    if (auto key = keys::PublicKey::from_spki(wanted.spki); !key) return key.error();
    auto serial = serial_of(wanted.serial_decimal);
    if (!serial) return serial.error();
    auto subject = write_name(wanted.subject);
    if (!subject) return subject.error();
    const Octets issuer_name = issuer ? Octets(issuer->subject_name_der()) : *subject;
    const Octets issuer_spki = issuer_key.public_key().spki();
    const auto issuer_id = issuer ? issuer->subject_key_id() : std::nullopt;
    auto extensions = write_extensions(wanted, issuer_id ? *issuer_id : key_id(issuer_spki));
    if (!extensions) return extensions.error();

    const Octets version = der::element(der::context_constructed(0), der::small_integer(2));
    const Octets validity =
        der::element(der::sequence, {validity_time(wanted.not_before), validity_time(wanted.not_after)});
    const Octets body =
        der::element(der::sequence, {version, *serial, keys::identifier_of(keys::certificate_algorithm(issuer_key)),
                                     issuer_name, validity, *subject, wanted.spki, *extensions});
    auto certificate = sign_body(body, issuer_key);
    if (!certificate) return certificate.error();
    return Certificate::from_der(*certificate);
}

}  // namespace onceway::x509
