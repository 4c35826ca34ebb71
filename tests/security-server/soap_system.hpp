// An information system that asks in SOAP, in the world of two servers.
#pragma once

#include "schemas/message/fault_document.hpp"
#include "tests/security-server/soap_peer.hpp"

#include <string>

namespace onceway::tests {

/// One question as its system sends it. The default is a plain call of getPermit, version v1.
struct SystemQuestion {
    std::string envelope = soap_request();
    std::string type = "text/xml; charset=utf-8";  // empty: no Content-Type
    message::Fields more{{"SOAPAction", R"("")"}};
    std::string method = "POST", target = "/";
};

Result<channel::FetchAnswer> ask_as_system(World& world, const SystemQuestion& question = {});

/// The fault of an answer; its form is checked: status, type, empty SOAPAction. The code is "none" without one.
WireFault fault_of(const channel::FetchAnswer& answer);

}  // namespace onceway::tests
