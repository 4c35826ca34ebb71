#include "certs/signature/batch.hpp"

#include "certs/signature/chain_layout.hpp"
#include "certs/signature/names.hpp"
#include "certs/signature/tree.hpp"

#include <bit>
#include <charconv>

namespace onceway::signature {
namespace {

/// A run of leaves with the value of its top; a run of one is that leaf.
struct Node {
    std::size_t first, count;
    Octets value;
    std::string base64;
    std::size_t left = 0, right = 0;  // places in the tree; 0: none, because the root is nobody's child
};

void append(std::string& text, std::size_t number) {
    std::array<char, 20> digits;
    text.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
}

class Batch {
public:
    explicit Batch(const std::vector<std::vector<Octets>>& messages) : messages_(messages) {
        nodes_.reserve(2 * messages.size());
        grow(0, messages.size());
    }

    BatchDocuments documents() const {
        BatchDocuments all{layout_.result_begin + nodes_.front().base64 + layout_.result_end, {}};
        all.chains.reserve(messages_.size());
        for (std::size_t i = 0; i < messages_.size(); ++i) all.chains.push_back(chain_of(i));
        return all;
    }

private:
    std::size_t grow(std::size_t first, std::size_t count) {
        const std::size_t place = nodes_.size();
        nodes_.push_back({first, count, {}, {}});
        Octets value;
        if (count == 1) {
            value = leaf_value(messages_[first]);
        } else {
            const std::size_t share = std::bit_floor(count - 1);  // the largest power of two below
            const auto left = grow(first, share), right = grow(first + share, count - share);
            value = leaf_value({nodes_[left].value, nodes_[right].value});
            nodes_[place].left = left;
            nodes_[place].right = right;
        }
        nodes_[place].base64 = to_base64(value);
        nodes_[place].value = std::move(value);
        return place;
    }

    Octets chain_of(std::size_t message) const {
        const auto& parts = messages_[message];
        std::string text;
        text.reserve(4096);
        text += layout_.begin;
        std::size_t steps = 0;
        for (const Node* node = &nodes_.front(); node->left != 0;) {
            const Node &left = nodes_[node->left], &right = nodes_[node->right];
            const bool goes_left = message < right.first;
            const Node& own = goes_left ? left : right;
            begin_step(text, steps++);
            if (!goes_left) append_value(text, left);
            if (own.left != 0 || parts.size() > 1)
                append_way(text, steps);
            else
                append_data(text, 0, parts.front());
            if (goes_left) append_value(text, right);
            text += layout_.step_end;
            node = &own;
        }
        if (parts.size() > 1) append_list(text, steps, parts);
        return text.append(layout_.end);
    }

    void begin_step(std::string& text, std::size_t number) const {
        text += layout_.step_begin;
        append(text, number);
        text += layout_.step_named;
    }
    void append_value(std::string& text, const Node& sibling) const {
        text.append(layout_.value_begin).append(sibling.base64).append(layout_.value_end);
    }
    void append_way(std::string& text, std::size_t next) const {
        text += layout_.way_begin;
        append(text, next);
        text += layout_.way_end;
    }
    void append_data(std::string& text, std::size_t part, const Octets& digest) const {
        text.append(layout_.data_begin).append(part == 0 ? message_name : attachment_name);
        if (part > 0) append(text, part);
        text.append(layout_.data_named).append(to_base64(digest)).append(layout_.data_end);
    }
    void append_list(std::string& text, std::size_t step, const std::vector<Octets>& parts) const {
        begin_step(text, step);
        for (std::size_t i = 0; i < parts.size(); ++i) append_data(text, i, parts[i]);
        text += layout_.step_end;
    }

    const ChainLayout& layout_ = chain_layouts().front();
    const std::vector<std::vector<Octets>>& messages_;
    std::vector<Node> nodes_;  // the root first
};

}  // namespace

BatchDocuments write_batch(const std::vector<std::vector<Octets>>& messages) { return Batch(messages).documents(); }

}  // namespace onceway::signature
