// The hash chain documents of a batch, written in one go. Internal to `signature`; `tree` makes the same step by step.
#pragma once

#include "schemas/base/bytes.hpp"

#include <vector>

namespace onceway::signature {

struct BatchDocuments {
    Octets result;
    std::vector<Octets> chains;  // one for each message
};

/// For messages by the SHA-512 values of their parts, at least one of each; a single message has several parts.
/// Rule: message-transport §4.5.2, §4.5.3.
BatchDocuments write_batch(const std::vector<std::vector<Octets>>& messages);

}  // namespace onceway::signature
