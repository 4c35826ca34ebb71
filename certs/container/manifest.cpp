#include "certs/container/manifest.hpp"

#include "certs/keys/digest.hpp"

#include <fmt/format.h>

namespace onceway::container {
namespace {

/// The order is that in which a genuine message log lists them.
std::vector<std::string> listed_documents(const ManifestFacts& facts) {
    std::vector<std::string> names;
    if (facts.signature_chain) names.push_back("sig-hashchain.xml");
    names.push_back("message.xml");
    if (facts.time_chain) names.push_back("ts-hashchainresult.xml");
    if (facts.signature_chain) names.push_back("sig-hashchainresult.xml");
    if (facts.time_chain) names.push_back("ts-hashchain.xml");
    return names;
}

std::string line(std::string_view type, std::string_view path) {
    return fmt::format("    <manifest:file-entry manifest:media-type=\"{}\" manifest:full-path=\"{}\"/>\n", type, path);
}

}  // namespace

Octets write_manifest(const ManifestFacts& facts) {
    std::string text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" "
        "manifest:version=\"1.2\">\n";
    text += line(container_type, "/");
    for (const std::string& name : listed_documents(facts)) text += line("text/xml", name);
    for (const auto number : facts.attachments)
        text += line("application/octet-stream", fmt::format("attachment{}", number));
    return text + "</manifest:manifest>\n";
}

Octets write_asic_manifest(OctetsView time_chain_result) {
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
        "<asic:ASiCManifest xmlns:asic=\"http://uri.etsi.org/2918/v1.2.1#\" "
        "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">\n"
        "<asic:SigReference URI=\"META-INF/timestamp.tst\" MimeType=\"vnd.etsi.timestamp-token\"/>\n"
        "<asic:DataObjectReference URI=\"ts-hashchainresult.xml\" MimeType=\"text/xml\">\n"
        "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha512\" />\n"
        "<ds:DigestValue>{}</ds:DigestValue>\n"
        "</asic:DataObjectReference>\n"
        "</asic:ASiCManifest>",
        to_base64(keys::sha512(time_chain_result)));
}

}  // namespace onceway::container
