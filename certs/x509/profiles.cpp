// Certificate profiles: how a subject names a member, and what a request must hold. Rule: global-configuration §4.3.
#include "certs/x509/name.hpp"
#include "certs/x509/trust.hpp"

#include <algorithm>

namespace onceway::x509 {
namespace {

using identity::MemberId;

constexpr std::string_view country = "2.5.4.6", organisation = "2.5.4.10", unit = "2.5.4.11", common_name = "2.5.4.3",
                           serial_number = "2.5.4.5", business_category = "2.5.4.15", organisation_id = "2.5.4.97";

/// A subject as the profiles look at it.
class SubjectReader {
public:
    explicit SubjectReader(const Certificate& certificate) : attributes_(certificate.subject_attributes()) {}

    /// The value in the last relative name that has the attribute (the first of that one), escaped as RFC 2253 does.
    /// Rule: message-transport §4.8.
    std::optional<std::string> find(std::string_view oid) const {
        for (auto end = attributes_.end(); end != attributes_.begin();) {
            auto begin = end - 1;
            while (begin != attributes_.begin() && !begin->first_of_rdn) --begin;
            const auto found = std::find_if(begin, end, [&](const NameAttribute& a) { return a.oid == oid; });
            if (found != end) return rfc2253_escaped(found->value);
            end = begin;
        }
        return {};
    }
    bool has(std::string_view oid) const { return find(oid).has_value(); }

    Result<std::string> need(std::string_view oid, const char* what,
                             FaultCode code = FaultCode::incorrect_certificate) const {
        auto value = find(oid);
        if (!value) return fault(code, std::string("The subject of the certificate has no ") + what);
        return std::move(*value);
    }
    Result<void> need_country(std::string_view wanted) const {
        const auto value = need(country, "country code");
        if (!value) return value.error();
        if (*value != wanted)
            return fault(FaultCode::incorrect_certificate,
                         "The country code of the certificate is " + *value + ", not " + std::string(wanted));
        return {};
    }
    Result<MemberId> three(std::string_view instance, const char* instance_name, std::string_view member_class,
                           const char* class_name) const {
        auto first = need(instance, instance_name), second = need(member_class, class_name),
             third = need(common_name, "common name");
        if (!first) return first.error();
        if (!second) return second.error();
        if (!third) return third.error();
        return MemberId{std::move(*first), std::move(*second), std::move(*third)};
    }

    /// Strings that mean different things to different readers have no place in an identity. Rule: threats row 14.
    Result<void> check_strings() const {
        for (const NameAttribute& attribute : attributes_) {
            const bool ambiguous =
                attribute.type != 12 && attribute.type != 18 && attribute.type != 19 && attribute.type != 22;
            const bool identity = attribute.oid == country || attribute.oid == organisation || attribute.oid == unit ||
                                  attribute.oid == common_name || attribute.oid == serial_number ||
                                  attribute.oid == business_category || attribute.oid == organisation_id;
            if (!identity) continue;
            if (ambiguous || attribute.value.find('\0') != std::string::npos)
                return fault(FaultCode::incorrect_certificate,
                             "The subject of the certificate holds a string of a kind, or an octet, that is not read "
                             "as an identity");
        }
        return {};
    }

private:
    std::vector<NameAttribute> attributes_;
};

using Decode = Result<MemberId> (*)(const SubjectReader&, const std::string& instance);

Result<MemberId> basic(const SubjectReader& subject, const std::string& instance) {
    auto member_class = subject.need(business_category, "business category"),
         code = subject.need(serial_number, "serial number");
    if (!member_class) return member_class.error();
    if (!code) return code.error();
    return MemberId{instance, std::move(*member_class), std::move(*code)};
}

Result<MemberId> ejbca(const SubjectReader& subject, const std::string&) {
    return subject.three(country, "country code", organisation, "organization");
}

Result<MemberId> by_country(const SubjectReader& subject, std::string_view wanted) {
    if (auto fits = subject.need_country(wanted); !fits) return fits.error();
    return subject.three(organisation, "organization", unit, "organization unit");
}

// "instance/server/class"; empty parts at the end have been dropped before they are counted.
Result<MemberId> fivrk_serial(const SubjectReader& subject, std::string serial) {
    if (auto fits = subject.need_country("FI"); !fits) return fits.error();
    if (auto present = subject.need(organisation, "organization"); !present) return present.error();
    while (serial.ends_with('/')) serial.pop_back();
    std::vector<std::string> parts(1);
    for (const char c : serial) {
        if (c == '/')
            parts.emplace_back();
        else
            parts.back() += c;
    }
    if (parts.size() != 3)
        return fault(FaultCode::incorrect_certificate,
                     "The serialNumber of the certificate's subject does not have three parts");
    auto code = subject.need(common_name, "common name");
    if (!code) return code.error();
    return MemberId{std::move(parts[0]), std::move(parts[2]), std::move(*code)};
}

Result<MemberId> fivrk(const SubjectReader& subject, const std::string& instance) {
    if (auto serial = subject.find(serial_number)) return fivrk_serial(subject, std::move(*serial));
    return subject.has(unit) ? by_country(subject, "FI") : ejbca(subject, instance);
}

Result<MemberId> by_country_with_serial(const SubjectReader& subject, std::string_view wanted) {
    auto member = by_country(subject, wanted);
    if (!member) return member;
    if (auto serial = subject.need(serial_number, "serial number"); !serial) return serial.error();
    return member;
}

Result<MemberId> iceland(const SubjectReader& subject, const std::string& instance) {
    if (!subject.has(serial_number) && !subject.has(unit)) return ejbca(subject, instance);
    return by_country_with_serial(subject, "IS");
}

Result<MemberId> faroe(const SubjectReader& subject, const std::string&) {
    return by_country_with_serial(subject, "FO");
}

Result<MemberId> klass3(const SubjectReader& subject, const std::string& instance) {
    if (const auto organisation = subject.find(organisation_id)) {
        struct {
            std::string_view prefix, member_class;
        } const classes[] = {{"NTREE-", "COM"}, {"GO:EE-", "GOV"}, {"NP:EE-", "NGO"}};
        for (const auto& [prefix, member_class] : classes)
            if (organisation->starts_with(prefix))
                return MemberId{instance, std::string(member_class), organisation->substr(prefix.size())};
        return MemberId{instance, "NEE", *organisation};
    }
    auto serial = subject.need(serial_number, "serial number", FaultCode::invalid_certificate);
    if (!serial) return serial.error();
    if (serial->size() != 8 || serial->find_first_not_of("0123456789") != std::string::npos)
        return fault(FaultCode::invalid_certificate,
                     "The serialNumber of the certificate's subject does not have eight digits");
    const char first = serial->front();
    if (first == '0')
        return fault(FaultCode::internal_error, "The serialNumber of the certificate's subject begins with 0");
    return MemberId{instance, first <= '6' ? "COM" : first == '7' ? "GOV" : "NGO", std::move(*serial)};
}

Result<MemberId> este_id(const SubjectReader& subject, const std::string& instance) {
    auto serial = subject.need(serial_number, "serial number", FaultCode::invalid_certificate);
    if (!serial) return serial.error();
    return MemberId{instance, "PERSON", std::move(*serial)};
}

// --- requests

/// What a field of a request holds: a text, a value made of identifiers, or what the user fills in.
struct Facts {
    const MemberId& member;
    std::string_view member_name;
    const identity::ServerId& server;
};
using Value = std::string (*)(const Facts&);

std::string owner_code(const Facts& facts) { return facts.server.owner.member_code; }
std::string name(const Facts& facts) { return std::string(facts.member_name); }
std::string instance(const Facts& facts) { return facts.member.instance; }
std::string owner_instance(const Facts& facts) { return facts.server.owner.instance; }
std::string member_class(const Facts& facts) { return facts.member.member_class; }
std::string member_code(const Facts& facts) { return facts.member.member_code; }
std::string server_code(const Facts& facts) { return facts.server.code; }
std::string finland(const Facts&) { return "FI"; }
std::string is(const Facts&) { return "IS"; }
std::string fo(const Facts&) { return "FO"; }
std::string short_serial_of(const MemberId& member, const Facts& facts) {
    return member.instance + '/' + facts.server.code + '/' + member.member_class;
}
std::string owner_short_serial(const Facts& facts) { return short_serial_of(facts.server.owner, facts); }
std::string short_serial(const Facts& facts) { return short_serial_of(facts.member, facts); }
std::string long_serial_of(const MemberId& member, const Facts& facts) {
    return member.instance + '/' + member.member_class + '/' + member.member_code + '/' + facts.server.code;
}
std::string owner_long_serial(const Facts& facts) { return long_serial_of(facts.server.owner, facts); }
std::string long_serial(const Facts& facts) { return long_serial_of(facts.member, facts); }

struct Field {
    const char* type;
    Value value;  // null: the user fills it in
};
struct ProfileRow {
    std::string_view name;
    Decode decode;
    std::vector<Field> authentication, signing;
};

const std::vector<ProfileRow>& profile_rows() {
    static const std::vector<ProfileRow> rows{
        {"BasicCertificateProfileInfoProvider",
         basic,
         {{"CN", nullptr}, {"serialNumber", owner_code}, {"C", nullptr}, {"O", name}},
         {{"CN", name},
          {"O", name},
          {"businessCategory", member_class},
          {"C", nullptr},
          {"serialNumber", member_code}}},
        {"BasicACMECertificateProfileInfoProvider",
         basic,
         {{"C", nullptr}, {"O", name}, {"serialNumber", owner_code}, {"CN", nullptr}},
         {{"C", nullptr},
          {"O", name},
          {"businessCategory", member_class},
          {"serialNumber", member_code},
          {"CN", name}}},
        {"EjbcaCertificateProfileInfoProvider",
         ejbca,
         {{"C", owner_instance}, {"CN", server_code}},
         {{"C", instance}, {"O", member_class}, {"CN", member_code}}},
        {"FiVRKCertificateProfileInfoProvider",
         fivrk,
         {{"C", finland}, {"O", nullptr}, {"serialNumber", owner_short_serial}, {"CN", nullptr}},
         {{"C", finland}, {"O", nullptr}, {"serialNumber", short_serial}, {"CN", member_code}}},
        {"IsCertificateProfileInfoProvider",
         iceland,
         {{"C", is}, {"CN", nullptr}, {"serialNumber", owner_long_serial}},
         {{"C", is}, {"O", instance}, {"OU", member_class}, {"CN", member_code}, {"serialNumber", long_serial}}},
        {"FoCertificateProfileInfoProvider",
         faroe,
         {{"C", fo}, {"O", owner_instance}, {"CN", owner_long_serial}},
         {{"C", fo}, {"O", instance}, {"OU", member_class}, {"CN", member_code}, {"serialNumber", nullptr}}},
        // "SN" is the surname, as the genuine request writes it; the authority sets the final subject.
        {"SkKlass3CertificateProfileInfoProvider",
         klass3,
         {{"SN", owner_code}, {"CN", name}},
         {{"SN", member_code}, {"CN", name}}},
        {"SkEsteIdCertificateProfileInfoProvider", este_id, {}, {}},
    };
    return rows;
}

Result<const ProfileRow*> row_of(std::string_view profile) {
    const auto first = profile.find_first_not_of(" \t\r\n"), last = profile.find_last_not_of(" \t\r\n");
    const std::string_view trimmed =
        first == std::string_view::npos ? std::string_view() : profile.substr(first, last - first + 1);
    const std::string_view simple = trimmed.substr(trimmed.rfind('.') + 1);
    for (const ProfileRow& row : profile_rows())
        if (row.name == simple) return &row;
    return fault(FaultCode::internal_error, "The certificate profile '" + std::string(trimmed) + "' is not known");
}

bool is_blank(const std::string& text) { return text.find_first_not_of(" \t\r\n\v\f\\") == std::string::npos; }

}  // namespace

Result<MemberId> member_of(const Certificate& certificate, std::string_view profile, const MemberId& expected) {
    const auto row = row_of(profile);
    if (!row) return row.error();
    const SubjectReader subject(certificate);
    if (auto checked = subject.check_strings(); !checked) return checked.error();
    auto member = (*row)->decode(subject, expected.instance);
    if (!member) return member;
    if (is_blank(member->instance) || is_blank(member->member_class) || is_blank(member->member_code))
        return fault(FaultCode::internal_error, "The certificate names a member with an empty part: " + member->text());
    return member;
}

Result<Subject> request_subject(std::string_view profile, Profile usage, const MemberId& member,
                                std::string_view member_name, const identity::ServerId& server,
                                const std::map<std::string, std::string>& fill) {
    const auto row = row_of(profile);
    if (!row) return row.error();
    const auto& fields = usage == Profile::signing ? (*row)->signing : (*row)->authentication;
    const Facts facts{member, member_name, server};
    Subject subject;
    for (const Field& field : fields) {
        const auto filled = fill.find(field.type);
        if (!field.value && (filled == fill.end() || filled->second.empty()))
            return fault(FaultCode::invalid_argument,
                         std::string("A certificate request by this profile needs a value for ") + field.type);
        subject.emplace_back(field.type, field.value ? field.value(facts) : filled->second);
    }
    return subject;
}

}  // namespace onceway::x509
