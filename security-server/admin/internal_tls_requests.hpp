// What an operator asks of the internal TLS certificate: the requests `internal_tls.…` of `Administration`.
#pragma once

#include "security-server/admin/internal_tls.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace onceway::admin {

/// Answers `verb` as the table in administration.hpp says. Faults: `invalid_argument` for a verb that is not there, and
/// those of `InternalTls`.
Result<boost::json::object> answer_internal_tls(std::string_view verb, const boost::json::object& request,
                                                InternalTls& tls, Instant now);

}  // namespace onceway::admin
