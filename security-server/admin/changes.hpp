// Single changes of the state, as an operator asks for them: a right granted, a description refreshed, an address
// replaced. Each gives a proposal, as a whole file does; what applies is the same.
#pragma once

#include "security-server/admin/proposal.hpp"

#include <boost/json/object.hpp>

namespace onceway::admin {

/// The state after one change.
///
/// | kind                                        | takes, besides `client`                                            |
/// |---------------------------------------------|--------------------------------------------------------------------|
/// | client.add                                  | connection, certificates (PEM)                                     |
/// | client.remove                               |                                                                    |
/// | client.set                                  | connection, certificates to add, drop (SHA-256, or its beginning)  |
/// | description.add                             | type, url, code (OpenAPI), enabled, sha256                         |
/// | description.refresh                         | url, new_url, sha256                                               |
/// | description.remove, .enable                 | url                                                                |
/// | description.disable                         | url, notice                                                        |
/// | service.add                                 | code, url, timeout_s, verify_certificate                           |
/// | service.remove, .enable                     | code                                                               |
/// | service.disable                             | code, notice                                                       |
/// | service.set                                 | code, version, url, timeout_s, verify_certificate, all             |
/// | endpoint.add, .remove                       | code, method, path                                                 |
/// | right.grant, .revoke                        | code, to, method, path                                             |
/// | group.add                                   | group, description                                                 |
/// | group.remove                                | group                                                              |
/// | group.join, .leave                          | group, members                                                     |
///
/// What is absent stays as it is. Faults: `invalid_argument` (what cannot be, and why), `not_found` (no such client,
/// description, service, endpoint, right or group), `invalid_request` (it is there already, or is not for this change),
/// those of reading a document and of `check_state`. Rule: server-services §2.3 to §2.9.
Result<Proposal> propose_change(const boost::json::object& change, const Ground& ground);

}  // namespace onceway::admin
