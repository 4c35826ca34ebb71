#include "certs/keys/der.hpp"
#include "certs/keys/signature_identifier.hpp"
#include "certs/x509/certificate.hpp"
#include "certs/x509/name.hpp"
#include "certs/x509/writing.hpp"

#include <algorithm>

namespace onceway::x509 {
namespace {

namespace der = keys::der;

constexpr std::size_t request_octets_most = 64 * 1024;
constexpr std::string_view extension_request = "1.2.840.113549.1.9.14", key_usage = "2.5.29.15";

Fault refuse(std::string why) {
    return fault(FaultCode::invalid_request, "Reading a certificate request: " + std::move(why));
}

Result<Octets> der_of(OctetsView octets) {
    if (octets.size() > request_octets_most) return refuse("it is too large");
    const auto begin = octets.find("-----BEGIN ");
    if (begin == OctetsView::npos) return Octets(octets);
    const auto line = octets.find('\n', begin);
    const auto end = octets.find("-----END ", begin);
    if (line == OctetsView::npos || end == OctetsView::npos || end < line) return refuse("the PEM text is cut");
    if (octets.substr(begin, line - begin).find("CERTIFICATE REQUEST-----") == OctetsView::npos)
        return refuse("the PEM text holds something else");
    auto der = from_spaced_base64(octets.substr(line, end - line));
    if (!der) return refuse("the PEM text is not Base64");
    return der;
}

struct Fields {
    OctetsView signed_part, name, spki, attributes, algorithm, signature;
};

std::optional<Fields> find_fields(OctetsView octets) {
    der::Reader file(octets);
    const auto request = file.next(der::sequence);
    if (!request || !file.at_end()) return {};
    der::Reader outer(request->content);
    const auto body = outer.next(der::sequence), algorithm = outer.next(der::sequence),
               value = outer.next(der::bit_string);
    const auto signature = value ? der::whole_bits(*value) : std::nullopt;
    if (!body || !algorithm || !signature || !outer.at_end()) return {};
    der::Reader fields(body->content);
    const auto version = fields.next(der::integer), name = fields.next(der::sequence),
               spki = fields.next(der::sequence);
    if (!version || !name || !spki) return {};
    const auto attributes = fields.optional(der::context_constructed(0));
    if (!fields.at_end()) return {};
    return Fields{body->whole,      name->whole, spki->whole, attributes ? attributes->content : OctetsView(),
                  algorithm->whole, *signature};
}

// The first extension request of the attributes, as a list of extensions.
OctetsView requested_extensions(OctetsView attributes) {
    for (der::Reader list(attributes); !list.at_end();) {
        const auto attribute = list.next(der::sequence);
        if (!attribute) return {};
        der::Reader pair(attribute->content);
        const auto type = pair.next(der::object_identifier), values = pair.next(der::set);
        if (!type || !values || der::oid_text(type->content) != extension_request) continue;
        der::Reader extensions(values->content);
        const auto first = extensions.next(der::sequence);
        return first ? first->content : OctetsView();
    }
    return {};
}

bool asks_for_non_repudiation(OctetsView extensions) {
    for (der::Reader list(extensions); !list.at_end();) {
        const auto extension = list.next(der::sequence);
        if (!extension) return false;
        der::Reader fields(extension->content);
        const auto oid = fields.next(der::object_identifier);
        fields.optional(der::boolean);
        const auto value = fields.next(der::octet_string);
        if (!oid || !value || der::oid_text(oid->content) != key_usage) continue;
        der::Reader bits(value->content);
        const auto usage = bits.next(der::bit_string);
        return usage && usage->content.size() >= 2 && (static_cast<std::uint8_t>(usage->content[1]) & 0x40);
    }
    return false;
}

}  // namespace

Result<Octets> write_request(const keys::PrivateKey& key, const Subject& subject, Profile profile,
                             std::optional<std::string> dns_name) {
    auto name = write_name(subject);
    if (!name) return name.error();
    Octets extensions;
    if (dns_name) {
        auto names = alternative_names({*dns_name});
        if (!names) return names.error();
        extensions += *names;
    }
    // Rule: global-configuration §4.2, the bits that a genuine server asks for.
    extensions += profile == Profile::signing ? write_key_usage({1, 5}, false) : write_key_usage({0, 2, 3}, false);
    const Octets attribute = der::element(
        der::sequence, {oid(extension_request), der::element(der::set, der::element(der::sequence, extensions))});
    const Octets body = der::element(der::sequence, {der::small_integer(0), *name, key.public_key().spki(),
                                                     der::element(der::context_constructed(0), attribute)});
    return sign_body(body, key);
}

Result<Request> read_request(OctetsView octets) {
    auto der = der_of(octets);
    if (!der) return der.error();
    const auto fields = find_fields(*der);
    if (!fields) return refuse("it is not a PKCS#10 request");
    auto key = keys::PublicKey::from_spki(fields->spki);
    if (!key) return refuse(key.error().detail);
    const auto algorithm = keys::algorithm_of_identifier(fields->algorithm);
    if (!algorithm) return refuse("its signature algorithm is not allowed");
    if (!key->verify(*algorithm, fields->signed_part, fields->signature, keys::EcdsaForm::der))
        return refuse("its signature was not made with the key it holds");
    auto attributes = read_name(fields->name);
    if (!attributes) return refuse("its subject is malformed");

    Request request{{}, Octets(fields->spki), Profile::authentication};
    for (const NameAttribute& attribute : *attributes)
        request.subject.emplace_back(short_name(attribute.oid), attribute.value);
    if (asks_for_non_repudiation(requested_extensions(fields->attributes))) request.profile = Profile::signing;
    return request;
}

}  // namespace onceway::x509
