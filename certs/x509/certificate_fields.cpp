#include "certs/keys/der.hpp"
#include "certs/x509/parts.hpp"

namespace onceway::x509 {
namespace {

namespace der = keys::der;

Fault malformed(const char* what) {
    return fault(FaultCode::incorrect_certificate, std::string("Reading a certificate: ") + what);
}

bool read_validity(CertificateFacts& facts, OctetsView content) {
    der::Reader reader(content);
    const auto from = reader.next(), until = reader.next();
    if (!from || !until || !reader.at_end()) return false;
    const auto not_before = der::time(*from), not_after = der::time(*until);
    if (!not_before || !not_after) return false;
    facts.not_before = *not_before;
    facts.not_after = *not_after;
    return true;
}

bool read_key_info(CertificateFacts& facts, OctetsView content) {
    der::Reader reader(content);
    const auto algorithm = reader.next(der::sequence), key = reader.next(der::bit_string);
    const auto bits = key ? der::whole_bits(*key) : std::nullopt;
    if (!algorithm || !bits || !reader.at_end()) return false;
    facts.key_bits = *bits;
    return true;
}

// --- extensions ---------------------------------------------------------------------------------------------------

bool read_basic_constraints(CertificateFacts& facts, der::Reader value) {
    const auto body = value.next(der::sequence);
    if (!body || !value.at_end()) return false;
    der::Reader fields(body->content);
    if (const auto ca = fields.optional(der::boolean)) {
        if (ca->content.size() != 1) return false;
        facts.ca = ca->content[0] != 0;
    }
    if (const auto length = fields.optional(der::integer)) {
        const auto number = der::small_integer(*length);
        if (!number) return false;
        facts.path_length = *number;
    }
    return fields.at_end();
}

bool read_key_usage(CertificateFacts& facts, der::Reader value) {
    const auto bits = value.next(der::bit_string);
    if (!bits || !value.at_end() || bits->content.empty()) return false;
    std::uint32_t usage = 0;
    for (std::size_t i = 1; i < bits->content.size() && i <= 2; ++i)
        for (int bit = 0; bit < 8; ++bit)
            if (static_cast<std::uint8_t>(bits->content[i]) & 0x80 >> bit)
                usage |= 1u << ((i - 1) * 8 + static_cast<unsigned>(bit));
    facts.key_usage = usage;
    return true;
}

bool read_extended_usage(CertificateFacts& facts, der::Reader value) {
    const auto list = value.next(der::sequence);
    if (!list || !value.at_end()) return false;
    for (der::Reader usages(list->content); !usages.at_end();) {
        const auto usage = usages.next(der::object_identifier);
        if (!usage) return false;
        facts.extended_usages.insert(der::oid_text(usage->content));
    }
    return true;
}

bool read_subject_key_id(CertificateFacts& facts, der::Reader value) {
    const auto id = value.next(der::octet_string);
    if (!id || !value.at_end()) return false;
    facts.subject_key_id = Octets(id->content);
    return true;
}

bool read_authority_access(CertificateFacts& facts, der::Reader value) {
    const auto list = value.next(der::sequence);
    if (!list || !value.at_end()) return false;
    for (der::Reader descriptions(list->content); !descriptions.at_end();) {
        const auto description = descriptions.next(der::sequence);
        if (!description) return false;
        der::Reader pair(description->content);
        const auto method = pair.next(der::object_identifier), place = pair.next();
        if (!method || !place) return false;
        if (der::oid_text(method->content) == "1.3.6.1.5.5.7.48.1" && place->tag == der::context(6))
            facts.ocsp_urls.emplace_back(place->content);
    }
    return true;
}

bool accept_unread(CertificateFacts&, der::Reader) { return true; }

struct ExtensionRow {
    std::string_view oid;
    bool (*read)(CertificateFacts&, der::Reader);
};
// What stands here may be critical. Name constraints and policies are known and, as genuine servers do, not evaluated.
constexpr ExtensionRow extension_rows[] = {
    {"2.5.29.19", read_basic_constraints},
    {"2.5.29.15", read_key_usage},
    {"2.5.29.37", read_extended_usage},
    {"2.5.29.14", read_subject_key_id},
    {"1.3.6.1.5.5.7.1.1", read_authority_access},
    {"2.5.29.35", accept_unread},
    {"2.5.29.17", accept_unread},
    {"2.5.29.18", accept_unread},
    {"2.5.29.30", accept_unread},
    {"2.5.29.31", accept_unread},
    {"2.5.29.32", accept_unread},
    {"2.5.29.33", accept_unread},
    {"2.5.29.36", accept_unread},
    {"2.5.29.54", accept_unread},
    {"1.3.6.1.5.5.7.48.1.5", accept_unread},
};

bool read_one(CertificateFacts& facts, const std::string& oid, bool critical, OctetsView value) {
    if (oid == "2.5.29.37") facts.extended_usage_critical = critical;
    for (const ExtensionRow& row : extension_rows)
        if (row.oid == oid) return row.read(facts, der::Reader(value));
    facts.unknown_critical = facts.unknown_critical || critical;
    return true;
}

}  // namespace

Result<void> find_fields(CertificateFacts& facts) {
    der::Reader file(facts.der);
    const auto certificate = file.next(der::sequence);
    if (!certificate) return malformed("it is not DER");
    if (!file.at_end()) return malformed("octets follow it");
    der::Reader outer(certificate->content);
    const auto body = outer.next(der::sequence), algorithm = outer.next(der::sequence),
               value = outer.next(der::bit_string);
    const auto signature = value ? der::whole_bits(*value) : std::nullopt;
    if (!body || !algorithm || !signature || !outer.at_end()) return malformed("its outer structure is malformed");

    der::Reader fields(body->content);
    fields.optional(der::context_constructed(0));
    const auto serial = fields.next(der::integer), inner_algorithm = fields.next(der::sequence),
               issuer = fields.next(der::sequence), validity = fields.next(der::sequence),
               subject = fields.next(der::sequence), key_info = fields.next(der::sequence);
    if (!serial || !inner_algorithm || !issuer || !validity || !subject || !key_info)
        return malformed("a field is missing or malformed");
    if (inner_algorithm->whole != algorithm->whole) return malformed("it states two signature algorithms");
    fields.optional(der::context(1));
    fields.optional(der::context(2));
    const auto extensions = fields.optional(der::context_constructed(3));
    if (!fields.at_end()) return malformed("it has unknown fields");
    if (!read_validity(facts, validity->content)) return malformed("its validity is malformed");
    if (!read_key_info(facts, key_info->content)) return malformed("its public key is malformed");

    facts.serial = serial->content;
    facts.issuer_name = issuer->whole;
    facts.subject_name = subject->whole;
    facts.spki = key_info->whole;
    facts.signed_part = body->whole;
    facts.signature_algorithm = algorithm->whole;
    facts.signature = *signature;
    if (extensions) facts.extensions = extensions->content;
    return {};
}

Result<void> read_extensions(CertificateFacts& facts) {
    if (facts.extensions.empty()) return {};
    der::Reader outer(facts.extensions);
    const auto list = outer.next(der::sequence);
    if (!list || !outer.at_end()) return malformed("its extensions are malformed");
    std::set<std::string> seen;
    for (der::Reader extensions(list->content); !extensions.at_end();) {
        const auto extension = extensions.next(der::sequence);
        if (!extension) return malformed("its extensions are malformed");
        der::Reader fields(extension->content);
        const auto oid = fields.next(der::object_identifier);
        const auto critical = fields.optional(der::boolean);
        const auto value = fields.next(der::octet_string);
        if (!oid || !value || !fields.at_end()) return malformed("an extension is malformed");
        const std::string name = der::oid_text(oid->content);
        if (!seen.insert(name).second) return malformed("an extension stands in it twice");
        const bool is_critical = critical && critical->content != OctetsView("\0", 1);
        if (!read_one(facts, name, is_critical, value->content)) return malformed("an extension is malformed");
    }
    return {};
}

}  // namespace onceway::x509
