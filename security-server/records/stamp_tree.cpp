#include "security-server/records/stamp_tree.hpp"

#include <array>
#include <stdexcept>

namespace onceway::records {
namespace {

constexpr std::string_view chain_name = "/ts-hashchain.xml", signature_name = "/META-INF/signatures.xml";

Octets node(const Octets& left, const Octets& right, keys::Digest algorithm) {
    const std::array<keys::DigestEntry, 2> both{{{left, keys::uri_of(algorithm)}, {right, keys::uri_of(algorithm)}}};
    return keys::digest(algorithm, keys::digest_list_der(both.data(), both.size()));
}

using message::HashItem;

HashItem item(HashItem::Kind kind, keys::Digest algorithm, Octets digest, std::string uri) {
    return {kind, std::string(keys::uri_of(algorithm)), std::move(digest), std::move(uri), false};
}

}  // namespace

// Carrying the odd one up gives the shape of §3.8: at every level pairs are joined from the left, so a node's left side
// is always a full power of two.
StampTree::StampTree(std::vector<Octets> leaves, keys::Digest algorithm) : algorithm_(algorithm) {
    if (leaves.size() < 2) throw std::invalid_argument("a tree of time-stamps has at least two leaves");
    levels_.push_back(std::move(leaves));
    while (levels_.back().size() > 1) {
        const auto& below = levels_.back();
        std::vector<Octets> above;
        above.reserve((below.size() + 1) / 2);
        for (std::size_t i = 0; i + 1 < below.size(); i += 2) above.push_back(node(below[i], below[i + 1], algorithm));
        if (below.size() % 2 == 1) above.push_back(below.back());
        levels_.push_back(std::move(above));
    }
}

Octets StampTree::result_document() const {
    return message::write_hash_chain_result(
        {std::string(keys::uri_of(algorithm_)), root(), std::string(chain_name) + "#STEP0"});
}

message::HashChain StampTree::chain(std::size_t leaf) const {
    message::HashChain chain;
    for (std::size_t level = levels_.size() - 1; level-- > 0;) {
        const std::size_t own = leaf >> level;
        const std::size_t sibling = own ^ 1;
        if (sibling >= levels_[level].size()) continue;  // carried up: no step (message-log §3.9)
        auto other = item(HashItem::Kind::value, algorithm_, levels_[level][sibling], {});
        auto ours = item(HashItem::Kind::step, algorithm_, {}, "#STEP" + std::to_string(chain.steps.size() + 1));
        message::HashStep step{"STEP" + std::to_string(chain.steps.size()), {}};
        step.items = own < sibling ? std::vector{ours, other} : std::vector{other, ours};
        chain.steps.push_back(std::move(step));
    }
    // The own side of the last step is the leaf itself.
    for (auto& entry : chain.steps.back().items)
        if (entry.kind == HashItem::Kind::step)
            entry = item(HashItem::Kind::data, algorithm_, levels_.front()[leaf], std::string(signature_name));
    return chain;
}

Octets StampTree::chain_document(std::size_t leaf) const { return message::write_hash_chain(chain(leaf)); }

}  // namespace onceway::records
