// A verdict on a container, as programs and as people read it.
#pragma once

#include "certs/container/asic.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace onceway::audit {

/// `onceway-verdict/1`: every key is always there; what is not known is null, or an empty text.
boost::json::object verdict_json(std::string_view file, const container::Verdict& verdict);

/// Some lines for an auditor: the verdict, who, when, what; then each check and each entry.
std::string verdict_text(std::string_view file, const container::Verdict& verdict);

}  // namespace onceway::audit
