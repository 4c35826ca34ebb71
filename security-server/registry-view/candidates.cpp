#include "security-server/registry-view/candidates.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace onceway::registry_view {
namespace {

constexpr std::string_view http = "http://";

std::string https_variant(const std::string& url) { return "https" + url.substr(4); }

/// A port of its own speaks plain HTTP, as the address says; asking it for TLS would only wait for its patience to end.
bool names_a_port(const Candidate& candidate) {
    const auto url = channel::Url::parse(candidate.url);
    return url && url->port != 80;
}

/// https variants first, each of the two kinds shuffled.
void add_group(std::vector<Candidate> plain, std::mt19937& random, std::vector<Candidate>& into) {
    auto secured = plain;
    std::erase_if(secured, names_a_port);
    for (auto& candidate : secured) candidate.url = https_variant(candidate.url);
    std::ranges::shuffle(secured, random);
    std::ranges::shuffle(plain, random);
    std::ranges::move(secured, std::back_inserter(into));
    std::ranges::move(plain, std::back_inserter(into));
}

std::vector<Octets> certificates_for(const registry::ConfigurationSource& source, std::string_view directory) {
    if (directory == "internalconf") return source.internal_certificates;
    if (directory == "externalconf") return source.external_certificates;
    auto both = source.internal_certificates;
    both.insert(both.end(), source.external_certificates.begin(), source.external_certificates.end());
    return both;
}

}  // namespace

std::string configuration_directory_name(const registry::Anchor& anchor) {
    for (const auto& source : anchor.sources) {
        if (!source.url.starts_with(http)) continue;
        const auto slash = source.url.find('/', http.size());
        return slash == std::string::npos ? std::string{} : source.url.substr(slash + 1);
    }
    return {};
}

std::vector<Candidate> candidates(const registry::Anchor& anchor, const registry::SharedParameters* stored,
                                  std::mt19937& random) {
    std::vector<Candidate> known, anchored, all;
    const auto directory = configuration_directory_name(anchor);
    if (stored)
        for (const auto& source : stored->sources)
            known.push_back(
                {fmt::format("http://{}/{}", source.address, directory), certificates_for(source, directory)});
    for (const auto& source : anchor.sources)
        if (source.url.starts_with(http)) anchored.push_back({source.url, source.verification_certificates});
    add_group(std::move(known), random, all);
    add_group(std::move(anchored), random, all);
    return all;
}

std::string with_version(const std::string& url, int version) {
    return fmt::format("{}{}version={}", url, url.find('?') == std::string::npos ? '?' : '&', version);
}

Result<channel::Url> resolve(const channel::Url& directory, std::string_view location) {
    if (location.starts_with(http) || location.starts_with("https://")) return channel::Url::parse(location);
    if (location.empty() || location.starts_with("//"))
        return fault(FaultCode::service_malformed_url,
                     fmt::format("Resolving the address of a configuration part: '{}' is no address.", location));
    const std::string path = directory.target.substr(0, directory.target.find('?'));
    auto whole = directory;
    whole.target =
        location.starts_with('/') ? std::string(location) : path.substr(0, path.rfind('/') + 1) + std::string(location);
    return channel::Url::parse(whole.text());
}

}  // namespace onceway::registry_view
