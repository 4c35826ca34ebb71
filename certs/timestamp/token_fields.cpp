#include "certs/timestamp/token_fields.hpp"

#include "certs/keys/der.hpp"
#include "certs/keys/signature_identifier.hpp"

#include <map>

namespace onceway::timestamp {
namespace {

namespace der = keys::der;

constexpr std::string_view signed_data = "1.2.840.113549.1.7.2", tst_info = "1.2.840.113549.1.9.16.1.4";
constexpr std::string_view message_digest = "1.2.840.113549.1.9.4", signing_time = "1.2.840.113549.1.9.5",
                           content_type = "1.2.840.113549.1.9.3", signing_certificate = "1.2.840.113549.1.9.16.2.12",
                           signing_certificate_v2 = "1.2.840.113549.1.9.16.2.47";

Fault no_token(const char* what) {
    return fault(FaultCode::malformed_signature, std::string("Reading a time-stamp token: ") + what);
}
Fault odd_token(const char* what) {
    return fault(FaultCode::mlog_timestamp_response_object_creation_failed,
                 std::string("Reading a time-stamp token: ") + what);
}

bool is_type(const std::optional<der::Element>& element, std::string_view oid) {
    return element && der::oid_text(element->content) == oid;
}

bool read_imprint(TokenFields& into, const std::optional<der::Element>& element) {
    der::Reader fields(element ? element->content : OctetsView());
    const auto algorithm = fields.next(der::sequence), value = fields.next(der::octet_string);
    if (!algorithm || !value || !fields.at_end()) return false;
    into.imprint_digest = keys::digest_of_identifier(algorithm->whole);
    into.imprint = value->content;
    return true;
}

// Rule: RFC 3161 §2.4.2: version, policy, imprint, serial, genTime, accuracy, ordering, nonce, tsa, extensions.
bool read_info(TokenFields& into) {
    der::Reader outer(into.content);
    const auto info = outer.next(der::sequence);
    if (!info || !outer.at_end()) return false;
    der::Reader fields(info->content);
    const auto version = fields.next(der::integer), policy = fields.next(der::object_identifier);
    if (!version || der::small_integer(*version) != 1 || !policy) return false;
    if (!read_imprint(into, fields.next(der::sequence)) || !fields.next(der::integer)) return false;
    const auto time = fields.next(der::generalized_time);
    const auto at = time ? der::time(*time) : std::nullopt;
    if (!at) return false;
    into.at = *at;
    fields.optional(der::sequence);
    fields.optional(der::boolean);
    if (const auto nonce = fields.optional(der::integer)) into.nonce = nonce->content;
    fields.optional(der::context_constructed(0));
    fields.optional(der::context_constructed(1));
    return fields.at_end();
}

// --- signed attributes --------------------------------------------------------------------------------------------

using Attributes = std::map<std::string, OctetsView>;  // type and its one value

std::optional<Attributes> read_attributes(OctetsView content) {
    Attributes attributes;
    for (der::Reader list(content); !list.at_end();) {
        const auto attribute = list.next(der::sequence);
        der::Reader pair(attribute ? attribute->content : OctetsView());
        const auto type = pair.next(der::object_identifier), values = pair.next(der::set);
        if (!type || !values || !pair.at_end()) return {};
        der::Reader each(values->content);
        const auto value = each.next();
        if (!value || !each.at_end()) return {};
        if (!attributes.emplace(der::oid_text(type->content), value->whole).second) return {};
    }
    return attributes;
}

// ESSCertID or ESSCertIDv2: the first one is the signer's. Version 2 names its digest, SHA-256 when it does not.
bool read_certificate_id(TokenFields& into, OctetsView value, bool second_version) {
    der::Reader outer(value);
    const auto attribute = outer.next(der::sequence);
    der::Reader list(attribute ? attribute->content : OctetsView());
    const auto ids = list.next(der::sequence);
    der::Reader each(ids ? ids->content : OctetsView());
    const auto first = each.next(der::sequence);
    der::Reader fields(first ? first->content : OctetsView());
    into.certificate_digest_algorithm = second_version ? keys::Digest::sha256 : keys::Digest::sha1;
    if (second_version)
        if (const auto algorithm = fields.optional(der::sequence))
            into.certificate_digest_algorithm = keys::digest_of_identifier(algorithm->whole);
    const auto hash = fields.next(der::octet_string);
    if (hash) into.certificate_digest = hash->content;
    return hash.has_value();
}

Result<void> read_signed_attributes(TokenFields& into, OctetsView content) {
    into.signed_attributes = der::element(der::set, content);
    const auto attributes = read_attributes(content);
    if (!attributes) return odd_token("a signed attribute is malformed or stands twice");
    const auto type = attributes->find(std::string(content_type)),
               digest = attributes->find(std::string(message_digest));
    if (type == attributes->end() || digest == attributes->end())
        return odd_token("content type or digest is not signed");
    der::Reader type_value(type->second), digest_value(digest->second);
    if (!is_type(type_value.next(der::object_identifier), tst_info))
        return odd_token("its signature is about something else");
    const auto octets = digest_value.next(der::octet_string);
    if (!octets) return odd_token("its signed digest is malformed");
    into.message_digest = octets->content;

    if (const auto time = attributes->find(std::string(signing_time)); time != attributes->end()) {
        der::Reader value(time->second);
        const auto element = value.next();
        into.signing_time = element ? der::time(*element) : std::nullopt;
        if (!into.signing_time) return odd_token("its signing time is malformed");
    }
    const auto second = attributes->find(std::string(signing_certificate_v2)),
               first = attributes->find(std::string(signing_certificate));
    if (second == attributes->end() && first == attributes->end())
        return odd_token("it has no signing-certificate attribute");
    const bool second_version = second != attributes->end();
    if (!read_certificate_id(into, second_version ? second->second : first->second, second_version))
        return odd_token("its signing-certificate attribute is malformed");
    return {};
}

Result<void> read_signer(TokenFields& into, OctetsView content) {
    der::Reader fields(content);
    const auto version = fields.next(der::integer), id = fields.next();
    if (!version || !id) return odd_token("its signer is malformed");
    if (id->tag == der::context(0)) {
        into.key_id = id->content;
    } else {
        der::Reader pair(id->content);
        const auto issuer = pair.next(der::sequence), serial = pair.next(der::integer);
        if (id->tag != der::sequence || !issuer || !serial || !pair.at_end())
            return odd_token("its signer is malformed");
        into.issuer_name = issuer->whole;
        into.serial = serial->content;
    }
    const auto digest = fields.next(der::sequence), attributes = fields.next(der::context_constructed(0));
    const auto algorithm = fields.next(der::sequence), signature = fields.next(der::octet_string);
    fields.optional(der::context_constructed(1));
    if (!digest || !attributes || !algorithm || !signature || !fields.at_end())
        return odd_token("its signer is malformed");
    into.digest_algorithm = digest->whole;
    into.signature_algorithm = algorithm->whole;
    into.signature = signature->content;
    return read_signed_attributes(into, attributes->content);
}

/// The fields of SignedData, each as it stands.
struct SignedData {
    der::Element version, digests, encapsulated;
    std::optional<der::Element> certificates, revocations;
    der::Element signers;
};

std::optional<SignedData> read_signed_data(OctetsView token) {
    der::Reader file(token);
    const auto info = file.next(der::sequence);
    if (!info || !file.at_end()) return {};
    der::Reader outer(info->content);
    const auto type = outer.next(der::object_identifier), content = outer.next(der::context_constructed(0));
    if (!is_type(type, signed_data) || !content || !outer.at_end()) return {};
    der::Reader wrapped(content->content);
    const auto data = wrapped.next(der::sequence);
    if (!data || !wrapped.at_end()) return {};
    der::Reader fields(data->content);
    const auto version = fields.next(der::integer), digests = fields.next(der::set),
               encapsulated = fields.next(der::sequence);
    const auto certificates = fields.optional(der::context_constructed(0)),
               revocations = fields.optional(der::context_constructed(1));
    const auto signers = fields.next(der::set);
    if (!version || !digests || !encapsulated || !signers || !fields.at_end()) return {};
    return SignedData{*version, *digests, *encapsulated, certificates, revocations, *signers};
}

}  // namespace

Result<TokenFields> read_token(OctetsView token) {
    const auto data = read_signed_data(token);
    if (!data) return no_token("it is no CMS SignedData in DER");
    TokenFields into;
    der::Reader encapsulated(data->encapsulated.content);
    const auto type = encapsulated.next(der::object_identifier),
               wrapped = encapsulated.next(der::context_constructed(0));
    if (!is_type(type, tst_info) || !wrapped) return odd_token("it holds no time-stamp information");
    der::Reader inner(wrapped->content);
    const auto content = inner.next(der::octet_string);
    if (!content || !inner.at_end()) return odd_token("it holds no time-stamp information");
    into.content = content->content;
    if (!read_info(into)) return no_token("its time-stamp information is malformed");
    if (data->certificates) {
        into.certificates_content = data->certificates->content;
        for (der::Reader each(into.certificates_content); !each.at_end();) {
            const auto certificate = each.next();
            if (!certificate) return no_token("its certificates are malformed");
            if (certificate->tag == der::sequence) into.certificates.push_back(certificate->whole);
        }
    }
    der::Reader signers(data->signers.content);
    const auto signer = signers.next(der::sequence);
    if (!signer || !signers.at_end()) return odd_token("it does not have exactly one signer");
    if (auto read = read_signer(into, signer->content); !read) return read.error();
    return into;
}

Octets with_certificate(OctetsView token, const x509::Certificate& certificate) {
    const SignedData data = *read_signed_data(token);
    const OctetsView others = data.certificates ? data.certificates->content : OctetsView();
    const Octets certificates = der::element(der::context_constructed(0), {certificate.der(), others});
    const OctetsView revocations = data.revocations ? data.revocations->whole : OctetsView();
    const Octets body = der::element(der::sequence, {data.version.whole, data.digests.whole, data.encapsulated.whole,
                                                     certificates, revocations, data.signers.whole});
    der::Reader file(token);
    der::Reader outer(file.next()->content);
    return der::element(der::sequence, {outer.next()->whole, der::element(der::context_constructed(0), body)});
}

}  // namespace onceway::timestamp
