#include "security-server/records/stamp_tree.hpp"

#include "certs/signature/tree.hpp"
#include "certs/signature/verify.hpp"

#include "tests/security-server/records/samples.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::records;

namespace {

std::vector<Octets> leaves_of(std::size_t count) {
    std::vector<Octets> leaves;
    for (std::size_t i = 0; i < count; ++i) leaves.push_back(keys::sha512("signature " + std::to_string(i)));
    return leaves;
}

}  // namespace

TEST_CASE("the roots of two to seven words are those of message-log §3.8") {
    const std::pair<std::size_t, std::string_view> rows[] = {
        {2, "MARSPzN9ZeFA+a9/yBxPkyIv/z36AP8GqQzEbFW/l84="}, {3, "4qWUaAd7VQz9oNEJ6XP93YjtFPLBy1CDQQX3cNd3OsQ="},
        {4, "D7oIIfhfp4ToT729xyx991PvstI5XvpW+d7oeWvXw8E="}, {5, "OrQBBfRcnqwD8O9zFLs1Gbt+qGHU1a/nGIhRB2PNaHY="},
        {6, "ff2fs1aWtAVFq6J2YO9Kuvree+H3JWa9qKBHkJDrN4A="}, {7, "BOmLZByRqdi2TW3X4RuTckj63dJXWykjYu4CALTlN3Y="},
    };
    std::vector<Octets> words;
    for (const auto* word : {"one", "two", "three", "four", "five", "six", "seven"})
        words.push_back(keys::sha256(word));
    for (const auto& [count, root] : rows) {
        CAPTURE(count);
        const StampTree tree({words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count)}, keys::Digest::sha256);
        CHECK(to_base64(tree.root()) == root);
    }
}

TEST_CASE("of twenty records the first has a chain of five steps and the last one of three") {
    const StampTree tree(leaves_of(20));
    CHECK(tree.chain(0).steps.size() == 5);
    CHECK(tree.chain(19).steps.size() == 3);
}

TEST_CASE("every chain leads from its signature to the root, whatever the number of records") {
    for (const std::size_t count : {2u, 3u, 5u, 8u, 13u, 100u, 257u}) {
        const auto leaves = leaves_of(count);
        const StampTree tree(leaves);
        const auto result = tree.result_document();
        for (std::size_t i = 0; i < count; ++i) {
            CAPTURE(count);
            CAPTURE(i);
            const auto name = "/META-INF/signatures.xml";
            const auto used = signature::check_chain(result, tree.chain_document(i), "/ts-hashchain.xml",
                                                     {{name, leaves[i]}}, {name}, signature::Mode::strict);
            REQUIRE(used);
            for (const auto& step : tree.chain(i).steps) CHECK(step.items.size() == 2);
            const auto stranger =
                signature::check_chain(result, tree.chain_document(i), "/ts-hashchain.xml",
                                       {{name, keys::sha512("another")}}, {name}, signature::Mode::strict);
            REQUIRE_FALSE(stranger);
        }
    }
}

TEST_CASE("in a full batch of ten thousand the chains at every edge of the tree lead to the root") {
    const auto leaves = leaves_of(10'000);
    const StampTree tree(leaves);
    const auto result = tree.result_document();
    for (const std::size_t i : {0, 1, 4'095, 4'096, 8'191, 8'192, 9'215, 9'216, 9'983, 9'984, 9'998, 9'999}) {
        CAPTURE(i);
        const auto name = "/META-INF/signatures.xml";
        CHECK(signature::check_chain(result, tree.chain_document(i), "/ts-hashchain.xml", {{name, leaves[i]}}, {name},
                                     signature::Mode::strict));
        CHECK(tree.chain(i).steps.size() <= 14);
    }
}

TEST_CASE("a tree of time-stamps has the shape and the words of a tree of signatures") {
    const auto leaves = leaves_of(11);
    std::vector<std::vector<Octets>> inputs;
    for (const auto& leaf : leaves) inputs.push_back({leaf});
    const auto other = signature::build_tree(inputs, {"/META-INF/signatures.xml", "/ts-hashchain.xml"});
    const StampTree tree(leaves);
    CHECK(tree.result_document() == message::write_hash_chain_result(other.result));
    for (std::size_t i = 0; i < leaves.size(); ++i)
        CHECK(tree.chain_document(i) == message::write_hash_chain(other.chains[i]));
}
