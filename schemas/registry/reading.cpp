#include "schemas/registry/reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace onceway::registry {
namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// An offset can carry a time out of the years that can be written.
bool has_four_digit_year(Instant at) {
    using namespace std::chrono;
    return at >= Instant{sys_days{year{1} / January / 1}} && at < Instant{sys_days{year{10'000} / January / 1}};
}

/// The first certificate of PEM text, or the octets themselves when they are no PEM.
Octets without_pem(Octets octets) {
    constexpr std::string_view begin_mark = "-----BEGIN CERTIFICATE-----", end_mark = "-----END CERTIFICATE-----";
    const auto begin = octets.find(begin_mark);
    if (begin == Octets::npos) return octets;
    const auto from = begin + begin_mark.size();
    const auto end = octets.find(end_mark, from);
    if (end == Octets::npos) return octets;
    auto der = from_spaced_base64(OctetsView(octets).substr(from, end - from));
    return der ? std::move(*der) : octets;
}

}  // namespace

void Refusal::say(const xml::Element& where, std::string_view why) {
    say(fmt::format("'{}' {}", where.qualified_name(), why));
}

void Refusal::say(std::string_view why) {
    if (!first_) first_ = onceway::fault(code_, fmt::format("Reading {}: {}", document_, why));
}

std::string read_text(const xml::Element& element, Refusal& refusal) {
    if (!element.has_only_attributes({})) refusal.say(element, "has an attribute that does not belong there");
    auto text = element.text();
    if (text) return std::move(*text);
    refusal.say(element, "holds something besides text");
    return {};
}

Octets read_octets(const xml::Element& element, Refusal& refusal) {
    auto octets = from_spaced_base64(read_text(element, refusal));
    if (octets) return std::move(*octets);
    refusal.say(element, "is no Base64");
    return {};
}

bool read_boolean(const xml::Element& element, Refusal& refusal) {
    const auto text = read_text(element, refusal);
    const auto value = trimmed(text);
    if (value != "true" && value != "1" && value != "false" && value != "0")
        refusal.say(element, "is neither true nor false");
    return value == "true" || value == "1";
}

std::int64_t read_integer(const xml::Element& element, Refusal& refusal) {
    const auto text = read_text(element, refusal);
    auto digits = trimmed(text);
    if (digits.starts_with('+') && digits.size() > 1 && digits[1] != '-') digits.remove_prefix(1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc{} && end == digits.data() + digits.size()) return value;
    refusal.say(element, "is no whole number, or too large a one");
    return 0;
}

std::string read_choice(const xml::Element& element, std::initializer_list<std::string_view> allowed,
                        Refusal& refusal) {
    auto text = read_text(element, refusal);
    if (std::find(allowed.begin(), allowed.end(), text) == allowed.end())
        refusal.say(element, "has a value that is not defined");
    return text;
}

Octets read_certificate(const xml::Element& element, Refusal& refusal) {
    return without_pem(read_octets(element, refusal));
}

Sequence::Sequence(const xml::Element& element, Refusal& refusal, std::initializer_list<std::string_view> attributes,
                   std::string_view space)
    : element_(element), refusal_(refusal), space_(space), children_(element.children()) {
    if (!element.holds_only_elements()) refusal.say(element, "holds text between its elements");
    if (!element.has_only_attributes(attributes)) refusal.say(element, "has an attribute that does not belong there");
}

std::optional<xml::Element> Sequence::optional(std::string_view name) {
    if (next_ == children_.size() || !children_[next_].is(space_, name)) return std::nullopt;
    return children_[next_++];
}

std::optional<xml::Element> Sequence::required(std::string_view name) {
    auto found = optional(name);
    if (!found) say_missing(name);
    return found;
}

void Sequence::say_missing(std::string_view name) {
    refusal_.say(element_, next_ == children_.size()
                               ? fmt::format("lacks '{}' where it belongs", name)
                               : fmt::format("holds '{}' where '{}' belongs", children_[next_].qualified_name(), name));
}

std::vector<xml::Element> Sequence::any_number(std::string_view name) {
    std::vector<xml::Element> found;
    while (auto next = optional(name)) found.push_back(*next);
    return found;
}

std::vector<xml::Element> Sequence::one_or_more(std::string_view name) {
    auto found = any_number(name);
    if (found.empty()) say_missing(name);
    return found;
}

std::string Sequence::text(std::string_view name) {
    const auto found = required(name);
    return found ? read_text(*found, refusal_) : std::string{};
}

std::optional<std::string> Sequence::optional_text(std::string_view name) {
    const auto found = optional(name);
    if (!found) return std::nullopt;
    return read_text(*found, refusal_);
}

void Sequence::end(bool wildcard) {
    if (next_ < children_.size() && !wildcard)
        refusal_.say(element_,
                     fmt::format("holds '{}', which does not belong there", children_[next_].qualified_name()));
}

Result<xml::Document> open_part(OctetsView octets, std::string_view root, Refusal& refusal, FaultCode code) {
    auto document = xml::Document::parse(octets, xml::configuration_bounds);
    if (!document) return fault(code, std::move(document.error().detail));
    if (!document->root().is(configuration_space, root)) {
        refusal.say(document->root(), fmt::format("stands at the root in place of '{}'", root));
        return refusal.fault();
    }
    return document;
}

std::optional<identity::ClientId> read_client(const xml::Element& element, Refusal& refusal) {
    const auto type = element.attribute(identifiers_space, "objectType");
    Sequence children(element, refusal, {"{http://x-road.eu/xsd/identifiers}objectType"}, identifiers_space);
    identity::ClientId client;
    client.instance = children.text("xRoadInstance");
    client.member_class = children.text("memberClass");
    client.member_code = children.text("memberCode");
    client.subsystem = children.optional_text("subsystemCode");
    children.end();
    if (!type || (*type != "MEMBER" && *type != "SUBSYSTEM"))
        refusal.say(element, "has no objectType MEMBER or SUBSYSTEM");
    if ((type == "SUBSYSTEM") != client.subsystem.has_value()) return std::nullopt;
    return client;
}

Anchor read_anchor_content(const xml::Element& element, Refusal& refusal) {
    Sequence children(element, refusal);
    Anchor anchor;
    if (const auto generated = children.optional("generatedAt")) {
        const auto text = read_text(*generated, refusal);
        const std::string at(trimmed(text));
        auto instant = parse_rfc3339(at);
        if (!instant) instant = parse_rfc3339(at + "Z");  // the schema lets the offset be absent
        if (!instant || !has_four_digit_year(*instant))
            refusal.say(*generated, "is no date and time");
        else
            anchor.generated_at = *instant;
    }
    anchor.instance = children.text("instanceIdentifier");
    for (const auto& element_of_source : children.one_or_more("source")) {
        Sequence source(element_of_source, refusal);
        AnchorSource read{source.text("downloadURL"), {}};
        for (const auto& certificate : source.one_or_more("verificationCert"))
            read.verification_certificates.push_back(read_octets(certificate, refusal));
        source.end();
        anchor.sources.push_back(std::move(read));
    }
    children.end();
    return anchor;
}

}  // namespace onceway::registry
