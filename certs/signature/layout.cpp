#include "certs/signature/layout.hpp"

#include "schemas/base/limits.hpp"

#include <algorithm>
#include <array>

namespace onceway::signature {
namespace {

constexpr std::string_view line_end = "&#13;\n";  // a CR can only stand in XML as a reference

DocumentTexts all_gaps() {
    constexpr auto gap = GappedText::gap;
    return {gap, gap, gap, gap, gap, gap, gap, gap, gap, gap};
}

bool is_digest_text(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
               c == '=' || c == '\n' || c == '&' || c == '#' || c == ';';
    };
    if (!std::ranges::all_of(text, fits)) return false;
    for (auto at = text.find_first_of("&#;"); at != text.npos; at = text.find_first_of("&#;", at + line_end.size()))
        if (!text.substr(at).starts_with(line_end)) return false;
    return true;
}

/// A name as canonicalisation leaves it: printable, in UTF-8, escaped where it must be and nowhere else.
bool is_plain_name(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (static_cast<unsigned char>(c) < 0x20 || c == '<' || c == '>' || c == '\x7f') return false;
        if (c != '&') continue;
        const auto rest = text.substr(i);
        if (!rest.starts_with("&amp;") && !rest.starts_with("&lt;") && !rest.starts_with("&gt;")) return false;
    }
    constexpr std::string_view no_characters[] = {"\xef\xbf\xbe", "\xef\xbf\xbf"};  // U+FFFE, U+FFFF
    return is_utf8(text) &&
           std::ranges::none_of(no_characters, [&](auto none) { return text.find(none) != text.npos; });
}

/// A URI as an attribute keeps it: neither white space, which parsing would change, nor what must be escaped.
bool is_plain_uri(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '&' && c != '<' && c != '>'; });
}

bool holds_only(std::string_view text, std::string_view characters) {
    return text.find_first_not_of(characters) == text.npos;
}

std::string canonical_lines(std::string_view text) {
    std::string lines;
    for (;;) {
        const auto end = std::min(text.find(line_end), text.size());
        lines += text.substr(0, end);
        if (end == text.size()) return lines;
        lines += "&#xD;\n";
        text.remove_prefix(end + line_end.size());
    }
}

}  // namespace

SignatureLayout::SignatureLayout(bool by_chain)
    : document_(document(all_gaps(), by_chain)),
      properties_(signed_properties(Form::canonical, all_gaps(), by_chain)),
      info_(signed_info(Form::canonical, all_gaps(), by_chain)) {}

const SignatureLayout& SignatureLayout::of(bool by_chain) {
    static const SignatureLayout plain(false), chained(true);
    return by_chain ? chained : plain;
}

std::optional<DocumentTexts> SignatureLayout::read(std::string_view document) const {
    std::array<std::string_view, 10> values;
    if (document.size() > limits::canonical_document_octets || !document_.matches(document, values))
        return std::nullopt;
    const auto& [algorithm, reference, properties, value, certificate, time, digest, issuer, serial, evidence] = values;
    const bool as_signed = is_plain_uri(algorithm) && is_digest_text(reference) && is_digest_text(properties) &&
                           is_digest_text(digest) && holds_only(time, "0123456789-T:.Z+") && is_plain_name(issuer) &&
                           holds_only(serial, "0123456789");
    if (!as_signed) return std::nullopt;
    return DocumentTexts{algorithm, reference, properties, value, certificate, time, digest, issuer, serial, evidence};
}

Octets SignatureLayout::canonical_properties(const DocumentTexts& texts) const {
    return properties_.filled(
        {texts.signing_time, canonical_lines(texts.certificate_digest), texts.issuer_name, texts.serial_number});
}

Octets SignatureLayout::canonical_info(const DocumentTexts& texts) const {
    return info_.filled(
        {texts.algorithm, canonical_lines(texts.reference_digest), canonical_lines(texts.properties_digest)});
}

bool is_base64_of(std::string_view text, std::string_view base64) {
    while (!text.empty()) {
        if (text.starts_with('\n'))
            text.remove_prefix(1);
        else if (text.starts_with(line_end))
            text.remove_prefix(line_end.size());
        else if (!base64.empty() && text.front() == base64.front())
            text.remove_prefix(1), base64.remove_prefix(1);
        else
            return false;
    }
    return base64.empty();
}

}  // namespace onceway::signature
