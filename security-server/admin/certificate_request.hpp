// Certificate signing requests: which subject the approved authority's profile asks for, and the request itself.
#pragma once

#include "security-server/admin/own_keys.hpp"

#include <map>
#include <string>

namespace onceway::admin {

struct RequestWish {
    std::string key;          // id
    std::string member_name;  // of the member (signing), or of the owner (authentication)
    std::string profile;      // a short name or a Java class name; empty: the approved authority's, or Basic
    std::string dns_name;     // subjectAltName, and CN where the profile asks for a server name
    std::map<std::string, std::string> fields;  // what the profile lets the user fill in: {"C": "ZA"}
};
struct MadeRequest {
    std::string pem, subject, profile;
};

/// Makes the request of one key: for a signing key its label says the member, for an authentication key the server.
/// Faults: `key_not_found`, `token_not_active`, `invalid_argument` (profile unknown or undecided, a field is missing).
/// Rule: global-configuration §4.2, §4.3.
Result<MadeRequest> make_request(const RequestWish& wish, const OwnKeys& keys, const identity::ServerId& server,
                                 const x509::Trust* trust);

/// The Java class name of a profile given by a short name: "basic", "basic-acme", "ejbca", "fivrk", "is", "fo", "sk". A
/// name with a dot is taken as it is. Faults: `invalid_argument` with all short names.
Result<std::string> profile_named(std::string_view name);

/// A request as PEM.
std::string request_pem(OctetsView der);

}  // namespace onceway::admin
