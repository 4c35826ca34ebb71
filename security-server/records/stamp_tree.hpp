// The hash tree by which one time-stamp covers many records, and the two documents that prove it for each of them.
#pragma once

#include "certs/keys/digest.hpp"
#include "schemas/base/bytes.hpp"
#include "schemas/message/hash_chain.hpp"

#include <cstddef>
#include <vector>

namespace onceway::records {

/// A tree over `leaves`, two or more digests of one algorithm in order. The left side of a node is the largest power of
/// two smaller than what the node covers; a node is H(DigestList(left, right)). Rule: message-log §3.7, §3.8.
class StampTree {
public:
    StampTree(std::vector<Octets> leaves, keys::Digest algorithm = keys::Digest::sha512);

    std::size_t size() const { return levels_.front().size(); }
    const Octets& root() const { return levels_.back().front(); }

    /// `ts-hashchainresult.xml`: what is stamped, and the same for all. Rule: message-log §3.9.
    Octets result_document() const;
    /// `ts-hashchain.xml` of one leaf: from the root down to `/META-INF/signatures.xml`.
    Octets chain_document(std::size_t leaf) const;
    /// The steps of that document.
    message::HashChain chain(std::size_t leaf) const;

private:
    keys::Digest algorithm_;
    std::vector<std::vector<Octets>> levels_;  // leaves first; the last of an odd level is carried up as it is
};

}  // namespace onceway::records
