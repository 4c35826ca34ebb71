#include "schemas/message/soap_reader.hpp"

#include "schemas/base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::message {
namespace {

/// The elements of an identifier, in the order of Identifier::parts.
constexpr std::array<std::string_view, 7> component_names{
    "xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode", "serviceVersion", "serverCode"};
enum Component { instance, member_class, member_code, subsystem, service_code, service_version, server_code };

constexpr std::array<std::string_view, 5> field_names{"id", "userId", "issue", "protocolVersion", "requestHash"};
constexpr std::array<std::string_view, 3> identifier_names{"client", "service", "securityServer"};

/// What a header value or a text of a fault may hold: no more than all facts of a REST message together.
constexpr std::size_t most_value_octets = limits::rest_part_octets;

template <std::size_t N>
std::optional<std::size_t> position(const std::array<std::string_view, N>& names, std::string_view name) {
    const auto* const found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
}

/// A foreign name or text, short enough for a fault.
std::string shown(std::string_view text) {
    if (text.size() <= 60) return std::string(text);
    auto end = std::size_t{60};
    while (end > 0 && static_cast<unsigned char>(text[end]) >> 6 == 2) --end;  // no half characters
    return std::string(text.substr(0, end)) + "...";
}

/// Room for `piece` in `value`; at a character's beginning.
std::string_view fitting(std::string_view piece, const std::string& value) {
    auto room = most_value_octets - std::min(value.size(), most_value_octets);
    if (piece.size() <= room) return piece;
    while (room > 0 && static_cast<unsigned char>(piece[room]) >> 6 == 2) --room;
    return piece.substr(0, room);
}

bool is_blank(std::string_view text) { return text.find_first_not_of(' ') == std::string_view::npos; }

}  // namespace

// --- what the parser tells -------------------------------------------------------------------------------------------

void SoapReader::begins(const xml::StartTag& tag) {
    ++depth_;
    if (value_ != nullptr) {
        if (!elements_too_)
            broken(FaultCode::invalid_xml, fmt::format("an element '{}' stands where only text may", shown(tag.name)));
        if (fault_ && depth_ == 5) body_part_begins(tag);
        return;
    }
    if (depth_ == 1) return envelope_begins(tag);
    if (depth_ == 2) return section_begins(tag);
    if (section_ == Section::header) return depth_ == 3 ? header_element_begins(tag) : component_begins(tag);
    if (section_ == Section::body) return depth_ == 3 ? body_element_begins(tag) : body_part_begins(tag);
}

void SoapReader::text(std::string_view piece) {
    if (value_ == nullptr) return;
    const auto fits = fitting(piece, *value_);
    value_->append(fits);
    if (fits.size() < piece.size() && !elements_too_)
        refusal = onceway::fault(
            FaultCode::too_large,
            fmt::format("Reading the SOAP header: an element has more than {} octets", most_value_octets));
}

void SoapReader::ends(std::size_t begin, std::size_t end) {
    if (value_ != nullptr && depth_ == value_depth_) value_ = nullptr;
    if (fault_detail_open_ && depth_ == 5) {
        fault_detail_open_ = false;
        told_.detail = detail_text_.substr(fault_detail_from_);
    }
    if (depth_ == 3 && section_ == Section::header) {
        if (inside_ == Inside::identifier) identifier_ends(identifier_);
        if (inside_ == Inside::id) places_.id = Place{element_.begin, end};
        if (inside_ == Inside::request_hash) places_.request_hashes.push_back({element_.begin, end});
        inside_ = Inside::nothing;
    }
    if (depth_ == 2) {
        if (section_ == Section::body && bodies_ == 1)
            places_.body_contents = Place{section_opened_, std::max(section_opened_, begin)};
        section_ = Section::none;
    }
    --depth_;
}

// --- the envelope and its two sections -------------------------------------------------------------------------------

void SoapReader::envelope_begins(const xml::StartTag& tag) {
    if (tag.is(soap_space, "Envelope")) return;
    const bool newer = tag.is("http://www.w3.org/2003/05/soap-envelope", "Envelope");
    refusal = onceway::fault(
        FaultCode::invalid_soap,
        fmt::format("Reading the SOAP envelope: the document is {}, and a SOAP 1.1 envelope is read only",
                    newer ? "a SOAP 1.2 envelope" : fmt::format("a '{}'", shown(tag.name))));
}

void SoapReader::section_begins(const xml::StartTag& tag) {
    section_opened_ = tag.end;
    if (tag.is(soap_space, "Header")) {
        section_ = Section::header;
        if (++headers_ > 1) broken(FaultCode::invalid_soap, "the envelope has more than one Header");
    } else if (tag.is(soap_space, "Body")) {
        section_ = Section::body;
        if (++bodies_ > 1) broken(FaultCode::invalid_body, "the envelope has more than one Body");
    }
}

void SoapReader::body_element_begins(const xml::StartTag& tag) {
    if (bodies_ > 1 || ++body_elements_ > 1) return;
    wrapper_ = tag.name;
    wrapper_space_ = tag.space;
    fault_ = tag.is(soap_space, "Fault");
}

/// A child of the body element: a part of a fault, the parameter asked for, or nothing that we look at.
void SoapReader::body_part_begins(const xml::StartTag& tag) {
    if (bodies_ != 1 || body_elements_ != 1) return;
    if (depth_ == 5) {
        if (tag.name != "faultDetail" || has_fault_detail_ || value_ != &detail_text_) return;
        has_fault_detail_ = fault_detail_open_ = true;
        fault_detail_from_ = detail_text_.size();
    } else if (depth_ != 4) {
        return;
    } else if (!fault_) {
        if (!wanted_.empty() && tag.name == wanted_ && !parameter_) collect(parameter_.emplace(), true);
    } else if (tag.name == "faultcode" && told_.code.empty()) {
        collect(told_.code, true);
    } else if (tag.name == "faultstring" && told_.text.empty()) {
        collect(told_.text, true);
    } else if (tag.name == "faultactor" && told_.actor.empty()) {
        collect(told_.actor, true);
    } else if (tag.name == "detail" && !has_detail_) {
        has_detail_ = true;
        collect(detail_text_, true);
    }
}

// --- the header ------------------------------------------------------------------------------------------------------

void SoapReader::header_element_begins(const xml::StartTag& tag) {
    element_ = {tag.begin, tag.end};
    if (tag.is(representation_space, "representedParty")) {
        inside_ = Inside::party;
        if (first_time(party_.has_value(), tag)) party_.emplace();
    } else if (tag.space != xroad_space) {
        return;
    } else if (const auto named_one = position(identifier_names, tag.name)) {
        inside_ = Inside::identifier;
        identifier_ = static_cast<Named>(*named_one);
        auto& identifier = identifiers_.at(*named_one);
        if (!first_time(identifier.has_value(), tag)) return;
        identifier.emplace().type = tag.attribute(identifiers_space, "objectType").value_or("");
    } else if (const auto field = position(field_names, tag.name)) {
        auto& text = texts_.at(*field);
        if (*field == request_hash) inside_ = Inside::request_hash;
        if (!first_time(text.has_value(), tag)) return;
        collect(text.emplace());
        if (*field != id) return;
        inside_ = Inside::id;
        places_.id_prefix = tag.prefix;
        places_.id_declares_it = tag.declares(tag.prefix);
    }
}

/// An element inside a header element: a component of an identifier or of a represented party.
void SoapReader::component_begins(const xml::StartTag& tag) {
    if (depth_ != 4) return;
    if (inside_ == Inside::party && tag.space == representation_space) {
        if (tag.name == "partyClass" && first_time(party_->party_class.has_value(), tag))
            collect(party_->party_class.emplace());
        if (tag.name == "partyCode" && first_time(party_has_code_, tag)) {
            party_has_code_ = true;
            collect(party_->code);
        }
    } else if (inside_ == Inside::identifier && tag.space == identifiers_space) {
        const auto component = position(component_names, tag.name);
        if (!component) return;
        auto& part = identifiers_.at(identifier_)->parts.at(*component);
        if (first_time(part.has_value(), tag)) collect(part.emplace());
    }
}

bool SoapReader::first_time(bool already, const xml::StartTag& tag) {
    if (already) broken(FaultCode::duplicate_header_field, fmt::format("the header holds '{}' twice", shown(tag.name)));
    return !already;
}

void SoapReader::collect(std::string& value, bool elements_too) {
    value_ = &value;
    value_depth_ = depth_;
    elements_too_ = elements_too;
}

void SoapReader::broken(FaultCode code, std::string detail) {
    if (!problem_) problem_ = onceway::fault(code, "Reading the SOAP envelope: " + std::move(detail));
}

/// Judges an identifier once it is whole, as genuine readers do: the first thing wrong in the document is told.
void SoapReader::identifier_ends(Named which) {
    static constexpr std::array required{
        std::array{instance, member_class, member_code, member_code},
        std::array{instance, member_class, member_code, service_code},
        std::array{instance, member_class, member_code, server_code},
    };
    const auto name = identifier_names.at(which);
    const auto& [type, parts] = *identifiers_.at(which);
    const bool typed = which == client    ? type == "MEMBER" || type == "SUBSYSTEM"
                       : which == service ? type == "SERVICE"
                                          : type == "SERVER";
    if (!typed)
        return broken(FaultCode::invalid_xml,
                      type.empty() ? fmt::format("'{}' has no attribute objectType in {}", name, identifiers_space)
                                   : fmt::format("objectType of '{}' is '{}'", name, shown(type)));
    for (const auto component : required.at(which))
        if (!parts.at(component))
            return broken(FaultCode::internal_error,
                          fmt::format("'{}' has no {}", name, component_names.at(component)));
    for (std::size_t i = 0; i < components; ++i) {
        if (!parts.at(i) || (i == service_version && is_blank(*parts.at(i))))
            continue;  // a blank version finds nothing
        if (auto fine = identity::check_component(*parts.at(i)); !fine)
            return broken(fine.error().code,
                          fmt::format("{} of '{}' {}", component_names.at(i), name, fine.error().detail));
    }

    const auto part = [&parts = parts](Component wanted) { return *parts.at(wanted); };
    const identity::ClientId owner{part(instance), part(member_class), part(member_code), parts.at(subsystem)};
    if (which == client)
        header_.client = owner;
    else if (which == service)
        header_.service = {owner, part(service_code), parts.at(service_version)};
    else
        header_.server = identity::ServerId{owner.member(), part(server_code)};
}

// --- the judgement ---------------------------------------------------------------------------------------------------

std::optional<Fault> SoapReader::missing() const {
    const auto says = [](FaultCode code, std::string_view what) {
        return onceway::fault(code, fmt::format("Reading the SOAP envelope: {} is missing", what));
    };
    if (headers_ == 0) return says(FaultCode::missing_header, "the Header");
    const auto& version = texts_[protocol_version];
    if (!version) return says(FaultCode::missing_header_field, "the header element 'protocolVersion'");
    if (!version->starts_with("4."))
        return onceway::fault(
            FaultCode::invalid_protocol_version,
            fmt::format("Reading the SOAP envelope: protocolVersion is '{}', and 4.x is spoken here", shown(*version)));
    if (!identifiers_[client]) return says(FaultCode::missing_header_field, "the header element 'client'");
    if (!texts_[id]) return says(FaultCode::missing_header_field, "the header element 'id'");
    if (!identifiers_[service]) return says(FaultCode::missing_header_field, "the header element 'service'");
    if (party_ && !party_has_code_) return says(FaultCode::missing_header_field, "'partyCode' of 'representedParty'");
    if (bodies_ == 0) return says(FaultCode::missing_body, "the Body");
    return std::nullopt;
}

Result<void> SoapReader::check_body() const {
    if (body_elements_ != 1)
        return onceway::fault(
            FaultCode::invalid_body,
            fmt::format("Reading the SOAP envelope: the Body holds {} elements, not one", body_elements_));
    if (!wrapper_.starts_with(header_.service.code))
        return onceway::fault(
            FaultCode::inconsistent_headers,
            fmt::format("Reading the SOAP envelope: the element '{}' in the Body does not begin with the "
                        "service code '{}'",
                        shown(wrapper_), shown(header_.service.code)));
    return {};
}

WireFault SoapReader::told_fault() {
    if (!has_fault_detail_) told_.detail = std::move(detail_text_);
    return std::move(told_);
}

Result<std::optional<WireFault>> SoapReader::fault() {
    if (bodies_ != 1)
        return onceway::fault(bodies_ == 0 ? FaultCode::missing_body : FaultCode::invalid_body,
                              fmt::format("Reading the SOAP envelope: it has {} bodies, not one", bodies_));
    if (!is_fault()) return std::optional<WireFault>{};
    return std::optional<WireFault>{told_fault()};
}

Result<SoapMessage> SoapReader::message() {
    SoapMessage read;
    if (is_fault()) {
        read.fault = told_fault();
        return read;
    }
    if (problem_) return std::move(*problem_);
    if (auto absent = missing()) return std::move(*absent);
    if (auto body = check_body(); !body) return std::move(body).error();

    read.header = std::move(header_);
    read.header.id = std::move(*texts_[id]);
    read.header.user_id = std::move(texts_[user_id]);
    read.header.issue = std::move(texts_[issue]);
    read.header.represented = std::move(party_);
    read.header.protocol_version = std::move(*texts_[protocol_version]);
    read.header.request_hash = std::move(texts_[request_hash]);
    read.wrapper = std::move(wrapper_);
    read.wrapper_space = std::move(wrapper_space_);
    return read;
}

}  // namespace onceway::message
