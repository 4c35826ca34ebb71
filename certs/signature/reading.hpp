// A signature document, parsed once: every later step reads its values from the nodes that were digested.
#pragma once

#include "certs/keys/digest.hpp"
#include "certs/signature/verify.hpp"
#include "certs/x509/certificate.hpp"
#include "schemas/base/time.hpp"
#include "schemas/xml/document.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::signature {

/// One ds:Reference.
struct Reference {
    xml::Element element;
    std::string uri, type;
    std::string digest_method;            // URI
    Octets digest;                        // empty when it is no Base64
    std::vector<std::string> transforms;  // algorithm URIs
    bool transform_parameters = false;    // a Transform holds something, or is not inside ds:Transforms alone
};

/// The first ds:Signature of a document, with the first ds:Object. Throughout, elements are looked up by qualified
/// name, as genuine verifiers do.
class Reading {
public:
    /// `strict` refuses a document that has more than one reading: two signatures, two equal ids, anything before the
    /// signature. Faults: `invalid_xml`, `malformed_signature`. Rule: message-transport §4.6 step 1, threats row 1.
    static Result<Reading> of(OctetsView document, Mode mode);

    /// The structure of what travels between servers. `compatible` leaves it out where the first node of the root is
    /// white space. Faults: `malformed_signature`. Rule: message-transport §4.6 step 2.
    Result<void> check_structure(Mode mode) const;

    const std::vector<Reference>& references() const { return references_; }
    bool refers_to(std::string_view uri) const;
    bool wrapped() const;  // the root is asic:XAdESSignatures, not ds:Signature

    /// Faults: `malformed_signature` when there is none, `incorrect_certificate` when it cannot be read.
    Result<x509::Certificate> certificate() const;
    /// Certificates that CompleteCertificateRefs names, with their digests compared. Faults: `malformed_signature`.
    Result<std::vector<x509::Certificate>> extra_certificates() const;
    /// At least one answer. Faults: `malformed_signature`.
    Result<std::vector<Octets>> ocsp() const;

    const Octets& value() const { return value_; }
    std::string signature_algorithm() const;
    std::optional<Instant> signing_time() const;
    /// The token of a SignatureTimeStamp, in the newer or the older form. Faults: `malformed_signature`.
    Result<Octets> embedded_token() const;
    /// Octets of all EncapsulatedX509Certificate.
    std::vector<Octets> encapsulated_certificates() const;

    /// SignedInfo as its CanonicalizationMethod says. Faults: `invalid_signature_value` (method not accepted).
    Result<Octets> canonical_signed_info() const;
    /// What a reference `#id` denotes, canonicalised as its transforms say. Faults: `invalid_signature_value`.
    Result<Octets> canonical_target(const Reference& reference) const;
    /// True when `reference` denotes the SignedProperties of this signature.
    bool is_signed_properties(const Reference& reference) const;

    /// What `strict` asks of the signed properties: the certificate named is the one that signed, the time is given,
    /// and the policy in the form that names one. Faults: `malformed_signature`.
    Result<void> check_signed_properties(const x509::Certificate& certificate, Instant at) const;

private:
    Reading(xml::Document document, xml::Element signature, xml::Element object);
    Result<void> check_one_reading() const;
    Result<void> read_references(Mode mode);
    Result<void> check_certificate_digest(xml::Element signed_signature_properties, const x509::Certificate& own) const;
    std::optional<xml::Element> below_object(std::initializer_list<std::string_view> path) const;
    std::optional<xml::Element> signed_signature_properties() const;
    std::optional<xml::Element> unsigned_signature_properties() const;
    std::optional<xml::Element> by_id(std::string_view id) const;

    xml::Document document_;
    xml::Element signature_, object_;
    std::vector<Reference> references_;
    Octets value_;
};

}  // namespace onceway::signature
