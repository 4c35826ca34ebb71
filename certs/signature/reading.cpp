#include "certs/signature/reading.hpp"

#include "certs/signature/grammar.hpp"
#include "schemas/base/limits.hpp"

#include <algorithm>

namespace onceway::signature {
namespace {

constexpr std::string_view signed_properties_type = "http://uri.etsi.org/01903#SignedProperties";

Fault malformed(std::string detail) { return fault(FaultCode::malformed_signature, std::move(detail)); }
Fault unverifiable(std::string detail) { return fault(FaultCode::invalid_signature_value, std::move(detail)); }

/// Inclusive or exclusive canonicalisation; version 1.1 gives the same octets for what has no xml:base.
std::optional<xml::C14n> c14n_of(std::string_view algorithm) {
    if (algorithm == "http://www.w3.org/TR/2001/REC-xml-c14n-20010315") return xml::C14n::inclusive;
    if (algorithm == "http://www.w3.org/2006/12/xml-c14n11") return xml::C14n::inclusive;
    if (algorithm == "http://www.w3.org/2001/10/xml-exc-c14n#") return xml::C14n::exclusive;
    return std::nullopt;
}

Octets decoded(std::string_view text) {
    auto octets = from_spaced_base64(text);
    return octets ? std::move(*octets) : Octets{};
}

std::string text_of(std::optional<xml::Element> element) { return element ? element->loose_text() : std::string{}; }

std::string algorithm_of(std::optional<xml::Element> element) {
    return element ? element->attribute("Algorithm").value_or("") : std::string{};
}

std::optional<xml::Element> first_named(const xml::Document& document, std::string_view qualified) {
    auto found = document.find([&](xml::Element element) { return element.qualified_name() == qualified; }, 1);
    if (found.empty()) return std::nullopt;
    return found.front();
}

Reference read_reference(xml::Element element) {
    Reference reference{element,
                        element.attribute("URI").value_or(""),
                        element.attribute("Type").value_or(""),
                        algorithm_of(element.child(ds, "DigestMethod")),
                        decoded(text_of(element.child(ds, "DigestValue"))),
                        {},
                        false};
    const auto transforms = element.child(ds, "Transforms");
    if (!transforms) return reference;
    for (const auto& transform : transforms->children()) {
        reference.transforms.push_back(transform.attribute("Algorithm").value_or(""));
        if (!transform.is(ds, "Transform") || !transform.children().empty()) reference.transform_parameters = true;
    }
    return reference;
}

/// The values that a signature hangs on may hold nothing but text.
Result<void> check_plain_text(const xml::Document& document) {
    const auto counts = [](xml::Element element) {
        return element.is(ds, "DigestValue") || element.is(ds, "SignatureValue") || element.is(ds, "X509Certificate");
    };
    for (const auto& element : document.find(counts))
        if (auto text = element.text(); !text) return malformed(text.error().detail);
    return {};
}

}  // namespace

Reading::Reading(xml::Document document, xml::Element signature, xml::Element object)
    : document_(std::move(document)), signature_(signature), object_(object) {}

Result<Reading> Reading::of(OctetsView octets, Mode mode) {
    auto document = xml::Document::parse(octets, xml::canonical_bounds);
    if (!document) return document.error();
    const auto signature = first_named(*document, "ds:Signature");
    const auto object = first_named(*document, "ds:Object");
    if (!signature || !object) return malformed("the document has no ds:Signature with a ds:Object");
    if (!signature->is(ds, "Signature")) return malformed("ds:Signature stands in a foreign namespace");

    Reading reading(std::move(*document), *signature, *object);
    if (mode == Mode::strict)
        if (auto one = reading.check_one_reading(); !one) return one.error();
    if (auto read = reading.read_references(mode); !read) return read.error();
    return reading;
}

Result<void> Reading::check_one_reading() const {
    for (const auto& [space, name] : {std::pair{ds, "Signature"},
                                      {ds, "SignedInfo"},
                                      {ds, "Object"},
                                      {xades, "QualifyingProperties"},
                                      {xades, "SignedProperties"}})
        if (const auto count = document_.find(space, name).size(); count > 1)
            return malformed(fmt::format("{} stands {} times in the document", name, count));
    if (document_.has_duplicate_ids()) return malformed("two elements carry the same id");
    if (object_.parent() != signature_) return malformed("ds:Object stands outside ds:Signature");
    const auto root = document_.root();
    if (root == signature_) return check_plain_text(document_);

    if (!root.is(asic, "XAdESSignatures") && !root.is(older_asic, "XAdESSignatures"))
        return malformed(fmt::format("the root element is {}", root.qualified_name().substr(0, 100)));
    if (!root.first_node_is_element() || root.children().size() != 1 || root.children().front() != signature_)
        return malformed("something stands beside or before ds:Signature");
    return check_plain_text(document_);
}

Result<void> Reading::read_references(Mode mode) {
    const auto signed_info = signature_.child(ds, "SignedInfo");
    if (!signed_info) {
        if (mode == Mode::strict) return malformed("ds:SignedInfo is missing");
        return {};
    }
    for (const auto& element : signed_info->children(ds, "Reference")) references_.push_back(read_reference(element));
    value_ = decoded(text_of(signature_.child(ds, "SignatureValue")));
    return {};
}

Result<void> Reading::check_structure(Mode mode) const {
    const auto root = document_.root();
    if (root == signature_) return signature::check_structure(signature_);
    if (!root.first_node_is_element()) {
        if (mode == Mode::compatible) return {};
        return malformed("something stands before ds:Signature");
    }
    const auto children = root.children();
    if (children.front() != signature_) return malformed("the first element is not ds:Signature");
    return signature::check_structure(signature_);
}

bool Reading::refers_to(std::string_view uri) const {
    return std::any_of(references_.begin(), references_.end(), [&](const Reference& each) { return each.uri == uri; });
}

bool Reading::wrapped() const { return document_.root() != signature_; }

std::optional<xml::Element> Reading::below_object(std::initializer_list<std::string_view> path) const {
    std::optional<xml::Element> at = object_;
    for (const auto name : path) {
        at = at->child(xades, name);
        if (!at) return std::nullopt;
    }
    return at;
}

std::optional<xml::Element> Reading::signed_signature_properties() const {
    return below_object({"QualifyingProperties", "SignedProperties", "SignedSignatureProperties"});
}

std::optional<xml::Element> Reading::unsigned_signature_properties() const {
    return below_object({"QualifyingProperties", "UnsignedProperties", "UnsignedSignatureProperties"});
}

std::optional<xml::Element> Reading::by_id(std::string_view id) const {
    std::optional<xml::Element> found;
    for (const auto& element : document_.with_id(id)) {
        if (element.attribute("Id") != std::string(id)) continue;
        if (found) return std::nullopt;
        found = element;
    }
    return found;
}

Result<x509::Certificate> Reading::certificate() const {
    const auto key_info = signature_.child(ds, "KeyInfo");
    const auto data = key_info ? key_info->child(ds, "X509Data") : std::nullopt;
    const auto certificate = data ? data->child(ds, "X509Certificate") : std::nullopt;
    if (!certificate) return malformed("there is no signing certificate in ds:KeyInfo");
    return x509::Certificate::from_der(decoded(certificate->loose_text()));
}

Result<std::vector<x509::Certificate>> Reading::extra_certificates() const {
    std::vector<x509::Certificate> found;
    const auto properties = unsigned_signature_properties();
    const auto complete = properties ? properties->child(xades, "CompleteCertificateRefs") : std::nullopt;
    const auto references = complete ? complete->child(xades, "CertRefs") : std::nullopt;
    if (!references) return found;
    for (const auto& reference : references->children(xades, "Cert")) {
        std::string uri = reference.attribute("URI").value_or("");
        const auto target = by_id(uri.starts_with('#') ? uri.substr(1) : uri);
        if (uri.empty() || !target) return malformed("a certificate reference names no certificate");
        const Octets der = decoded(target->loose_text());
        const auto digest = reference.child(xades, "CertDigest");
        const auto method = keys::digest_from_uri(digest ? algorithm_of(digest->child(ds, "DigestMethod")) : "");
        if (!method || keys::digest(*method, der) != decoded(text_of(digest->child(ds, "DigestValue"))))
            return malformed("a certificate reference and its certificate have different digests");
        auto certificate = x509::Certificate::from_der(der);
        if (!certificate) return malformed(certificate.error().detail);
        found.push_back(std::move(*certificate));
    }
    return found;
}

Result<std::vector<Octets>> Reading::ocsp() const {
    std::vector<Octets> answers;
    const auto properties = unsigned_signature_properties();
    const auto revocation = properties ? properties->child(xades, "RevocationValues") : std::nullopt;
    const auto values = revocation ? revocation->child(xades, "OCSPValues") : std::nullopt;
    if (values)
        for (const auto& value : values->children(xades, "EncapsulatedOCSPValue"))
            answers.push_back(decoded(value.loose_text()));
    if (answers.empty()) return malformed("the signature carries no OCSP answer");
    return answers;
}

std::string Reading::signature_algorithm() const {
    const auto signed_info = signature_.child(ds, "SignedInfo");
    return signed_info ? algorithm_of(signed_info->child(ds, "SignatureMethod")) : std::string{};
}

std::optional<Instant> Reading::signing_time() const {
    const auto properties = signed_signature_properties();
    const auto time = properties ? properties->child(xades, "SigningTime") : std::nullopt;
    if (!time) return std::nullopt;
    auto at = parse_rfc3339(time->loose_text());
    return at ? std::optional(*at) : std::nullopt;
}

Result<Octets> Reading::embedded_token() const {
    for (const auto name : {"xades:EncapsulatedTimeStamp", "xades:SignatureTimeStamp"}) {
        const auto element = first_named(document_, name);
        if (!element) continue;
        Octets token = decoded(element->loose_text());
        if (!token.empty()) return token;
    }
    return malformed("the signature carries no time-stamp (xades:EncapsulatedTimeStamp)");
}

std::vector<Octets> Reading::encapsulated_certificates() const {
    std::vector<Octets> found;
    const auto properties = unsigned_signature_properties();
    const auto values = properties ? properties->child(xades, "CertificateValues") : std::nullopt;
    if (!values) return found;
    for (const auto& value : values->children(xades, "EncapsulatedX509Certificate"))
        found.push_back(decoded(value.loose_text()));
    return found;
}

Result<Octets> Reading::canonical_signed_info() const {
    const auto signed_info = signature_.child(ds, "SignedInfo");
    if (!signed_info) return unverifiable("ds:SignedInfo is missing");
    const auto method = signed_info->child(ds, "CanonicalizationMethod");
    const auto algorithm = c14n_of(algorithm_of(method));
    if (!algorithm || !method->children().empty())
        return unverifiable(fmt::format("canonicalisation '{}' is not accepted", algorithm_of(method).substr(0, 100)));
    auto octets = document_.canonical(*signed_info, *algorithm);
    if (!octets) return unverifiable("canonicalising ds:SignedInfo: " + octets.error().detail);
    return octets;
}

Result<Octets> Reading::canonical_target(const Reference& reference) const {
    const auto target = by_id(std::string_view(reference.uri).substr(1));
    if (!target) return unverifiable(fmt::format("no single element has the id '{}'", reference.uri.substr(0, 100)));
    auto algorithm = std::optional(xml::C14n::inclusive);
    if (!reference.transforms.empty()) algorithm = c14n_of(reference.transforms.front());
    if (!algorithm || reference.transforms.size() > 1 || reference.transform_parameters)
        return unverifiable(fmt::format("the transforms of '{}' are not accepted", reference.uri.substr(0, 100)));
    auto octets = document_.canonical(*target, *algorithm);
    if (!octets)
        return unverifiable(
            fmt::format("canonicalising '{}': {}", reference.uri.substr(0, 100), octets.error().detail));
    return octets;
}

bool Reading::is_signed_properties(const Reference& reference) const {
    if (reference.type != signed_properties_type || !reference.uri.starts_with('#')) return false;
    const auto properties = below_object({"QualifyingProperties", "SignedProperties"});
    const auto target = by_id(std::string_view(reference.uri).substr(1));
    return properties && target && *properties == *target;
}

Result<void> Reading::check_signed_properties(const x509::Certificate& certificate, Instant at) const {
    const auto qualifying = below_object({"QualifyingProperties"});
    if (!qualifying || qualifying->attribute("Target") != "#" + signature_.attribute("Id").value_or(""))
        return malformed("the qualifying properties belong to another signature");
    const auto properties = signed_signature_properties();
    if (!properties) return malformed("the signature has no signed properties");
    const auto time = signing_time();
    if (!time) return malformed("the signed properties give no signing time");
    if (*time > at + signing_time_ahead)
        return malformed(fmt::format("the signing time {} lies ahead of {}", rfc3339(*time), rfc3339(at)));
    if (wrapped() && !properties->child(xades, "SignaturePolicyIdentifier"))
        return malformed("the signed properties name no signature policy");
    return check_certificate_digest(*properties, certificate);
}

Result<void> Reading::check_certificate_digest(xml::Element properties, const x509::Certificate& own) const {
    auto list = properties.child(xades, "SigningCertificate");
    if (!list) list = properties.child(xades, "SigningCertificateV2");
    const auto named = list ? list->child(xades, "Cert") : std::nullopt;
    const auto digest = named ? named->child(xades, "CertDigest") : std::nullopt;
    if (!digest) return malformed("the signed properties name no signing certificate");
    const auto method = keys::digest_from_uri(algorithm_of(digest->child(ds, "DigestMethod")));
    if (!method || *method == keys::Digest::sha1)
        return malformed("the digest method of the signing certificate is not accepted");
    if (keys::digest(*method, own.der()) != decoded(text_of(digest->child(ds, "DigestValue"))))
        return malformed("the signed properties name another certificate than the one that signed");
    const auto issuer_serial = named->child(xades, "IssuerSerial");
    const auto serial = issuer_serial ? issuer_serial->child(ds, "X509SerialNumber") : std::nullopt;
    if (serial && serial->loose_text() != own.serial_decimal())
        return malformed("the signed properties name another serial number than that of the certificate that signed");
    return {};
}

}  // namespace onceway::signature
