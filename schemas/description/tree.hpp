// A JSON or YAML document as a tree that remembers where each text stood, so that one text can be changed and every
// other octet stay. Small: a node is 20 octets, and all texts lie in one string.
#pragma once

#include "schemas/base/bytes.hpp"
#include "schemas/description/openapi.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace onceway::description {

inline constexpr std::size_t most_depth = 100;
inline constexpr std::size_t most_nodes = 1'000'000;  // keys, values, and what merge keys copy

/// What a value is. A YAML scalar without quotes is `text` unless it says null.
enum class Kind : std::uint8_t { text, number, truth, nothing, list, map };
std::string_view name_of(Kind kind);  // "a list"

class Tree;

/// A value of a tree, valid as long as the tree lives where it is. Cheap to copy.
class Value {
public:
    Kind kind() const;
    bool is(Kind kind) const { return this->kind() == kind; }
    std::uint32_t id() const { return node_; }  // the same wherever an alias leads to it
    std::string_view text() const;              // of a text, decoded; empty for every other kind
    std::size_t begin() const;                  // of a text: where it stands in the document, quotes included
    std::size_t end() const;

    std::size_t size() const;             // items of a list, entries of a map; else 0
    Value item(std::size_t index) const;  // of a list; the value of an entry of a map
    Value key(std::size_t index) const;   // of an entry of a map: a text
    /// The entry of a map; none when it is absent, or this is no map.
    std::optional<Value> find(std::string_view key) const;

private:
    friend class Tree;
    Value(const Tree& tree, std::uint32_t node) : tree_(&tree), node_(node) {}
    const Tree* tree_;
    std::uint32_t node_;
};

/// Reads `document`; JSON that is called YAML too, since YAML includes it. Nothing in a YAML document is expanded: an
/// alias is the node that its anchor names. Faults: `invalid_argument` with line and column, `too_large`.
Result<Tree> read_tree(OctetsView document, Format format);
Result<Tree> read_json(OctetsView document);
Result<Tree> read_yaml(OctetsView document);

class Tree {
public:
    Value root() const { return {*this, root_}; }

private:
    friend class Value;
    friend class TreeBuilder;
    struct Node {
        Kind kind;
        bool merges = false;                // the YAML key `<<`
        std::uint32_t first = 0, size = 0;  // in `texts_` or `children_`
        std::uint32_t begin = 0, end = 0;   // in the document
    };
    std::vector<Node> nodes_;
    std::vector<std::uint32_t> children_;  // of a map: key, value, key, value …
    std::string texts_;
    std::uint32_t root_ = 0;
};

/// Puts a tree together from what a parser finds, in order, under the bounds of this page.
class TreeBuilder {
public:
    struct Span {
        std::size_t begin = 0, end = 0;
    };
    Result<void> open(Kind kind, std::string_view anchor = {});  // list or map
    Result<void> close();
    Result<void> scalar(Kind kind, std::string_view text, Span span, std::string_view anchor = {});
    Result<void> merge_key(Span span);
    Result<void> alias(std::string_view anchor);
    Tree finish() &&;  // once every list and map is closed

private:
    struct Open {
        std::uint32_t node;
        std::size_t first_child;  // in waiting_
    };
    Result<std::uint32_t> add(Tree::Node node, std::string_view anchor);
    Result<void> close_map(std::size_t first_child);
    Result<void> merge(std::uint32_t from, std::unordered_set<std::string_view>& known);
    std::string_view text_of(std::uint32_t node) const;

    Tree tree_;
    std::vector<Open> open_;
    std::vector<std::uint32_t> waiting_;  // children of what is open
    std::unordered_map<std::string, std::uint32_t> anchors_;
    std::unordered_set<std::uint32_t> unfinished_;  // nodes of open_ that have an anchor
    std::size_t merged_ = 0;
};

}  // namespace onceway::description
