#include "certs/x509/certificate.hpp"

#include "certs/keys/key_policy.hpp"
#include "certs/keys/signature_identifier.hpp"
#include "certs/x509/name.hpp"
#include "certs/x509/parts.hpp"
#include "schemas/base/limits.hpp"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>

#include <deque>
#include <unordered_map>

namespace onceway::x509 {
namespace {

constexpr std::string_view client_auth = "1.3.6.1.5.5.7.3.2";
constexpr std::string_view pem_begin = "-----BEGIN CERTIFICATE-----", pem_end = "-----END CERTIFICATE-----";

Fault unreadable(std::string why) {
    return fault(FaultCode::incorrect_certificate, "Reading a certificate: " + std::move(why));
}

// OpenSSL's own reading, for TLS; both readers must take all octets.
Result<keys::OwnedX509> read_native(OctetsView der) {
    keys::forget_errors();
    const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
    const auto* at = begin;
    keys::OwnedX509 x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (!x509 || at != begin + der.size()) return unreadable(keys::openssl_reason());
    return x509;
}

/// What this thread has read lately. The same few certificates come with every message, and reading one costs a hundred
/// times what comparing its octets does.
class RecentlyRead {
public:
    std::shared_ptr<const Certificate::Parts> find(OctetsView der) const {
        const auto found = by_octets_.find(der);
        return found == by_octets_.end() ? nullptr : found->second;
    }
    // The keys are views into what they lead to.
    void keep(std::shared_ptr<const Certificate::Parts> parts) {
        if (in_order_.size() == most) {
            by_octets_.erase(in_order_.front()->der);
            in_order_.pop_front();
        }
        in_order_.push_back(parts);
        by_octets_.emplace(parts->der, std::move(parts));
    }

private:
    static constexpr std::size_t most = 32;
    std::unordered_map<OctetsView, std::shared_ptr<const Certificate::Parts>> by_octets_;
    std::deque<std::shared_ptr<const Certificate::Parts>> in_order_;
};

}  // namespace

Result<Certificate> Certificate::from_der(OctetsView der) {
    if (der.size() > limits::certificate_octets)
        return unreadable("it has " + std::to_string(der.size()) + " octets, more than any certificate needs");
    thread_local RecentlyRead recently;
    if (auto known = recently.find(der)) return Certificate(std::move(known));
    auto parts = read(der);
    if (!parts) return parts.error();
    recently.keep(*parts);
    return Certificate(std::move(*parts));
}

Result<std::shared_ptr<const Certificate::Parts>> Certificate::read(OctetsView der) {
    auto parts = std::make_shared<Parts>();
    parts->der = Octets(der);
    if (auto found = find_fields(*parts); !found) return found.error();
    if (auto read = read_extensions(*parts); !read) return read.error();
    auto subject = read_name(parts->subject_name), issuer = read_name(parts->issuer_name);
    if (!subject) return subject.error();
    if (!issuer) return issuer.error();
    parts->canonical_subject = canonical(*subject);
    parts->canonical_issuer = canonical(*issuer);

    // The key is judged from its octets before OpenSSL sees it: building a curve from hostile parameters is arithmetic.
    const auto judged = keys::judge_spki(parts->spki);
    if (!judged && keys::is_ec_spki(parts->spki)) return judged.error();
    auto native = read_native(parts->der);
    if (!native) return native.error();
    parts->x509 = std::move(*native);
    auto key = keys::PublicKey::from_native(X509_get0_pubkey(parts->x509.get()), parts->spki);
    if (key)
        parts->key = std::move(*key);
    else
        parts->key_fault = key.error();
    if (!key && keys::is_ec_spki(parts->spki)) return key.error();
    parts->sha256 = keys::sha256(parts->der);
    parts->sha1 = keys::sha1(parts->der);
    return std::shared_ptr<const Parts>(std::move(parts));
}

Result<Certificate> Certificate::from_pem_or_der(OctetsView octets) {
    const auto begin = octets.find(pem_begin);
    if (begin == OctetsView::npos) return from_der(octets);
    const auto text = begin + pem_begin.size();
    const auto end = octets.find(pem_end, text);
    if (end == OctetsView::npos) return unreadable("the PEM text has no end line");
    if (end - text > 2 * limits::certificate_octets) return unreadable("the PEM text is longer than any certificate");
    auto der = from_spaced_base64(octets.substr(text, end - text));
    if (!der) return unreadable("the PEM text is not Base64");
    return from_der(*der);
}

Certificate::Certificate(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}

const Octets& Certificate::der() const { return parts_->der; }

std::string Certificate::pem() const {
    const std::string text = to_base64(parts_->der);
    std::string pem(pem_begin);
    pem += '\n';
    for (std::size_t at = 0; at < text.size(); at += 64) pem.append(text, at, 64).append("\n");
    return pem.append(pem_end).append("\n");
}

const Octets& Certificate::sha256() const { return parts_->sha256; }
const Octets& Certificate::sha1() const { return parts_->sha1; }
Octets Certificate::sha512() const { return keys::sha512(parts_->der); }

// Names were read once already, so reading them again cannot fail.
std::string Certificate::subject() const { return rfc2253(*read_name(parts_->subject_name)); }
std::string Certificate::issuer() const { return rfc2253(*read_name(parts_->issuer_name)); }
Octets Certificate::subject_der() const { return parts_->canonical_subject; }
Octets Certificate::issuer_der() const { return parts_->canonical_issuer; }
std::vector<NameAttribute> Certificate::subject_attributes() const { return *read_name(parts_->subject_name); }

std::string Certificate::serial_decimal() const {
    const keys::OwnedNumber number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(parts_->x509.get()), nullptr));
    if (!number) keys::openssl_broken("reading a serial number");
    char* text = BN_bn2dec(number.get());
    if (!text) keys::openssl_broken("printing a serial number");
    std::string decimal(text);
    OPENSSL_free(text);
    return decimal;
}

Instant Certificate::not_before() const { return parts_->not_before; }
Instant Certificate::not_after() const { return parts_->not_after; }
bool Certificate::self_issued() const { return parts_->canonical_subject == parts_->canonical_issuer; }
bool Certificate::is_ca() const { return parts_->ca; }

bool Certificate::may_sign_certificates() const {
    return parts_->ca && (!parts_->key_usage || (*parts_->key_usage & KeyUsageBit::key_cert_sign));
}

std::optional<std::int64_t> Certificate::path_length() const { return parts_->path_length; }
bool Certificate::has_unknown_critical_extension() const { return parts_->unknown_critical; }
std::vector<std::string> Certificate::ocsp_urls() const { return parts_->ocsp_urls; }

bool Certificate::has_key_usage() const { return parts_->key_usage.has_value(); }
bool Certificate::digital_signature() const { return parts_->key_usage.value_or(0) & KeyUsageBit::digital_signature; }
bool Certificate::non_repudiation() const { return parts_->key_usage.value_or(0) & KeyUsageBit::non_repudiation; }
bool Certificate::key_encipherment() const { return parts_->key_usage.value_or(0) & KeyUsageBit::key_encipherment; }
bool Certificate::data_encipherment() const { return parts_->key_usage.value_or(0) & KeyUsageBit::data_encipherment; }

bool Certificate::has_extended_usage(std::string_view oid) const {
    return parts_->extended_usages.contains(std::string(oid));
}

bool Certificate::has_only_critical_usage(std::string_view oid) const {
    return parts_->extended_usage_critical && parts_->extended_usages.size() == 1 && has_extended_usage(oid);
}

OctetsView Certificate::subject_name_der() const { return parts_->subject_name; }
OctetsView Certificate::issuer_name_der() const { return parts_->issuer_name; }
OctetsView Certificate::serial_octets() const { return parts_->serial; }
OctetsView Certificate::public_key_bits() const { return parts_->key_bits; }
std::optional<Octets> Certificate::subject_key_id() const { return parts_->subject_key_id; }

Result<bool> Certificate::is_authentication() const {
    if (has_extended_usage(client_auth)) return true;
    if (!has_key_usage()) return fault(FaultCode::internal_error, "The certificate has no keyUsage extension");
    return digital_signature() || key_encipherment() || data_encipherment();
}

Result<bool> Certificate::is_signing() const {
    if (!has_key_usage()) return fault(FaultCode::internal_error, "The certificate has no keyUsage extension");
    return non_repudiation();
}

Result<keys::PublicKey> Certificate::public_key() const {
    if (!parts_->key) return parts_->key_fault;
    return *parts_->key;
}

bool Certificate::signed_by(const Certificate& issuer) const {
    if (parts_->canonical_issuer != issuer.parts_->canonical_subject || !issuer.parts_->key) return false;
    const auto algorithm = keys::algorithm_of_identifier(parts_->signature_algorithm);
    if (!algorithm) return false;
    return issuer.parts_->key->verify(*algorithm, parts_->signed_part, parts_->signature, keys::EcdsaForm::der)
        .has_value();
}

void* Certificate::native() const { return parts_->x509.get(); }

}  // namespace onceway::x509
