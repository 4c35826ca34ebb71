// The requests about the declared state: shown, compared with what a file or a single change would make of it, applied.
#pragma once

#include "security-server/admin/administration.hpp"

#include <boost/json/object.hpp>

namespace onceway::admin {

/// Answers a request of the form "state.…". `state.compare` and `state.change` fetch the documents that they need and
/// give the whole state that would be in force; `state.apply` takes that very state, so what is applied is what was
/// shown, whatever the document says meanwhile.
Result<boost::json::object> answer_state(std::string_view verb, const boost::json::object& request,
                                         const Administered& server);

}  // namespace onceway::admin
