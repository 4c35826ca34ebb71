#include "certs/signature/tree.hpp"

#include <bit>

namespace onceway::signature {
namespace {

using message::HashItem;

Octets combined(const std::vector<Octets>& values, keys::Digest algorithm) {
    std::vector<keys::DigestEntry> entries;
    entries.reserve(values.size());
    for (const Octets& value : values) entries.push_back({value, keys::uri_of(algorithm)});
    return keys::digest(algorithm, keys::digest_list_der(entries.data(), entries.size()));
}

/// A run of leaves with the value of its top. A node with one leaf is that leaf, promoted unhashed.
struct Node {
    std::size_t first, count;
    Octets value;
    std::unique_ptr<Node> left, right;
};

/// The left subtree takes the largest power of two below the number of leaves.
std::size_t left_share(std::size_t count) { return std::bit_floor(count - 1); }

std::unique_ptr<Node> grow(const std::vector<Octets>& leaves, std::size_t first, std::size_t count,
                           keys::Digest algorithm) {
    auto node = std::make_unique<Node>(Node{first, count, {}, nullptr, nullptr});
    if (count == 1) {
        node->value = leaves[first];
        return node;
    }
    const std::size_t share = left_share(count);
    node->left = grow(leaves, first, share, algorithm);
    node->right = grow(leaves, first + share, count - share, algorithm);
    node->value = combined({node->left->value, node->right->value}, algorithm);
    return node;
}

/// Writes the chain of one input, from the root down.
class ChainBuilder {
public:
    ChainBuilder(const TreeNames& names, std::string_view method) : names_(names), method_(method) {}

    message::HashChain build(const Node& root, std::size_t index, const std::vector<Octets>& digests) {
        const Node* node = &root;
        while (node->left) {
            const bool goes_left = index < node->right->first;
            const Node& own = goes_left ? *node->left : *node->right;
            const HashItem sibling = value(goes_left ? node->right->value : node->left->value);
            const HashItem way = own.left || digests.size() > 1 ? next_step() : data(names_.leaf, digests.front());
            if (goes_left)
                add_step({way, sibling});
            else
                add_step({sibling, way});
            node = &own;
        }
        if (digests.size() > 1 || chain_.steps.empty()) add_step(parts(digests));
        return std::move(chain_);
    }

private:
    HashItem value(const Octets& digest) const {
        return {HashItem::Kind::value, std::string(method_), digest, {}, false};
    }
    HashItem data(std::string_view name, const Octets& digest) const {
        return {HashItem::Kind::data, std::string(method_), digest, std::string(name), false};
    }
    HashItem next_step() const {
        return {HashItem::Kind::step, std::string(method_), {}, fmt::format("#STEP{}", chain_.steps.size() + 1), false};
    }
    std::vector<HashItem> parts(const std::vector<Octets>& digests) const {
        std::vector<HashItem> items{data(names_.leaf, digests.front())};
        for (std::size_t i = 1; i < digests.size(); ++i)
            items.push_back(data(fmt::format("/attachment{}", i), digests[i]));
        return items;
    }
    void add_step(std::vector<HashItem> items) {
        chain_.steps.push_back({fmt::format("STEP{}", chain_.steps.size()), std::move(items)});
    }

    const TreeNames& names_;
    std::string_view method_;
    message::HashChain chain_;
};

}  // namespace

Octets leaf_value(const std::vector<Octets>& digests, keys::Digest algorithm) {
    return digests.size() == 1 ? digests.front() : combined(digests, algorithm);
}

Octets tree_root(const std::vector<Octets>& leaves, keys::Digest algorithm) {
    return grow(leaves, 0, leaves.size(), algorithm)->value;
}

Tree build_tree(const std::vector<std::vector<Octets>>& inputs, const TreeNames& names, keys::Digest algorithm) {
    std::vector<Octets> leaves;
    for (const auto& digests : inputs) leaves.push_back(leaf_value(digests, algorithm));
    const auto root = grow(leaves, 0, leaves.size(), algorithm);

    Tree tree;
    tree.result = {std::string(keys::uri_of(algorithm)), root->value, std::string(names.chain) + "#STEP0"};
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        ChainBuilder builder(names, keys::uri_of(algorithm));
        tree.chains.push_back(builder.build(*root, i, inputs[i]));
    }
    return tree;
}

}  // namespace onceway::signature
