// What a description's document brings: its services, as they are before anybody changes them.
#pragma once

#include "security-server/access/state.hpp"
#include "security-server/descriptions/document.hpp"
#include "security-server/descriptions/validator.hpp"

#include <functional>
#include <string>
#include <vector>

namespace onceway::descriptions {

/// Something that a person should see before a change is made. Rule: server-services §2.3, §2.4.
struct Warning {
    std::string code;  // "adding_services", "deleting_services", "adding_endpoints", "deleting_endpoints",
                       // "wsdl_validation_warnings", "openapi_validation_warnings"
    std::vector<std::string> about;
};

/// Which document, and for OpenAPI which name its one service has.
struct Wanted {
    access::ServiceType type = access::ServiceType::wsdl;
    std::string url, code;
};

struct Content {
    std::string sha256;  // of the document
    std::vector<access::Service> services;
    std::vector<Warning> warnings;  // of the validator or the reader
};

/// How the content of a document is had; asked at most once for each description of one change.
using ReadContent = std::function<Result<Content>(const Wanted& wanted)>;

/// The services of `document`: address and title as it says, 60 s, certificates verified, generated endpoints for
/// OpenAPI. An address that is none, or holds variables, is left empty and told as a warning for OpenAPI; a WSDL with
/// an address that is neither http nor https is refused. Blocks while the validator runs.
/// Faults: those of `read_wsdl`, `read_openapi` and `validate`; `invalid_argument` (no service in it, a name that
/// cannot be one, an address). Rule: server-services §2.3, §2.4.
Result<Content> read_content(const Wanted& wanted, const Document& document, const Validator& validator);

}  // namespace onceway::descriptions
