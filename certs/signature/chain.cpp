#include "certs/signature/chain.hpp"

#include "schemas/base/limits.hpp"
#include "schemas/message/hash_chain.hpp"

#include <algorithm>
#include <map>

namespace onceway::signature {
namespace {

using message::HashItem;
using message::HashStep;

Fault malformed(std::string detail) { return fault(FaultCode::malformed_hash_chain, std::move(detail)); }

/// Walks one chain. Values of steps are remembered, so that a step referred to often costs once.
class ChainWalk {
public:
    ChainWalk(const message::HashChain& chain, const std::vector<ChainInput>& inputs, const ChainRules& rules)
        : chain_(chain), inputs_(inputs), rules_(rules) {}

    Result<ChainFinding> run(const message::HashChainResult& result) {
        auto top = resolve(result.uri, false);
        if (!top) return top.error();
        auto value = digest_of_step(**top, result.method, 0);
        if (!value) return value.error();
        if (*value != result.digest)
            return fault(FaultCode::invalid_hash_chain, "the hash chain does not lead to the digest in its result");
        for (const std::string& name : rules_.required)
            if (!is_used(name))
                return fault(FaultCode::hashchain_unused_inputs, name + " is not used by the hash chain");
        return std::move(finding_);
    }

private:
    bool is_used(std::string_view name) const {
        return std::find(finding_.used.begin(), finding_.used.end(), name) != finding_.used.end();
    }

    Result<const HashStep*> resolve(std::string_view uri, bool own_document_allowed) const {
        const auto hash = uri.find('#');
        if (hash == std::string_view::npos || hash + 1 == uri.size())
            return malformed(fmt::format("reference '{}' names no step", uri.substr(0, 100)));
        const auto document = uri.substr(0, hash);
        const bool own = document.empty() ? own_document_allowed : document == rules_.chain_name;
        if (!own) return fault(FaultCode::invalid_reference, fmt::format("cannot resolve '{}'", uri.substr(0, 100)));
        const HashStep* step = chain_.find(uri.substr(hash + 1));
        if (!step) return malformed(fmt::format("the hash chain has no step '{}'", uri.substr(0, 100)));
        return step;
    }

    Result<Octets> digest_of_step(const HashStep& step, std::string_view method, std::size_t depth) {
        const auto algorithm = keys::digest_from_uri(method);
        if (!algorithm) return malformed(fmt::format("unknown digest method '{}'", method.substr(0, 100)));
        auto der = der_of_step(step, depth);
        if (!der) return der.error();
        return keys::digest(*algorithm, *der);
    }

    Result<Octets> der_of_step(const HashStep& step, std::size_t depth) {
        if (const auto known = known_.find(&step); known != known_.end()) {
            if (!known->second)
                return fault(FaultCode::invalid_hash_chain, "the steps of the hash chain form a circle");
            return *known->second;
        }
        if (depth >= limits::hash_chain_depth)
            return fault(FaultCode::invalid_hash_chain,
                         fmt::format("the hash chain is more than {} steps deep", limits::hash_chain_depth));
        known_[&step] = std::nullopt;

        std::vector<Octets> values;
        std::vector<keys::DigestEntry> entries;
        values.reserve(step.items.size());
        for (const HashItem& item : step.items) {
            auto value = value_of(item, depth);
            if (!value) return value.error();
            values.push_back(std::move(*value));
            entries.push_back({values.back(), item.method});
        }
        Octets der = keys::digest_list_der(entries.data(), entries.size());
        known_[&step] = der;
        return der;
    }

    Result<Octets> value_of(const HashItem& item, std::size_t depth) {
        if (item.method.empty()) return malformed("an entry of the hash chain has no digest method");
        if (item.kind == HashItem::Kind::value) return item.digest;
        if (item.kind == HashItem::Kind::data) return value_of_data(item);
        auto step = resolve(item.uri, true);
        if (!step) return step.error();
        return digest_of_step(**step, item.method, depth + 1);
    }

    Result<Octets> value_of_data(const HashItem& item) {
        if (!is_used(item.uri)) finding_.used.push_back(item.uri);
        const auto same_name = [&](const ChainInput& input) { return input.name == item.uri; };
        const auto input = std::find_if(inputs_.begin(), inputs_.end(), same_name);
        const bool given = input != inputs_.end();
        if (given && !input->digest.empty() && input->method == item.method) return input->digest;
        if (given && input->octets) return compared(item, *input->octets);
        if (rules_.trusts && rules_.trusts(item.uri)) {
            finding_.trusted.push_back({item.uri, item.method, item.digest});
            return item.digest;
        }
        return fault(FaultCode::invalid_reference, fmt::format("cannot resolve '{}'", item.uri.substr(0, 100)));
    }

    static Result<Octets> compared(const HashItem& item, OctetsView octets) {
        const auto algorithm = keys::digest_from_uri(item.method);
        if (!algorithm) return malformed(fmt::format("unknown digest method '{}'", item.method.substr(0, 100)));
        if (item.has_transforms || keys::digest(*algorithm, octets) != item.digest)
            return fault(FaultCode::invalid_hash_chain_ref,
                         fmt::format("{} does not have the digest that the hash chain gives", item.uri.substr(0, 100)));
        return item.digest;
    }

    const message::HashChain& chain_;
    const std::vector<ChainInput>& inputs_;
    const ChainRules& rules_;
    ChainFinding finding_;
    std::map<const HashStep*, std::optional<Octets>> known_;  // none while the step is being evaluated
};

// --- the one shape that writers make

Result<void> check_item(const HashItem& item) {
    const auto algorithm = keys::digest_from_uri(item.method);
    const bool allowed = algorithm && *algorithm != keys::Digest::sha1 && *algorithm != keys::Digest::sha224;
    if (!allowed) return malformed(fmt::format("digest method '{}' is not accepted", item.method.substr(0, 100)));
    if (item.has_transforms) return malformed("a hash chain with transforms is not accepted");
    if (item.kind != HashItem::Kind::step && item.digest.size() != keys::size_of(*algorithm))
        return malformed("a digest in the hash chain does not have the length of its method");
    return {};
}

/// The list of all parts: the leaf, then the attachments in their order.
bool is_part_list(const HashStep& step, std::string_view leaf) {
    for (std::size_t i = 0; i < step.items.size(); ++i) {
        const HashItem& item = step.items[i];
        if (item.kind != HashItem::Kind::data) return false;
        if (item.uri != (i == 0 ? std::string(leaf) : fmt::format("/attachment{}", i))) return false;
    }
    return !step.items.empty();
}

/// A node of the tree: a sibling's value beside the way down. Returns the item that leads down.
const HashItem* way_down(const HashStep& step) {
    if (step.items.size() != 2) return nullptr;
    const bool first_is_sibling = step.items[0].kind == HashItem::Kind::value;
    const HashItem& sibling = step.items[first_is_sibling ? 0 : 1];
    const HashItem& way = step.items[first_is_sibling ? 1 : 0];
    return sibling.kind == HashItem::Kind::value && way.kind != HashItem::Kind::value ? &way : nullptr;
}

Result<void> check_shape(const message::HashChain& chain, const message::HashChainResult& result,
                         std::string_view leaf) {
    const auto algorithm = keys::digest_from_uri(result.method);
    if (!algorithm || *algorithm == keys::Digest::sha1 || *algorithm == keys::Digest::sha224)
        return malformed(fmt::format("digest method '{}' is not accepted", result.method.substr(0, 100)));
    const HashStep* step = chain.find(result.uri.substr(result.uri.find('#') + 1));
    for (std::size_t visited = 1; step; ++visited) {
        for (const HashItem& item : step->items)
            if (auto good = check_item(item); !good) return good;
        const HashItem* way = way_down(*step);
        const bool at_leaf =
            is_part_list(*step, leaf) || (way && way->kind == HashItem::Kind::data && way->uri == leaf);
        if (at_leaf && visited == chain.steps.size()) return {};
        if (at_leaf) return malformed("the hash chain has steps that lead nowhere");
        if (!way || way->kind != HashItem::Kind::step)
            return malformed("the hash chain does not have the shape of a tree");
        step = chain.find(way->uri.substr(way->uri.find('#') + 1));
    }
    return malformed("the hash chain does not reach a leaf");
}

}  // namespace

Result<ChainFinding> follow_chain(OctetsView result, OctetsView chain, const std::vector<ChainInput>& inputs,
                                  const ChainRules& rules) {
    auto read_result = message::parse_hash_chain_result(result);
    if (!read_result) return read_result.error();
    auto read_chain = message::parse_hash_chain(chain);
    if (!read_chain) return read_chain.error();
    if (read_chain->steps.size() > limits::hash_chain_steps)
        return malformed(fmt::format("the hash chain has {} steps; {} are accepted", read_chain->steps.size(),
                                     limits::hash_chain_steps));

    ChainWalk walk(*read_chain, inputs, rules);
    auto finding = walk.run(*read_result);
    if (!finding || rules.mode == Mode::compatible) return finding;
    const std::string leaf = rules.required.empty() ? "/message.xml" : rules.required.front();
    if (auto shape = check_shape(*read_chain, *read_result, leaf); !shape) return shape.error();
    return finding;
}

Result<std::vector<std::string>> check_chain(OctetsView result, OctetsView chain, std::string_view chain_name,
                                             const std::vector<SignedPart>& parts,
                                             const std::vector<std::string>& required, Mode mode) {
    std::vector<ChainInput> inputs;
    for (const SignedPart& part : parts)
        inputs.push_back({part.name, std::string(keys::uri_of(keys::Digest::sha512)), part.sha512, std::nullopt});
    ChainRules rules;
    rules.chain_name = chain_name;
    rules.required = required;
    rules.mode = mode;
    auto finding = follow_chain(result, chain, inputs, rules);
    if (!finding) return finding.error();
    return std::move(finding->used);
}

}  // namespace onceway::signature
