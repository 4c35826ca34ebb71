// Judges hash chains: does a chain lead from the parts that are there to the value that was signed or stamped?
#pragma once

#include "certs/keys/digest.hpp"
#include "certs/signature/verify.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::signature {

/// A part that a chain may refer to.
struct ChainInput {
    std::string name;                  // "/message.xml"
    std::string method;                // digest URI of `digest`
    Octets digest;                     // computed from the part; empty when only `octets` are known
    std::optional<OctetsView> octets;  // digested and compared with the chain's own value when `digest` cannot serve
};

/// How a chain is read. The defaults are those of a message between servers.
struct ChainRules {
    std::string chain_name = "/sig-hashchain.xml";  // the document that the result and all steps refer to
    std::vector<std::string> required;              // names that must be used; the first one is the leaf of the tree
    /// True when the digest that a chain gives may stand for a part that is not there: attachments in a container.
    std::function<bool(std::string_view name)> trusts;
    Mode mode = Mode::strict;
};

/// A part for which the chain's own digest was taken.
struct TrustedDigest {
    std::string name, method;
    Octets digest;
};
struct ChainFinding {
    std::vector<std::string> used;  // names, in the order met
    std::vector<TrustedDigest> trusted;
};

/// Follows the chain from its result. `strict` also asks for the one shape that writers make: each inner step a sibling
/// and the way down, at the end the leaf alone or the list of all parts; every step used, once; no transforms; SHA-256
/// or better. Faults: as `check_chain`. Rule: message-log §5.3, threats row 16.
Result<ChainFinding> follow_chain(OctetsView result, OctetsView chain, const std::vector<ChainInput>& inputs,
                                  const ChainRules& rules);

}  // namespace onceway::signature
