#include "schemas/description/tree.hpp"

#include "schemas/description/shown.hpp"

#include <fmt/format.h>

namespace onceway::description {
namespace {

Fault refused(std::string why) {
    return fault(FaultCode::invalid_argument, "Reading a description: " + std::move(why));
}
Fault too_much(std::string_view what, std::size_t limit) {
    return fault(FaultCode::too_large, fmt::format("Reading a description: {} (limit {})", what, limit));
}

}  // namespace

std::string_view name_of(Kind kind) {
    switch (kind) {
        case Kind::text:
            return "a text";
        case Kind::number:
            return "a number";
        case Kind::truth:
            return "true or false";
        case Kind::nothing:
            return "nothing";
        case Kind::list:
            return "a list";
        case Kind::map:
            return "a map";
    }
    return "something";
}

Kind Value::kind() const { return tree_->nodes_[node_].kind; }
std::size_t Value::begin() const { return tree_->nodes_[node_].begin; }
std::size_t Value::end() const { return tree_->nodes_[node_].end; }

std::string_view Value::text() const {
    const auto& node = tree_->nodes_[node_];
    return node.kind == Kind::text ? std::string_view(tree_->texts_).substr(node.first, node.size) : std::string_view{};
}

std::size_t Value::size() const {
    const auto& node = tree_->nodes_[node_];
    if (node.kind == Kind::map) return node.size / 2;
    return node.kind == Kind::list ? node.size : 0;
}

Value Value::item(std::size_t index) const {
    const auto& node = tree_->nodes_[node_];
    const auto child = node.kind == Kind::map ? 2 * index + 1 : index;
    return {*tree_, tree_->children_[node.first + child]};
}

Value Value::key(std::size_t index) const { return {*tree_, tree_->children_[tree_->nodes_[node_].first + 2 * index]}; }

std::optional<Value> Value::find(std::string_view wanted) const {
    if (!is(Kind::map)) return std::nullopt;
    for (std::size_t index = 0; index < size(); ++index)
        if (key(index).text() == wanted) return item(index);
    return std::nullopt;
}

Result<std::uint32_t> TreeBuilder::add(Tree::Node node, std::string_view anchor) {
    if (tree_.nodes_.size() + merged_ >= most_nodes) return too_much("the document has too many values", most_nodes);
    const auto index = static_cast<std::uint32_t>(tree_.nodes_.size());
    tree_.nodes_.push_back(node);
    waiting_.push_back(index);
    if (!anchor.empty()) anchors_.insert_or_assign(std::string(anchor), index);
    return index;
}

Result<void> TreeBuilder::open(Kind kind, std::string_view anchor) {
    if (open_.size() >= most_depth) return too_much("the values lie too deep", most_depth);
    const auto node = add({kind}, anchor);
    if (!node) return node.error();
    if (!anchor.empty()) unfinished_.insert(*node);
    open_.push_back({*node, waiting_.size()});
    return {};
}

Result<void> TreeBuilder::scalar(Kind kind, std::string_view text, Span span, std::string_view anchor) {
    Tree::Node node{kind};
    node.first = static_cast<std::uint32_t>(tree_.texts_.size());
    node.size = static_cast<std::uint32_t>(text.size());
    node.begin = static_cast<std::uint32_t>(span.begin);
    node.end = static_cast<std::uint32_t>(span.end);
    tree_.texts_ += text;
    if (const auto added = add(node, anchor); !added) return added.error();
    return {};
}

Result<void> TreeBuilder::merge_key(Span span) {
    if (auto added = scalar(Kind::text, "<<", span); !added) return added;
    tree_.nodes_.back().merges = true;
    return {};
}

Result<void> TreeBuilder::alias(std::string_view anchor) {
    const auto known = anchors_.find(std::string(anchor));
    if (known == anchors_.end()) return refused(fmt::format("the alias '*{}' has no anchor", shown(anchor)));
    if (unfinished_.contains(known->second))
        return refused(fmt::format("the alias '*{}' stands inside the value that it names", shown(anchor)));
    // An alias costs as much as a value: a list of aliases is a list.
    if (tree_.nodes_.size() + ++merged_ > most_nodes) return too_much("the document has too many values", most_nodes);
    waiting_.push_back(known->second);
    return {};
}

Result<void> TreeBuilder::close() {
    const auto [node, first_child] = open_.back();
    open_.pop_back();
    unfinished_.erase(node);
    if (tree_.nodes_[node].kind == Kind::map)
        if (auto checked = close_map(first_child); !checked) return checked;
    tree_.nodes_[node].first = static_cast<std::uint32_t>(tree_.children_.size());
    tree_.nodes_[node].size = static_cast<std::uint32_t>(waiting_.size() - first_child);
    tree_.children_.insert(tree_.children_.end(), waiting_.begin() + static_cast<std::ptrdiff_t>(first_child),
                           waiting_.end());
    waiting_.resize(first_child);
    return {};
}

std::string_view TreeBuilder::text_of(std::uint32_t node) const {
    return std::string_view(tree_.texts_).substr(tree_.nodes_[node].first, tree_.nodes_[node].size);
}

/// Keys are texts, and each stands once. What merge keys name is put behind the map's own entries, which win.
Result<void> TreeBuilder::close_map(std::size_t first_child) {
    std::unordered_set<std::string_view> known;
    std::vector<std::uint32_t> merges;
    for (auto at = first_child; at < waiting_.size(); at += 2) {
        const auto& key = tree_.nodes_[waiting_[at]];
        if (key.kind == Kind::list || key.kind == Kind::map)
            return refused(fmt::format("a key is {}", name_of(key.kind)));
        if (key.merges)
            merges.push_back(waiting_[at + 1]);
        else if (!known.insert(text_of(waiting_[at])).second)
            return refused(fmt::format("the key '{}' is given twice", shown(text_of(waiting_[at]))));
    }
    for (const auto from : merges)
        if (auto merged = merge(from, known); !merged) return merged;
    return {};
}

Result<void> TreeBuilder::merge(std::uint32_t from, std::unordered_set<std::string_view>& known) {
    const auto source = tree_.nodes_[from];
    if (source.kind == Kind::list) {
        for (std::uint32_t item = 0; item < source.size; ++item) {
            const auto map = tree_.children_[source.first + item];
            if (tree_.nodes_[map].kind != Kind::map) return refused("'<<' merges something that is no map");
            if (auto merged = merge(map, known); !merged) return merged;
        }
        return {};
    }
    if (source.kind != Kind::map) return refused("'<<' merges something that is no map");
    merged_ += source.size;
    if (tree_.nodes_.size() + merged_ > most_nodes) return too_much("the document has too many values", most_nodes);
    for (std::uint32_t child = 0; child < source.size; child += 2) {
        const auto key = tree_.children_[source.first + child];
        if (tree_.nodes_[key].merges || !known.insert(text_of(key)).second) continue;
        waiting_.push_back(key);
        waiting_.push_back(tree_.children_[source.first + child + 1]);
    }
    return {};
}

Tree TreeBuilder::finish() && {
    tree_.root_ = waiting_.front();
    return std::move(tree_);
}

Result<Tree> read_tree(OctetsView document, Format format) {
    if (document.size() > most_octets) return too_much("the document has too many octets", most_octets);
    if (!is_utf8(document)) return refused("the document holds octets that are no UTF-8");
    if (format == Format::json) return read_json(document);
    // JSON that calls itself YAML is read as what it is: libyaml refuses some of it.
    const auto first = document.find_first_not_of(" \t\r\n");
    if (first != OctetsView::npos && document[first] == '{')
        if (auto tree = read_json(document)) return tree;
    return read_yaml(document);
}

}  // namespace onceway::description
