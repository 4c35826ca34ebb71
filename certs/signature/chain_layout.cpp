#include "certs/signature/chain_layout.hpp"

#include "certs/keys/digest.hpp"
#include "certs/signature/names.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/message/hash_chain.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace onceway::signature {
namespace {

constexpr std::size_t digest_octets = 64, digest_digits = 88;

/// The literal texts of one layout: `hash` and `ds` are the prefixes of the two namespaces.
struct Literals {
    explicit Literals(std::string_view hash, std::string_view ds) {
        const std::string_view first = hash.empty() ? message::hash_chain_namespace : dsig,
                               second = hash.empty() ? dsig : message::hash_chain_namespace;
        const std::string spaces = fmt::format(R"(xmlns="{}" xmlns:ns2="{}")", first, second);
        const std::string digest_end = fmt::format("</{}DigestValue>\n", ds);
        result_begin = fmt::format(
            "{}<{}HashChainResult URI=\"{}#STEP0\" {}>\n    <{}DigestMethod Algorithm=\"{}\"/>\n"
            "    <{}DigestValue>",
            declaration, hash, chain_name, spaces, ds, message::sha512_uri, ds);
        result_end = fmt::format("{}</{}HashChainResult>\n", digest_end, hash);
        begin = fmt::format("{}<{}HashChain {}>\n    <{}DefaultDigestMethod Algorithm=\"{}\"/>\n", declaration, hash,
                            spaces, hash, message::sha512_uri);
        step_begin = fmt::format("    <{}HashStep id=\"STEP", hash);
        step_named = "\">\n";
        value_begin = fmt::format("        <{}HashValue>\n            <{}DigestValue>", hash, ds);
        value_end = fmt::format("{}        </{}HashValue>\n", digest_end, hash);
        way_begin = fmt::format("        <{}StepRef URI=\"#STEP", hash);
        way_end = "\"/>\n";
        data_begin = fmt::format("        <{}DataRef URI=\"", hash);
        data_named = fmt::format("\">\n            <{}DigestValue>", ds);
        data_end = fmt::format("{}        </{}DataRef>\n", digest_end, hash);
        step_end = fmt::format("    </{}HashStep>\n", hash);
        end = fmt::format("</{}HashChain>\n", hash);
    }

    static constexpr std::string_view dsig = "http://www.w3.org/2000/09/xmldsig#",
                                      declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
    std::string result_begin, result_end;
    std::string begin, step_begin, step_named, value_begin, value_end, way_begin, way_end, data_begin, data_named,
        data_end, step_end, end;
};

const std::array<Literals, 2>& layouts() {
    static const std::array both{Literals("ns2:", ""), Literals("", "ns2:")};
    return both;
}

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
    std::optional<Octets> take_digest() {
        if (rest_.size() < digest_digits) return std::nullopt;
        auto digest = from_base64(rest_.substr(0, digest_digits));
        if (!digest || digest->size() != digest_octets) return std::nullopt;
        rest_.remove_prefix(digest_digits);
        return std::move(*digest);
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
    ChainScan(const Literals& layout, std::string_view chain, const std::vector<SignedPart>& parts)
        : layout_(layout), scan_(chain), parts_(parts) {}

    /// The value of the top step.
    std::optional<Octets> top() {
        if (!are_usual_parts() || !scan_.take(layout_.begin)) return std::nullopt;
        while (!leaf_) {
            if (above_.size() == limits::hash_chain_depth || !read_step()) return std::nullopt;
        }
        if (!scan_.take(layout_.end) || !scan_.at_end()) return std::nullopt;
        Octets value = std::move(*leaf_);
        for (auto step = above_.rbegin(); step != above_.rend(); ++step)
            value = step->sibling_first ? combined(step->sibling, value) : combined(value, step->sibling);
        return value;
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
            if (!named || parts_[i].sha512.size() != digest_octets) return false;
        }
        return !parts_.empty();
    }

    bool read_step() {
        if (!scan_.take(layout_.step_begin) || !scan_.take_number(above_.size()) || !scan_.take(layout_.step_named))
            return false;
        if (scan_.take(layout_.value_begin)) {
            auto sibling = rest_of_value();
            if (!sibling || !read_way(*sibling, true)) return false;
        } else if (scan_.take(layout_.way_begin)) {
            if (!rest_of_way() || !scan_.take(layout_.value_begin)) return false;
            auto sibling = rest_of_value();
            if (!sibling) return false;
            above_.push_back({std::move(*sibling), false});
        } else if (!read_leaf()) {
            return false;
        }
        return scan_.take(layout_.step_end);
    }

    std::optional<Octets> rest_of_value() {
        auto value = scan_.take_digest();
        return value && scan_.take(layout_.value_end) ? std::move(value) : std::nullopt;
    }
    bool rest_of_way() { return scan_.take_number(above_.size() + 1) && scan_.take(layout_.way_end); }

    /// What stands behind a sibling: the next step, or the only part.
    bool read_way(Octets& sibling, bool sibling_first) {
        if (scan_.take(layout_.way_begin)) {
            if (!rest_of_way()) return false;
            above_.push_back({std::move(sibling), sibling_first});
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
            auto sibling = rest_of_value();
            if (!sibling) return false;
            leaf_ = combined(parts_.front().sha512, *sibling);
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
        return scan_.take(layout_.data_begin) && scan_.take(parts_[part].name) && scan_.take(layout_.data_named) &&
               scan_.take_digest() && scan_.take(layout_.data_end);
    }

    const Literals& layout_;
    Scan scan_;
    const std::vector<SignedPart>& parts_;
    std::vector<Above> above_;
    std::optional<Octets> leaf_;
};

}  // namespace

std::optional<Octets> read_chain_result(std::string_view document) {
    for (const Literals& layout : layouts()) {
        Scan scan(document);
        if (!scan.take(layout.result_begin)) continue;
        auto digest = scan.take_digest();
        return digest && scan.take(layout.result_end) && scan.at_end() ? std::move(digest) : std::nullopt;
    }
    return std::nullopt;
}

bool leads_to(OctetsView digest, std::string_view chain, const std::vector<SignedPart>& parts) {
    for (const Literals& layout : layouts())
        if (chain.starts_with(layout.begin)) return ChainScan(layout, chain, parts).top() == digest;
    return false;
}

}  // namespace onceway::signature
