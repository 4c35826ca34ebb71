// Hash chain documents: how one signature commits to many parts. Read from XML into plain types, and written.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace onceway::message {

inline constexpr std::string_view hash_chain_namespace = "http://cyber.ee/hashchain";
inline constexpr std::string_view sha512_uri = "http://www.w3.org/2001/04/xmlenc#sha512";

/// One entry of a step. Rule: message-log §3.9.
struct HashItem {
    enum class Kind { value, step, data } kind;
    std::string method;  // digest URI in force: its own, or the default of the chain; empty when neither is given
    Octets digest;       // decoded; empty for a step reference
    std::string uri;     // of a step reference or a data reference
    bool has_transforms = false;
};
struct HashStep {
    std::string id;
    std::vector<HashItem> items;
};
struct HashChain {
    std::vector<HashStep> steps;
    const HashStep* find(std::string_view id) const;
};
struct HashChainResult {
    std::string method;  // digest URI
    Octets digest;
    std::string uri;  // "/sig-hashchain.xml#STEP0"
};

/// Reads a HashChain in either namespace layout, as strict as the schema of message-log §3.9.
/// Faults: `malformed_hash_chain`.
Result<HashChain> parse_hash_chain(OctetsView document);
Result<HashChainResult> parse_hash_chain_result(OctetsView document);

/// Writes in the layout of message-transport §7.1.4, LF line ends and a final LF.
Octets write_hash_chain(const HashChain& chain);
Octets write_hash_chain_result(const HashChainResult& result);

}  // namespace onceway::message
