// An OCSP answer taken apart octet by octet, as the judge and the writer need it. Internal to `x509`.
#pragma once

#include "certs/x509/ocsp.hpp"

namespace onceway::x509 {

/// The fields of an OCSPResponse; views into it. Rule: RFC 6960 §4.2.1.
struct OcspFields {
    int response_status = 0;
    bool trailing_octets = false;  // something stands behind the response

    // The basic response; only when the response is successful.
    OctetsView signed_part, algorithm, signature;
    OctetsView responder_name, responder_key_hash;  // one of them is empty
    Instant produced_at{};
    std::vector<OctetsView> certificates;
    std::size_t answers = 0;  // SingleResponses

    // The first SingleResponse.
    OctetsView cert_id;
    Revocation status = Revocation::unknown;
    Instant this_update{};
    std::optional<Instant> next_update;
};

/// Reads the outer response and, when it is successful, everything inside.
/// Faults: `io_error` when it is no OCSPResponse, `internal_error` when it has no basic response, when that is
/// malformed, or when it answers nothing.
Result<OcspFields> read_ocsp(OctetsView response);

/// CertID with SHA-1 and NULL parameters. Rule: message-transport §4.7 step 1.
Octets cert_id(OctetsView serial_content, const Certificate& issuer);

}  // namespace onceway::x509
