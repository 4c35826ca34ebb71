// Where a configuration can be had: the places to ask, in the order in which they are asked.
#pragma once

#include "certs/channel/url.hpp"
#include "schemas/registry/documents.hpp"

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::registry_view {

/// One place and the certificates that count there.
struct Candidate {
    std::string url;                   // without a version
    std::vector<Octets> certificates;  // octets as listed
    bool operator==(const Candidate&) const = default;
};

/// The places that `stored` shared parameters name, then those of the anchor; in each group the https variants in
/// random order, then the http ones. Only http addresses of the anchor count; https variants are derived from them.
/// Rule: global-configuration §2.1, §2.3 step 1.
std::vector<Candidate> candidates(const registry::Anchor& anchor, const registry::SharedParameters* stored,
                                  std::mt19937& random);

/// What follows the authority of the anchor's first http address: "internalconf".
std::string configuration_directory_name(const registry::Anchor& anchor);

/// `url` with the query parameter `version`. An address that has a query gets one more parameter.
std::string with_version(const std::string& url, int version);

/// The address of a part: `location` resolved against the directory's own address. Faults: `service_malformed_url`.
/// Rule: global-configuration §2.5 (Content-location).
Result<channel::Url> resolve(const channel::Url& directory, std::string_view location);

}  // namespace onceway::registry_view
