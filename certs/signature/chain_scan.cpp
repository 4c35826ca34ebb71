#include "certs/signature/chain_scan.hpp"

#include "certs/keys/digest.hpp"
#include "certs/signature/chain_layout.hpp"
#include "certs/signature/names.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/message/hash_chain.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace onceway::signature {
namespace {

/// Takes a text from its beginning, literal by literal.
class Scan {
public:
    explicit Scan(std::string_view text) : rest_(text) {}

    bool take(std::string_view literal) {
        if (!rest_.starts_with(literal)) return false;
        rest_.remove_prefix(literal.size());
        return true;
    }
    bool take_number(std::size_t wanted) {
        std::array<char, 8> digits;
        const auto end = std::to_chars(digits.begin(), digits.end(), wanted).ptr;
        return take({digits.begin(), end});
    }
    /// Base64 of exactly one SHA-512 value.
    bool take_digest(Octets& into) {
        if (rest_.size() < chain_digest_digits) return false;
        auto digest = from_base64(rest_.substr(0, chain_digest_digits));
        if (!digest || digest->size() != chain_digest_octets) return false;
        rest_.remove_prefix(chain_digest_digits);
        into = std::move(*digest);
        return true;
    }
    bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

Octets combined(OctetsView left, OctetsView right) {
    const keys::DigestEntry entries[] = {{left, message::sha512_uri}, {right, message::sha512_uri}};
    return keys::sha512(keys::digest_list_der(entries, 2));
}

/// Reads one chain and evaluates it from the leaf upwards.
class ChainScan {
public:
    ChainScan(const ChainLayout& layout, std::string_view chain, const std::vector<SignedPart>& parts)
        : layout_(layout), scan_(chain), parts_(parts) {}

    bool leads_to(OctetsView digest) {
        if (!are_usual_parts() || !scan_.take(layout_.begin)) return false;
        while (leaf_.empty())
            if (above_.size() == limits::hash_chain_depth || !read_step()) return false;
        if (!scan_.take(layout_.end) || !scan_.at_end()) return false;
        Octets value = leaf_;
        for (auto step = above_.rbegin(); step != above_.rend(); ++step)
            value = step->sibling_first ? combined(step->sibling, value) : combined(value, step->sibling);
        return value == digest;
    }

private:
    /// A node of the tree whose own child is the next step.
    struct Above {
        Octets sibling;
        bool sibling_first;
    };

    bool are_usual_parts() const {
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            const bool named =
                i == 0 ? parts_[i].name == message_name : parts_[i].name == fmt::format("{}{}", attachment_name, i);
            if (!named || parts_[i].sha512.size() != chain_digest_octets) return false;
        }
        return !parts_.empty();
    }

    bool read_step() {
        if (!scan_.take(layout_.step_begin) || !scan_.take_number(above_.size()) || !scan_.take(layout_.step_named))
            return false;
        if (scan_.take(layout_.value_begin)) {
            Octets sibling;
            if (!rest_of_value(sibling) || !read_way(sibling)) return false;
        } else if (scan_.take(layout_.way_begin)) {
            if (!rest_of_way() || !scan_.take(layout_.value_begin)) return false;
            Octets sibling;
            if (!rest_of_value(sibling)) return false;
            above_.push_back({std::move(sibling), false});
        } else if (!read_leaf()) {
            return false;
        }
        return scan_.take(layout_.step_end);
    }

    bool rest_of_value(Octets& into) { return scan_.take_digest(into) && scan_.take(layout_.value_end); }
    bool rest_of_way() { return scan_.take_number(above_.size() + 1) && scan_.take(layout_.way_end); }

    /// What stands behind a sibling: the next step, or the only part.
    bool read_way(Octets& sibling) {
        if (scan_.take(layout_.way_begin)) {
            if (!rest_of_way()) return false;
            above_.push_back({std::move(sibling), true});
            return true;
        }
        if (parts_.size() != 1 || !read_data(0)) return false;
        leaf_ = combined(sibling, parts_.front().sha512);
        return true;
    }

    /// The list of all parts, or the only part before its sibling.
    bool read_leaf() {
        if (!read_data(0)) return false;
        if (parts_.size() == 1 && scan_.take(layout_.value_begin)) {
            Octets sibling;
            if (!rest_of_value(sibling)) return false;
            leaf_ = combined(parts_.front().sha512, sibling);
            return true;
        }
        std::vector<keys::DigestEntry> entries{{parts_.front().sha512, message::sha512_uri}};
        for (std::size_t i = 1; i < parts_.size(); ++i) {
            if (!read_data(i)) return false;
            entries.push_back({parts_[i].sha512, message::sha512_uri});
        }
        leaf_ = keys::sha512(keys::digest_list_der(entries.data(), entries.size()));
        return true;
    }

    /// The digest that stands there is never looked at; it only has to be one.
    bool read_data(std::size_t part) {
        Octets unused;
        return scan_.take(layout_.data_begin) && scan_.take(parts_[part].name) && scan_.take(layout_.data_named) &&
               scan_.take_digest(unused) && scan_.take(layout_.data_end);
    }

    const ChainLayout& layout_;
    Scan scan_;
    const std::vector<SignedPart>& parts_;
    std::vector<Above> above_;
    Octets leaf_;  // the value of the last step; empty until it was read
};

}  // namespace

std::optional<Octets> read_chain_result(std::string_view document) {
    for (const ChainLayout& layout : chain_layouts()) {
        Scan scan(document);
        if (!scan.take(layout.result_begin)) continue;
        Octets digest;
        if (scan.take_digest(digest) && scan.take(layout.result_end) && scan.at_end()) return digest;
    }
    return std::nullopt;
}

bool leads_to(OctetsView digest, std::string_view chain, const std::vector<SignedPart>& parts) {
    for (const ChainLayout& layout : chain_layouts())
        if (chain.starts_with(layout.begin)) return ChainScan(layout, chain, parts).leads_to(digest);
    return false;
}

}  // namespace onceway::signature
