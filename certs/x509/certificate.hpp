// X.509 certificates: read under limits, asked questions, and made: by a pilot authority, a registry, a server's owner.
#pragma once

#include "certs/keys/private_key.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"
#include "schemas/base/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace onceway::x509 {

/// One attribute of a distinguished name: dotted OID and value as UTF-8.
struct NameAttribute {
    std::string oid, value;
    bool first_of_rdn = true;
    int type = 12;  // ASN.1 tag number of the string: 12 UTF8String, 19 PrintableString, 20 T61String, 30 BMPString, …
};

/// A certificate, parsed once and shared; cheap to copy.
class Certificate {
public:
    /// DER of at most 16 KiB, all of it consumed. What this thread read lately is not read again.
    /// Faults: `incorrect_certificate`; `unsupported_sign_algorithm` for an EC key of another curve than we allow.
    static Result<Certificate> from_der(OctetsView der);
    /// PEM (the first certificate of a bundle) or DER. Rule: global-configuration §3.2.
    static Result<Certificate> from_pem_or_der(OctetsView octets);

    const Octets& der() const;
    std::string pem() const;
    const Octets& sha256() const;  // raw; computed once
    const Octets& sha1() const;
    Octets sha512() const;

    std::string subject() const;  // RFC 2253, for people and for X509IssuerName
    std::string issuer() const;
    Octets subject_der() const;  // for comparison: canonical encoding of the name (OpenSSL's), equal for equal names
    Octets issuer_der() const;
    std::vector<NameAttribute> subject_attributes() const;  // in DER order
    std::string serial_decimal() const;
    Instant not_before() const;
    Instant not_after() const;
    bool valid_at(Instant at) const { return not_before() <= at && at <= not_after(); }
    bool self_issued() const;
    bool is_ca() const;
    bool may_sign_certificates() const;               // is_ca, and keyUsage, when present, has keyCertSign
    std::optional<std::int64_t> path_length() const;  // how many further CA certificates may follow it downwards
    bool has_unknown_critical_extension() const;
    std::vector<std::string> ocsp_urls() const;  // authority information access

    bool has_key_usage() const;
    bool digital_signature() const;
    bool non_repudiation() const;
    bool key_encipherment() const;
    bool data_encipherment() const;
    bool has_extended_usage(std::string_view oid) const;
    /// True when extended key usage is critical and has this one purpose only, as RFC 3161 asks of a time-stamper.
    bool has_only_critical_usage(std::string_view oid) const;

    /// Octets of the parts that OCSP and CMS name certificates by, exactly as they are encoded.
    OctetsView subject_name_der() const;
    OctetsView issuer_name_der() const;
    OctetsView serial_octets() const;    // content of the INTEGER
    OctetsView public_key_bits() const;  // content of subjectPublicKey, without the count of unused bits
    std::optional<Octets> subject_key_id() const;

    /// Rule: message-transport §3.1.4. Faults: `cert_validation` with the reason; `internal_error` without keyUsage.
    Result<bool> is_authentication() const;
    Result<bool> is_signing() const;

    /// The public key, judged when the certificate was read. Faults: `unsupported_sign_algorithm`.
    Result<keys::PublicKey> public_key() const;

    /// True when `issuer`'s key made the signature of this certificate and the names fit.
    bool signed_by(const Certificate& issuer) const;

    bool operator==(const Certificate& other) const { return der() == other.der(); }

    /// The OpenSSL X509, for the `.cpp` files of certs; owned by this object.
    void* native() const;

    struct Parts;  // seen by the .cpp files of x509 only

private:
    explicit Certificate(std::shared_ptr<const Parts> parts);
    static Result<std::shared_ptr<const Parts>> read(OctetsView der);
    std::shared_ptr<const Parts> parts_;
};

/// A subject to write: attributes by short name ("C", "O", "CN", "serialNumber", "businessCategory"), in order, one RDN
/// each. `C` and `serialNumber` become PrintableString, others UTF8String. Rule: global-configuration §4.2.
using Subject = std::vector<std::pair<std::string, std::string>>;

/// What a certificate is for; decides key usage and extensions.
enum class Profile {
    ca,
    sub_ca,
    signing,
    authentication,
    ocsp_responder,
    time_stamping,
    configuration_signing,
    tls_server
};

/// A certificate signing request with the key usage bits that a security server asks for. DER.
Result<Octets> write_request(const keys::PrivateKey& key, const Subject& subject, Profile profile,
                             std::optional<std::string> dns_name = {});
struct Request {
    Subject subject;
    Octets spki;
    Profile profile;  // signing when it asks for nonRepudiation, else authentication
};
/// Reads PEM or DER and verifies its own signature. Faults: `invalid_request`.
Result<Request> read_request(OctetsView octets);

struct Issue {
    Subject subject;
    Octets spki;
    Profile profile;
    std::string serial_decimal;  // empty: random of 127 bits
    Instant not_before, not_after;
    std::vector<std::string> addresses;  // DNS names or IP addresses for subjectAltName
    std::string ocsp_url;                // empty: no authority information access
};
/// Issues a certificate signed by `issuer_key`; without `issuer` it is self-signed.
Result<Certificate> issue(const Issue& wanted, const Certificate* issuer, const keys::PrivateKey& issuer_key);

}  // namespace onceway::x509
