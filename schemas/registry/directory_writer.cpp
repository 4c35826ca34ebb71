// The signed directory, written octet by octet as genuine clients read it. Rule: global-configuration §2.4.
#include "schemas/registry/documents.hpp"

#include <fmt/format.h>

namespace onceway::registry {
namespace {

constexpr std::size_t boundary_letters = 20;

std::string entry(const DirectoryPart& part, std::string_view boundary) {
    std::string text = fmt::format(
        "--{}\r\nContent-type: application/octet-stream\r\nContent-transfer-encoding: base64\r\n", boundary);
    if (!part.identifier.empty())
        text += fmt::format("Content-identifier: {}; instance='{}'\r\n", part.identifier, part.instance);
    return text + fmt::format("Content-location: {}\r\nHash-algorithm-id: {}\r\n\r\n{}\r\n", part.location,
                              part.digest_uri, to_base64(part.digest));
}

}  // namespace

DirectoryDraft draft_directory(Instant expires, int version, const std::vector<DirectoryPart>& parts) {
    DirectoryDraft draft{{}, random_letters(boundary_letters)};
    draft.signed_octets = fmt::format("--{}\r\nExpire-date: {}\r\nVersion: {}\r\n\r\n", draft.inner_boundary,
                                      rfc3339_seconds(expires), version);
    for (const auto& part : parts) draft.signed_octets += entry(part, draft.inner_boundary);
    draft.signed_octets += fmt::format("--{}--\r\n", draft.inner_boundary);
    return draft;
}

Octets write_directory(const DirectoryDraft& draft, std::string_view signature_algorithm, OctetsView signature,
                       std::string_view certificate_digest_uri, OctetsView certificate_digest) {
    const auto outer = random_letters(boundary_letters);
    Octets body = fmt::format(
        "Content-Type: multipart/related; charset=UTF-8; boundary={0}\r\n\r\n--{0}\r\n"
        "Content-Type: multipart/mixed; charset=UTF-8; boundary={1}\r\n\r\n",
        outer, draft.inner_boundary);
    body += draft.signed_octets;
    body += fmt::format(
        "\r\n--{}\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        "Signature-Algorithm-Id: {}\r\nVerification-certificate-hash: {}; hash-algorithm-id=\"{}\"\r\n\r\n",
        outer, signature_algorithm, to_base64(certificate_digest), certificate_digest_uri);
    return body + fmt::format("{}\r\n--{}--\r\n", to_base64(signature), outer);
}

}  // namespace onceway::registry
