// Trees of digests: roots, chains, and what leads from a part to the root.
#include "certs/signature/tree.hpp"

#include "certs/signature/batch.hpp"
#include "certs/signature/chain.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace onceway;
using namespace onceway::signature;

namespace {

/// Digests of the words "one", "two", … as the printed roots have them for leaves.
std::vector<Octets> word_leaves(std::size_t count, keys::Digest algorithm) {
    const std::vector<std::string> words{"one", "two", "three", "four", "five", "six", "seven"};
    std::vector<Octets> leaves;
    for (std::size_t i = 0; i < count; ++i) leaves.push_back(keys::digest(algorithm, words[i]));
    return leaves;
}

std::vector<std::vector<Octets>> single_inputs(std::size_t count) {
    std::vector<std::vector<Octets>> inputs;
    for (std::size_t i = 0; i < count; ++i) inputs.push_back({keys::sha512("message " + std::to_string(i))});
    return inputs;
}

ChainRules rules_for(std::vector<std::string> required) {
    ChainRules rules;
    rules.required = std::move(required);
    return rules;
}

std::vector<ChainInput> inputs_of(const std::vector<Octets>& digests) {
    std::vector<ChainInput> inputs;
    for (std::size_t i = 0; i < digests.size(); ++i)
        inputs.push_back({i == 0 ? "/message.xml" : "/attachment" + std::to_string(i), std::string(message::sha512_uri),
                          digests[i], std::nullopt});
    return inputs;
}

std::vector<std::string> names_of(const std::vector<ChainInput>& inputs) {
    std::vector<std::string> names;
    for (const auto& input : inputs) names.push_back(input.name);
    return names;
}

Result<ChainFinding> follow(const Tree& tree, std::size_t index, const std::vector<Octets>& digests) {
    const auto inputs = inputs_of(digests);
    return follow_chain(message::write_hash_chain_result(tree.result), message::write_hash_chain(tree.chains[index]),
                        inputs, rules_for(names_of(inputs)));
}

}  // namespace

TEST_CASE("the roots of message-transport 4.5.2 and message-log 3.8 are reproduced (item 92)") {
    struct {
        keys::Digest algorithm;
        std::size_t leaves;
        const char* root;
    } const rows[] = {
        {keys::Digest::sha512, 2,
         "9mN6McXncLorcMxWH+cN2M04KKw9UONeZfNAkN3G7Sp8WAoOjrBZJpj71/PVYY9ABrYFcxs/C1glap0a0SyB1Q=="},
        {keys::Digest::sha512, 3,
         "8On/rG2L+8aeFN+g1p9NYcxlbz7hI48S0N1wsWV0YFkaFBqoImgnhXiZAmKtmLtIveVh2OGKaDytWMa3P1V0FQ=="},
        {keys::Digest::sha512, 4,
         "+cOogq2jYIhBKe9+1y5wSdBYAi5S+vXvPXTK6LOrsEeTb2F1MgVUCyfgPbt+UtZdMsgu2/2iCk2CNDvv6Km+Bg=="},
        {keys::Digest::sha512, 5,
         "XO/d4ZQ2QyUBVHH9p0xTF0DXt5nrWe6mx8b9/Oky46x+DSXEKExBz2BlUz5eD2ZksR8Dhp3QSSYfwXgFwn/JCg=="},
        {keys::Digest::sha256, 2, "MARSPzN9ZeFA+a9/yBxPkyIv/z36AP8GqQzEbFW/l84="},
        {keys::Digest::sha256, 3, "4qWUaAd7VQz9oNEJ6XP93YjtFPLBy1CDQQX3cNd3OsQ="},
        {keys::Digest::sha256, 4, "D7oIIfhfp4ToT729xyx991PvstI5XvpW+d7oeWvXw8E="},
        {keys::Digest::sha256, 5, "OrQBBfRcnqwD8O9zFLs1Gbt+qGHU1a/nGIhRB2PNaHY="},
        {keys::Digest::sha256, 6, "ff2fs1aWtAVFq6J2YO9Kuvree+H3JWa9qKBHkJDrN4A="},
        {keys::Digest::sha256, 7, "BOmLZByRqdi2TW3X4RuTckj63dJXWykjYu4CALTlN3Y="},
    };
    for (const auto& row : rows) {
        CAPTURE(row.leaves);
        CHECK(to_base64(tree_root(word_leaves(row.leaves, row.algorithm), row.algorithm)) == row.root);
    }
}

TEST_CASE("the leaf of a message with parts is the digest of their list") {
    CHECK(to_base64(leaf_value({"\x0b", "\x0c", "\x0d", "\x0e"}, keys::Digest::sha256)) ==
          "v3CBVgjKmzZT5hnJ6vj6waqBazZe334tdEoNiL2oM5E=");
    const auto part =
        *from_base64("/WbOVm4ousrS5Ll27WrI12DLfMRrsGhmDR5K4z42cpBw1pVI4gP9tLxqIQ4PljbUo277nWXqKNSbrpJpca5s/Q==");
    const auto body =
        *from_base64("7+zPr4MN4TSakvlT3pfqnkSARqAmapZ6XiMRVYCmV/KShZnS107EukzjXLVn244oBPplzVT879pj6UQRxFVJeA==");
    CHECK(to_base64(leaf_value({part, body})) ==
          "dz6zZDQfDMpb4BSZ47/Q7UbrjdPBPI8J25TFBS+sl1+Kk0nfiUzjgDXb1MmJI9+dmqBFi9QV4xMuaTMF3TpS5w==");
}

TEST_CASE("a message with parts alone is one step that lists them") {
    const auto inputs = std::vector<std::vector<Octets>>{{keys::sha512("message"), keys::sha512("body")}};
    const Tree tree = build_tree(inputs);
    REQUIRE(tree.chains.front().steps.size() == 1);
    CHECK(tree.chains.front().steps.front().items.back().uri == "/attachment1");
    CHECK(follow(tree, 0, inputs.front()));
}

TEST_CASE("of twenty leaves the first chain has five steps and the last three") {
    const auto inputs = single_inputs(20);
    const Tree tree = build_tree(inputs);
    CHECK(tree.chains.front().steps.size() == 5);
    CHECK(tree.chains.back().steps.size() == 3);
}

TEST_CASE("every chain of a tree of any size leads from its message to the root") {
    for (std::size_t count = 1; count <= 40; ++count) {
        auto inputs = single_inputs(count);
        inputs[count / 2].push_back(keys::sha512("a body"));
        const Tree tree = build_tree(inputs);
        for (std::size_t i = 0; i < count; ++i) {
            CAPTURE(count);
            CAPTURE(i);
            const auto found = follow(tree, i, inputs[i]);
            REQUIRE_MESSAGE(found, (found ? "" : found.error().detail));
            CHECK(found->used.front() == "/message.xml");
        }
    }
}

TEST_CASE("a chain does not lead from another message to the root") {
    const auto inputs = single_inputs(4);
    const Tree tree = build_tree(inputs);
    const auto other = follow(tree, 1, inputs[2]);
    REQUIRE_FALSE(other);
    CHECK(other.error().code == FaultCode::invalid_hash_chain);
}

TEST_CASE("a batch is written in one go exactly as its tree is written step by step") {
    for (std::size_t count = 1; count <= 40; ++count)
        for (const std::size_t parts : {1U, 2U, 3U}) {
            if (count == 1 && parts == 1) continue;
            CAPTURE(count);
            CAPTURE(parts);
            std::vector<std::vector<Octets>> messages(count);
            for (std::size_t i = 0; i < count; ++i)
                for (std::size_t part = 0; part < 1 + (i + parts - 1) % 3 || part < parts; ++part)
                    messages[i].push_back(keys::sha512(fmt::format("{} {}", i, part)));
            const auto tree = build_tree(messages);
            const auto written = write_batch(messages);
            CHECK(written.result == message::write_hash_chain_result(tree.result));
            REQUIRE(written.chains.size() == count);
            for (std::size_t i = 0; i < count; ++i)
                CHECK(written.chains[i] == message::write_hash_chain(tree.chains[i]));
        }
}
