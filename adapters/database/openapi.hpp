// The description of a declared service, for its callers and their tools.
#pragma once

#include "adapters/database/declaration.hpp"
#include "schemas/base/bytes.hpp"

namespace onceway::database {

/// An OpenAPI 3.0.3 document as JSON: every endpoint with its parameters, its answers and their schemas.
Octets write_openapi(const Declaration& declaration);

}  // namespace onceway::database
