// Hash chain documents in their usual layouts, followed without parsing XML. Whatever is laid out otherwise is left to
// the parser. Internal to `signature`.
#pragma once

#include "certs/signature/verify.hpp"
#include "schemas/base/bytes.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace onceway::signature {

/// The SHA-512 digest in a hash chain result whose chain begins at `/sig-hashchain.xml#STEP0`; none when it is laid out
/// otherwise.
std::optional<Octets> read_chain_result(std::string_view document);

/// True when `chain` leads, in the shape that writers make, from exactly `parts` to `digest`. False says nothing: the
/// chain may be wrong, or laid out otherwise. Whatever is true here, `check_chain` accepts in strict mode.
bool leads_to(OctetsView digest, std::string_view chain, const std::vector<SignedPart>& parts);

}  // namespace onceway::signature
