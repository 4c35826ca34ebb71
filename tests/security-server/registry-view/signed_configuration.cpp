#include "tests/security-server/registry-view/signed_configuration.hpp"

#include <fmt/format.h>

namespace onceway::tests {

const Identity& configuration_signer(int number) {
    static std::map<int, Identity> made;
    if (const auto found = made.find(number); found != made.end()) return found->second;
    const auto key = shared_key("P-256", 40 + number);
    const x509::Issue wanted{{{"CN", fmt::format("configuration signer {}", number)}},
                             key->public_key().spki(),
                             x509::Profile::configuration_signing,
                             "1",
                             must(parse_rfc3339("1970-01-01T00:00:00Z")),
                             must(parse_rfc3339("1970-01-25T00:00:00Z")),
                             {},
                             {}};
    return made.emplace(number, Identity{must(x509::issue(wanted, nullptr, *key)), key}).first->second;
}

std::string DirectoryText::name(std::string_view field) const {
    return lower_case ? to_lower(field) : std::string(field);
}
std::string DirectoryText::field(std::string_view field, std::string_view value) const {
    return name(field) + ": " + std::string(value) + eol;
}

std::string DirectoryText::part(const PartText& part) const {
    std::string text = "--inner" + eol;
    const auto add = [&](std::string_view header, const std::string& value) {
        if (part.left_out != header) text += field(header, value);
    };
    add("Content-type", part.content_type);
    add("Content-transfer-encoding", part.encoding);
    const auto instance = part.instance.empty() ? "" : "; instance=" + part.instance;
    if (!part.identifier.empty()) add("Content-identifier", part.identifier + instance);
    add("Content-location", part.location);
    add("Hash-algorithm-id", part.digest_uri);
    return text + eol + to_base64(keys::digest(part.digest, part.octets)) + eol;
}

std::string DirectoryText::signed_octets() const {
    std::string text = "--inner" + eol;
    if (!expires.empty()) text += field("Expire-date", expires);
    if (!version.empty()) text += "Version: " + version + eol;
    if (blank_line_after_head) text += eol;
    text += eol;
    for (const auto& one : parts) text += part(one);
    return text + "--inner--" + eol;
}

std::string DirectoryText::body_of(const std::string& content, std::string_view charset) const {
    const auto& identity = configuration_signer(signer);
    const auto value =
        must(identity.key->sign({keys::Scheme::ecdsa, keys::Digest::sha512}, signed_octets(), keys::EcdsaForm::der));
    const std::string outer_eol = proxy_form ? "\n" : eol;
    const std::string quote = proxy_form ? "" : "\"";
    return name("Content-Type") + ": multipart/related; charset=UTF-8; boundary=outer" + outer_eol + outer_eol +
           "--outer" + eol +
           field("Content-Type", fmt::format("multipart/mixed; charset={}; boundary=inner", charset)) + eol + content +
           eol + "--outer" + eol + field("Content-Type", "application/octet-stream") +
           field("Content-Transfer-Encoding", "base64") + field("Signature-Algorithm-Id", algorithm) +
           field("Verification-certificate-hash", to_base64(keys::digest(hash, identity.certificate.der())) +
                                                      "; hash-algorithm-id=" + quote + hash_uri + quote) +
           eol + to_base64(value) + eol + "--outer--" + eol;
}

std::string DirectoryText::body() const { return body_of(signed_octets()); }

std::map<std::string, Octets> DirectoryText::files() const {
    std::map<std::string, Octets> all;
    for (const auto& one : parts) all.emplace(one.location, one.octets);
    return all;
}

registry::SharedParameters plain_shared(std::string instance) {
    static const CertificateAuthority authority("Configuration test CA");
    auto shared = shared_parameters(authority, nullptr, std::move(instance));
    registry::ConfigurationSource source{
        "registry.test", {configuration_signer().certificate.der()}, {configuration_signer(1).certificate.der()}};
    shared.sources = {source};
    return shared;
}

registry::PrivateParameters plain_private(std::string instance) {
    registry::PrivateParameters parameters;
    parameters.instance = instance;
    parameters.management_url = "https://registry.test:4001/managementservice/";
    parameters.management_provider = identity::ClientId{instance, "GOV", "1000", "management"};
    return parameters;
}

DirectoryText plain_directory(const std::string& instance) {
    DirectoryText directory;
    PartText own{"PRIVATE-PARAMETERS", registry::write_private_parameters(plain_private(instance)),
                 "/V6/20260202101530000000000/private-params.xml"};
    PartText shared{"SHARED-PARAMETERS", registry::write_shared_parameters(plain_shared(instance)),
                    "/V6/20260202101530000000000/shared-params.xml"};
    own.instance = shared.instance = "'" + instance + "'";
    directory.parts = {own, shared};
    return directory;
}

registry_view::Source plain_source(const std::string& instance) {
    return {instance, {configuration_signer().certificate.der()}};
}

registry::Anchor plain_anchor(std::string url) {
    return {test_time(), "TEST", {{std::move(url), {configuration_signer().certificate.der()}}}};
}

}  // namespace onceway::tests
