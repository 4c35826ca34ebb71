// The services of one client as other members are told of them: JSON for REST, XML for SOAP. Metadata services are
// never among them, those that are disabled are. Rule: server-services §1.3, §1.5.
#pragma once

#include "certs/x509/trust.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/identity/identifiers.hpp"
#include "security-server/access/state.hpp"

#include <functional>
#include <string>

namespace onceway::metadata {

/// Which rights make a service, and its endpoints, worth telling. Empty: every service is told, with every endpoint.
using Counts = std::function<bool(const access::Right&)>;

/// Those of `owner`'s rights that mean exactly `caller`. References live as long as the result.
Counts rights_of(const identity::ClientId& caller, const access::Client& owner, const x509::Trust& trust);

/// An object with the array `service` of REST and OpenAPI services. An endpoint is told when the service declares it or
/// a right names it; the whole service is none. With `counts` a service is told when one of its rights counts, and of
/// its endpoints those that such a right opens.
Octets rest_services(const access::Client& owner, const Counts& counts);

/// A `service` element for each WSDL service that counts, one behind another, with versions; the prefixes `xrd` and
/// `id` are declared around them.
std::string soap_services(const access::Client& owner, const Counts& counts);

}  // namespace onceway::metadata
