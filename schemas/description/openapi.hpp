// Descriptions of REST services, OpenAPI 3 in JSON or YAML: which endpoints one declares, and the same document with
// its hosts hidden.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/description/wsdl.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace onceway::description {

enum class Format { json, yaml };

/// In which format a downloaded description is written: `content_type` as the answer gave it (empty when it gave none),
/// and `url` from which it came. Rule: server-services §1.5, "type detection".
Format format_of(std::string_view content_type, std::string_view url);

/// One operation of a path.
struct Endpoint {
    std::string method;  // upper case: "GET"
    std::string path;    // as a right has it: "/pets/*" for "/pets/{id}"
    bool operator==(const Endpoint&) const = default;
    auto operator<=>(const Endpoint&) const = default;
};

struct OpenApi {
    std::string version;              // of OpenAPI: "3.0.3"
    std::string title;                // for people, without control characters; empty when there is none
    std::string url;                  // first servers[].url as written, "/" when there is none; may hold "{variables}"
    std::vector<Endpoint> endpoints;  // in the order of the document, each once; never the base endpoint
    /// What a person should see before the description is used, one sentence each: endpoints that were left out or
    /// fell together, what was not followed, what the document lacks. At most 100 and a last one that says so.
    std::vector<std::string> warnings;
};

/// Reads an OpenAPI document of version 3.0.x or exactly 3.1.0. `servers` of paths and operations do not count, and no
/// `$ref` is followed to another document.
///
/// `document` is the whole document, UTF-8, at most `most_octets`.
/// Faults: `invalid_argument` (no JSON or YAML, a key given twice, no OpenAPI, another version, a part that is not of
/// the kind it must be), `too_large` (a bound). Rule: server-services §2.4, kept in docs/conformance/server-services.md
/// as 28.
Result<OpenApi> read_openapi(OctetsView document, Format format);

/// The address of the service: `server_url` (OpenApi::url) resolved against the address of the description as RFC 3986
/// §5.2 says. Variables stay as they are: an address with '{' must be completed by a person before it can be called.
/// Faults: `service_malformed_url`, when `description_url` is not absolute or the result is neither http nor https.
Result<std::string> resolve_server_url(std::string_view description_url, std::string_view server_url);

/// `document` with the path alone in place of each absolute `servers[].url` that has no variables: of the document, of
/// its paths and of their operations. Every other octet stays as it is; JSON stays JSON, YAML stays YAML. Where a YAML
/// alias names the address, the text is changed where the anchor stands.
///
/// Any version 3.* passes. Faults: as for `read_openapi`. Rule: server-services §1.5, conformance item 19.
Result<Octets> mask_openapi_servers(OctetsView document, Format format);

}  // namespace onceway::description
