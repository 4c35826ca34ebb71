#include "certs/container/asic.hpp"
#include "certs/container/manifest.hpp"

#include <fmt/format.h>

namespace onceway::container {
namespace {

/// Where the content of xades:UnsignedSignatureProperties begins; none when it has no content.
std::optional<std::size_t> inside_unsigned_properties(OctetsView signature) {
    constexpr std::string_view tag = "<xades:UnsignedSignatureProperties";
    const auto at = signature.find(tag);
    const auto end = at == OctetsView::npos ? at : signature.find('>', at);
    if (end == OctetsView::npos || signature[end - 1] == '/') return std::nullopt;
    return end + 1;
}

bool is_literal(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '*' || c == '_';
}

/// As HTML forms encode: a blank becomes '+', other octets %XX.
std::string form_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        if (c == ' ')
            encoded += '+';
        else if (is_literal(c))
            encoded += c;
        else
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

/// Digits 0-9a-v, unsigned, no padding.
std::string base32(std::uint64_t number) {
    std::string digits;
    do {
        digits.insert(digits.begin(), "0123456789abcdefghijklmnopqrstuv"[number & 31]);
        number >>= 5;
    } while (number > 0);
    return digits;
}

}  // namespace

void write_container(const Contents& contents, const std::vector<AttachmentSource>& attachments,
                     const std::function<void(OctetsView)>& sink) {
    ZipWriter zip(sink, contents.at, fmt::format("mimetype={}", container_type));
    const auto add_if = [&](std::string_view name, const std::optional<Octets>& octets) {
        if (octets) zip.add(name, *octets);
    };
    zip.add_stored("mimetype", container_type);
    zip.add("message.xml", contents.message);
    zip.add("META-INF/signatures.xml", contents.signature);
    add_if("sig-hashchainresult.xml", contents.chain_result);
    add_if("sig-hashchain.xml", contents.chain);
    add_if("ts-hashchainresult.xml", contents.time_chain_result);
    add_if("ts-hashchain.xml", contents.time_chain);
    ManifestFacts facts{contents.chain_result.has_value(), contents.time_chain_result.has_value(), {}};
    for (std::size_t i = 0; i < attachments.size(); ++i)
        if (attachments[i]) facts.attachments.push_back(i + 1);
    zip.add("META-INF/manifest.xml", write_manifest(facts));
    if (contents.time_chain_result)
        zip.add("META-INF/ASiCManifest.xml", write_asic_manifest(*contents.time_chain_result));
    add_if("META-INF/timestamp.tst", contents.time_token);
    for (const auto number : facts.attachments) {
        zip.begin(fmt::format("attachment{}", number));
        attachments[number - 1]([&](OctetsView piece) { zip.write(piece); });
        zip.end();
    }
    zip.finish();
}

Result<Octets> with_embedded_token(OctetsView signature, OctetsView token) {
    const auto cannot = [](std::string_view why) {
        return fault(FaultCode::malformed_signature, fmt::format("Putting a time-stamp into a signature: {}", why));
    };
    const auto at = inside_unsigned_properties(signature);
    if (!at) return cannot("it has no place for unsigned properties");
    Octets stamped(signature.substr(0, *at));
    stamped += "<xades:SignatureTimeStamp><xades:EncapsulatedTimeStamp>";
    stamped += to_base64(token);
    stamped += "</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>";
    stamped += signature.substr(*at);

    // The place was found as text; that the token is one now, and the rest what it was, a reader has to confirm.
    auto read = signature::outline(stamped);
    if (!read) return cannot(read.error().detail);
    if (read->embedded_token != Octets(token)) return cannot("it would not be found there");
    return stamped;
}

std::string container_name(std::string_view message_id, bool response, std::uint64_t record) {
    return fmt::format("{}-{}-{}.asice", form_encoded(message_id).substr(0, 226), response ? "response" : "request",
                       base32(record));
}

}  // namespace onceway::container
