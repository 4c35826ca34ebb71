// Faults as documents: the SOAP fault between servers, and the JSON or XML error that an information system sees.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/fault.hpp"
#include "schemas/base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::message {

/// The fault document on one line. Rule: message-transport §3.12.1.
Octets write_soap_fault(const WireFault& fault);

/// Reads a SOAP 1.1 document, in whatever encoding `read_soap` reads. Gives none when it is well-formed but no fault;
/// of each text at most 64 KiB. Faults: `invalid_xml`, `invalid_soap`, `missing_body`, `invalid_body`, `too_large`.
Result<std::optional<WireFault>> read_soap_fault(OctetsView document);

/// The answer of a REST call that failed. Rule: message-transport §2.5.
struct RestError {
    int status;                // 500 when the code starts with "server.", else 400
    std::string content_type;  // by the Accept rule
    Octets body;
};
RestError write_rest_error(const WireFault& fault, const std::vector<std::string>& accept_values);

/// A fault made here: `prefix` ("server.clientproxy") in front of the fault's phases and code, unless it already starts
/// so; a fresh UUID as detail.
WireFault wire_fault(const Fault& fault, std::string_view prefix);

}  // namespace onceway::message
