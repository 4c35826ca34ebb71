#include "certs/signature/grammar.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <span>

namespace onceway::signature {
namespace {

constexpr int many = INT_MAX;

/// A child that may stand in an element: where, how often.
struct Child {
    std::string_view space, name;
    int least = 1, most = 1;
};

enum class Content {
    sequence,  // the children, in this order
    choice,    // any of the children, in any order
    text,      // character data only
    empty,     // nothing at all
    anything,  // not interpreted by anybody
};

/// What one element holds. `parent` tells apart elements that share a name.
struct Shape {
    std::string_view space, name, parent;
    Content content;
    std::string_view attribute;  // that must be there
    std::array<Child, 8> children{};
    std::array<std::string_view, 2> attributes{};  // that may be there, beside Id
};

constexpr std::array shapes{
    // clang-format off
    Shape{ds, "Signature", "", Content::sequence, "", {{{ds, "SignedInfo"}, {ds, "SignatureValue"}, {ds, "KeyInfo"}, {ds, "Object"}}}},
    Shape{ds, "SignedInfo", "", Content::sequence, "", {{{ds, "CanonicalizationMethod"}, {ds, "SignatureMethod"}, {ds, "Reference", 1, many}}}},
    Shape{ds, "CanonicalizationMethod", "", Content::empty, "Algorithm"},
    Shape{ds, "SignatureMethod", "", Content::empty, "Algorithm"},
    Shape{ds, "Reference", "", Content::sequence, "URI", {{{ds, "Transforms", 0, 1}, {ds, "DigestMethod"}, {ds, "DigestValue"}}}, {"Type"}},
    Shape{ds, "Transforms", "", Content::sequence, "", {{{ds, "Transform", 1, many}}}},
    Shape{ds, "Transform", "", Content::anything, "Algorithm"},
    Shape{ds, "DigestMethod", "", Content::empty, "Algorithm"},
    Shape{ds, "DigestValue", "", Content::text, ""},
    Shape{ds, "SignatureValue", "", Content::text, ""},
    Shape{ds, "KeyInfo", "", Content::sequence, "", {{{ds, "X509Data"}}}},
    Shape{ds, "X509Data", "", Content::sequence, "", {{{ds, "X509Certificate"}}}},
    Shape{ds, "X509Certificate", "", Content::text, ""},
    Shape{ds, "X509IssuerName", "", Content::text, ""},
    Shape{ds, "X509SerialNumber", "", Content::text, ""},
    Shape{ds, "Object", "", Content::sequence, "", {{{xades, "QualifyingProperties"}}}},
    Shape{xades, "QualifyingProperties", "", Content::sequence, "Target", {{{xades, "SignedProperties"}, {xades, "UnsignedProperties"}}}},
    Shape{xades, "SignedProperties", "", Content::sequence, "Id", {{{xades, "SignedSignatureProperties", 0, 1}, {xades, "SignedDataObjectProperties", 0, 1}}}},
    Shape{xades, "SignedSignatureProperties", "", Content::sequence, "", {{{xades, "SigningTime", 0, 1}, {xades, "SigningCertificate", 0, 1}, {xades, "SigningCertificateV2", 0, 1}, {xades, "SignaturePolicyIdentifier", 0, 1}, {xades, "SignatureProductionPlace", 0, 1}, {xades, "SignatureProductionPlaceV2", 0, 1}, {xades, "SignerRole", 0, 1}, {xades, "SignerRoleV2", 0, 1}}}},
    Shape{xades, "SigningTime", "", Content::text, ""},
    Shape{xades, "SigningCertificate", "", Content::sequence, "", {{{xades, "Cert", 1, many}}}},
    Shape{xades, "SigningCertificateV2", "", Content::sequence, "", {{{xades, "Cert", 1, many}}}},
    Shape{xades, "Cert", "SigningCertificateV2", Content::sequence, "", {{{xades, "CertDigest"}, {xades, "IssuerSerialV2", 0, 1}}}, {"URI"}},
    Shape{xades, "Cert", "", Content::sequence, "", {{{xades, "CertDigest"}, {xades, "IssuerSerial"}}}, {"URI"}},
    Shape{xades, "CertDigest", "", Content::sequence, "", {{{ds, "DigestMethod"}, {ds, "DigestValue"}}}},
    Shape{xades, "IssuerSerial", "", Content::sequence, "", {{{ds, "X509IssuerName"}, {ds, "X509SerialNumber"}}}},
    Shape{xades, "IssuerSerialV2", "", Content::text, ""},
    Shape{xades, "SignaturePolicyIdentifier", "", Content::choice, "", {{{xades, "SignaturePolicyId", 0, 1}, {xades, "SignaturePolicyImplied", 0, 1}}}},
    Shape{xades, "SignaturePolicyImplied", "", Content::anything, ""},
    Shape{xades, "SignaturePolicyId", "", Content::sequence, "", {{{xades, "SigPolicyId"}, {ds, "Transforms", 0, 1}, {xades, "SigPolicyHash"}, {xades, "SigPolicyQualifiers", 0, 1}}}},
    Shape{xades, "SigPolicyId", "", Content::sequence, "", {{{xades, "Identifier"}, {xades, "Description", 0, 1}, {xades, "DocumentationReferences", 0, 1}}}},
    Shape{xades, "Identifier", "", Content::text, "", {}, {"Qualifier"}},
    Shape{xades, "Description", "", Content::text, ""},
    Shape{xades, "DocumentationReferences", "", Content::anything, ""},
    Shape{xades, "SigPolicyHash", "", Content::sequence, "", {{{ds, "DigestMethod"}, {ds, "DigestValue"}}}},
    Shape{xades, "SigPolicyQualifiers", "", Content::sequence, "", {{{xades, "SigPolicyQualifier", 1, many}}}},
    Shape{xades, "SigPolicyQualifier", "", Content::anything, ""},
    Shape{xades, "SignatureProductionPlace", "", Content::anything, ""},
    Shape{xades, "SignatureProductionPlaceV2", "", Content::anything, ""},
    Shape{xades, "SignerRole", "", Content::anything, ""},
    Shape{xades, "SignerRoleV2", "", Content::anything, ""},
    Shape{xades, "SignedDataObjectProperties", "", Content::sequence, "", {{{xades, "DataObjectFormat", 0, many}, {xades, "CommitmentTypeIndication", 0, many}}}},
    Shape{xades, "CommitmentTypeIndication", "", Content::anything, ""},
    Shape{xades, "DataObjectFormat", "", Content::sequence, "ObjectReference", {{{xades, "Description", 0, 1}, {xades, "ObjectIdentifier", 0, 1}, {xades, "MimeType", 0, 1}, {xades, "Encoding", 0, 1}}}},
    Shape{xades, "ObjectIdentifier", "", Content::anything, ""},
    Shape{xades, "MimeType", "", Content::text, ""},
    Shape{xades, "Encoding", "", Content::text, ""},
    Shape{xades, "UnsignedProperties", "", Content::sequence, "", {{{xades, "UnsignedSignatureProperties"}}}},
    Shape{xades, "UnsignedSignatureProperties", "", Content::choice, "", {{{xades, "SignatureTimeStamp", 0, 1}, {xades, "CompleteCertificateRefs", 0, 1}, {xades, "CompleteRevocationRefs", 0, 1}, {xades, "CertificateValues", 0, 1}, {xades, "RevocationValues"}}}},
    Shape{xades, "SignatureTimeStamp", "", Content::sequence, "", {{{ds, "CanonicalizationMethod", 0, 1}, {xades, "EncapsulatedTimeStamp"}}}},
    Shape{xades, "EncapsulatedTimeStamp", "", Content::text, "", {}, {"Encoding"}},
    Shape{xades, "CompleteCertificateRefs", "", Content::sequence, "", {{{xades, "CertRefs"}}}},
    Shape{xades, "CertRefs", "", Content::sequence, "", {{{xades, "Cert", 1, many}}}},
    Shape{xades, "CompleteRevocationRefs", "", Content::anything, ""},
    Shape{xades, "CertificateValues", "", Content::sequence, "", {{{xades, "EncapsulatedX509Certificate", 0, many}}}},
    Shape{xades, "EncapsulatedX509Certificate", "", Content::text, "", {}, {"Encoding"}},
    Shape{xades, "RevocationValues", "", Content::sequence, "", {{{xades, "CRLValues", 0, 1}, {xades, "OCSPValues"}}}},
    Shape{xades, "CRLValues", "", Content::anything, ""},
    Shape{xades, "OCSPValues", "", Content::sequence, "", {{{xades, "EncapsulatedOCSPValue", 1, many}}}},
    Shape{xades, "EncapsulatedOCSPValue", "", Content::text, "", {}, {"Encoding"}},
    // clang-format on
};

Fault malformed(xml::Element element, std::string_view what) {
    return fault(FaultCode::malformed_signature, fmt::format("{} {}", element.qualified_name().substr(0, 100), what));
}

const Shape* shape_of(xml::Element element) {
    const auto parent = element.parent();
    const auto fits = [&](const Shape& shape) {
        return element.is(shape.space, shape.name) &&
               (shape.parent.empty() || (parent && parent->name() == shape.parent));
    };
    const auto found = std::find_if(shapes.begin(), shapes.end(), fits);
    return found == shapes.end() ? nullptr : found;
}

std::span<const Child> children_of(const Shape& shape) {
    const auto end = std::find_if(shape.children.begin(), shape.children.end(),
                                  [](const Child& child) { return child.name.empty(); });
    return {shape.children.begin(), end};
}

Result<void> check_sequence(xml::Element element, const std::vector<xml::Element>& found, const Shape& shape) {
    std::size_t at = 0;
    for (const Child& child : children_of(shape)) {
        int count = 0;
        while (at < found.size() && count < child.most && found[at].is(child.space, child.name)) ++at, ++count;
        if (count < child.least) return malformed(element, fmt::format("lacks {}", child.name));
    }
    if (at < found.size())
        return malformed(element, fmt::format("may not hold {} here", found[at].qualified_name().substr(0, 100)));
    return {};
}

Result<void> check_choice(xml::Element element, const std::vector<xml::Element>& found, const Shape& shape) {
    for (const auto& item : found) {
        const auto allowed = children_of(shape);
        const auto fits = [&](const Child& child) { return item.is(child.space, child.name); };
        if (std::none_of(allowed.begin(), allowed.end(), fits))
            return malformed(element, fmt::format("may not hold {}", item.qualified_name().substr(0, 100)));
    }
    for (const Child& child : children_of(shape)) {
        const auto fits = [&](const xml::Element& item) { return item.is(child.space, child.name); };
        const auto count = std::count_if(found.begin(), found.end(), fits);
        if (count < child.least) return malformed(element, fmt::format("lacks {}", child.name));
        if (count > child.most) return malformed(element, fmt::format("holds {} more than once", child.name));
    }
    return {};
}

Result<void> check_element(xml::Element element);

Result<void> check_children(xml::Element element, const Shape& shape) {
    const auto found = element.children();
    if (!element.holds_only_elements()) return malformed(element, "holds text between its elements");
    auto order = shape.content == Content::sequence ? check_sequence(element, found, shape)
                                                    : check_choice(element, found, shape);
    if (!order) return order;
    for (const auto& child : found)
        if (auto good = check_element(child); !good) return good;
    return {};
}

Result<void> check_element(xml::Element element) {
    const Shape* shape = shape_of(element);
    if (!shape) return malformed(element, "is not known in a signature");
    if (!shape->attribute.empty() && !element.attribute(shape->attribute))
        return malformed(element, fmt::format("lacks the attribute {}", shape->attribute));
    const bool known_only =
        element.has_only_attributes({shape->attribute, shape->attributes[0], shape->attributes[1], "Id"});
    if (!known_only && shape->content != Content::anything)
        return malformed(element, "has an attribute that is not known");
    switch (shape->content) {
        case Content::sequence:
        case Content::choice:
            return check_children(element, *shape);
        case Content::text:
            if (!element.text()) return malformed(element, "may hold nothing but text");
            return {};
        case Content::empty:
            if (!element.children().empty() || !element.holds_only_elements())
                return malformed(element, "must be empty");
            return {};
        case Content::anything:
            return {};
    }
    return {};
}

}  // namespace

Result<void> check_structure(xml::Element signature) { return check_element(signature); }

}  // namespace onceway::signature
