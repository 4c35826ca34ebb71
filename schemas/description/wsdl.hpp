// Descriptions of SOAP services, WSDL 1.1: which services one declares, and the same document with its addresses
// hidden.
#pragma once

#include "schemas/base/bytes.hpp"

#include <optional>
#include <string>
#include <vector>

namespace onceway::description {

/// The longest description that is read, WSDL or OpenAPI. Rule: server-services §2.3, §2.4.
inline constexpr std::size_t most_octets = 10 * 1024 * 1024;
/// As many services may one WSDL declare, as many endpoints one OpenAPI document.
inline constexpr std::size_t most_services = 10'000;

/// What stands in a WSDL in place of an information system's address. Rule: server-services §1.4.
inline constexpr std::string_view hidden_address = "http://example.org/xroad-endpoint";

/// One operation of a binding that can be called.
struct WsdlService {
    std::string code;                    // name of the operation, as written; the caller judges its characters
    std::optional<std::string> version;  // absent and empty differ
    std::string title;                   // for people, without control characters; empty when there is none
    std::string url;                     // address of the port, as written; empty when there is none
    bool operator==(const WsdlService&) const = default;
};

/// The services of a WSDL: each operation of each binding over SOAP 1.1 or 1.2 and HTTP that a port of a service
/// offers, in the order of the document. Of two with equal code and version the last one stays. Other bindings and
/// transports, port types without binding, and imports are passed over; nothing outside `document` is read. The list
/// may be empty.
///
/// `document` is the whole document, at most `most_octets`, in UTF-8 or the encoding that it declares.
/// Faults: `invalid_xml` (no XML, a DOCTYPE, an unknown encoding), `invalid_argument` (no WSDL 1.1, an operation
/// without name), `too_large` (a bound). Rule: server-services §2.3, kept in docs/conformance/server-services.md as 20.
Result<std::vector<WsdlService>> read_wsdl(OctetsView document);

/// `document` with `hidden_address` as the `location` of each `address` element of WSDL's namespace for SOAP 1.1.
/// Every other octet stays as it is: comments, addresses of other namespaces (SOAP 1.2 too, as genuine servers do),
/// quotes, order of attributes, byte order mark. An address without `location` gets none. A document that came in
/// another encoding becomes UTF-8, and declares that.
///
/// Reads nothing else of the document, so any XML passes: whoever answers `getWsdl` knows what was imported.
/// Faults: `invalid_xml`, `too_large`, as for `read_wsdl`. Rule: server-services §1.4, conformance item 12.
Result<Octets> mask_wsdl_addresses(OctetsView document);

}  // namespace onceway::description
