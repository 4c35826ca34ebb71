// The tree that lets one signature, or one time-stamp, stand for many messages, and the chain that leads each to its
// root.
#pragma once

#include "certs/keys/digest.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/message/hash_chain.hpp"

#include <string_view>
#include <vector>

namespace onceway::signature {

/// What the leaves of a tree stand for, and where their chains are kept.
struct TreeNames {
    std::string_view leaf = "/message.xml";         // "/META-INF/signatures.xml" for time-stamps
    std::string_view chain = "/sig-hashchain.xml";  // "/ts-hashchain.xml"
};

/// A tree over inputs in their order; an input is one digest, or the digests of a message and its attachments.
struct Tree {
    message::HashChainResult result;
    std::vector<message::HashChain> chains;  // one for each input
};

/// The value of a leaf: the only digest of an input, or the digest of the list of all of them.
/// Rule: message-transport §4.5.2.
Octets leaf_value(const std::vector<Octets>& digests, keys::Digest algorithm = keys::Digest::sha512);

/// The root over `leaves`, of which there is at least one. Rule: message-transport §4.5.2, message-log §3.8.
Octets tree_root(const std::vector<Octets>& leaves, keys::Digest algorithm = keys::Digest::sha512);

/// Root and chains for at least one input. Names of attachments are "/attachment1", "/attachment2", ….
/// Rule: message-transport §4.5.3, message-log §3.9.
Tree build_tree(const std::vector<std::vector<Octets>>& inputs, const TreeNames& names = {},
                keys::Digest algorithm = keys::Digest::sha512);

}  // namespace onceway::signature
