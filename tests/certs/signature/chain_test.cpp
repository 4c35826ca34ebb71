// Hash chains under suspicion: each way in which one can be wrong has its own reason.
#include "certs/signature/chain.hpp"

#include "certs/signature/tree.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

using namespace onceway;
using namespace onceway::signature;
using message::HashItem;

namespace {

const std::string sha512_name(message::sha512_uri);

/// A message with a body, the second of four that were signed together: its chain has a sibling at each of two levels.
struct Batch {
    std::vector<Octets> digests{keys::sha512("message"), keys::sha512("body")};
    Tree tree = build_tree({{keys::sha512("0")}, digests, {keys::sha512("2")}, {keys::sha512("3")}});
    message::HashChain chain = tree.chains[1];
    message::HashChainResult result = tree.result;
    std::vector<SignedPart> parts{{"/message.xml", digests[0]}, {"/attachment1", digests[1]}};
    std::vector<std::string> required{"/message.xml", "/attachment1"};

    /// The result follows the chain again, as somebody would make it who holds a signing key.
    void sign_again() {
        ChainRules trusting;
        trusting.trusts = [](std::string_view) { return true; };
        trusting.mode = Mode::compatible;
        const auto& top = chain.steps.front();
        result.digest = value_of(top);
    }
    Octets value_of(const message::HashStep& step) const {
        std::vector<Octets> values;
        std::vector<keys::DigestEntry> entries;
        for (const auto& item : step.items)
            values.push_back(item.kind == HashItem::Kind::step ? value_of(*chain.find(item.uri.substr(1)))
                                                               : item.digest);
        for (std::size_t i = 0; i < values.size(); ++i) entries.push_back({values[i], step.items[i].method});
        return keys::sha512(keys::digest_list_der(entries.data(), entries.size()));
    }
    Result<std::vector<std::string>> judge(Mode mode = Mode::strict) const {
        return check_chain(message::write_hash_chain_result(result), message::write_hash_chain(chain),
                           "/sig-hashchain.xml", parts, required, mode);
    }
};

HashItem value(const Octets& digest) { return {HashItem::Kind::value, sha512_name, digest, {}, false}; }
HashItem data(std::string name, const Octets& digest) {
    return {HashItem::Kind::data, sha512_name, digest, std::move(name), false};
}
HashItem way(std::string uri) { return {HashItem::Kind::step, sha512_name, {}, std::move(uri), false}; }

bool says(const Fault& fault, std::string_view word) { return fault.detail.find(word) != std::string::npos; }

}  // namespace

TEST_CASE("a chain of a batch verifies, and names the parts it used") {
    const auto used = Batch().judge();
    REQUIRE_MESSAGE(used, (used ? "" : used.error().detail));
    CHECK(*used == std::vector<std::string>{"/message.xml", "/attachment1"});
}

TEST_CASE("a chain is refused in both modes, with its reason, when") {
    struct {
        const char* why;
        void (*change)(Batch&);
        FaultCode code;
        const char* word;
    } const rows[] = {
        {"the children of a node change places (item 93)",
         [](Batch& batch) { std::swap(batch.chain.steps[0].items[0], batch.chain.steps[0].items[1]); },
         FaultCode::invalid_hash_chain, "does not lead"},
        {"a part is received that it does not name (item 94)",
         [](Batch& batch) {
             batch.parts.push_back({"/attachment2", keys::sha512("more")});
             batch.required.push_back("/attachment2");
         },
         FaultCode::hashchain_unused_inputs, "/attachment2"},
        {"it names a part that was not received (item 95)",
         [](Batch& batch) { batch.chain.steps.back().items[1].uri = "/attachment7"; }, FaultCode::invalid_reference,
         "/attachment7"},
        {"it names something on the network",
         [](Batch& batch) { batch.chain.steps.back().items[1].uri = "http://example.org/x"; },
         FaultCode::invalid_reference, "http://example.org/x"},
        {"a part was digested with another method", [](Batch& batch) { batch.parts[1].sha512.clear(); },
         FaultCode::invalid_reference, "/attachment1"},
        {"a sibling was changed", [](Batch& batch) { batch.chain.steps[0].items[1].digest = keys::sha512("else"); },
         FaultCode::invalid_hash_chain, "does not lead"},
        {"a part was changed", [](Batch& batch) { batch.parts[0].sha512 = keys::sha512("forged"); },
         FaultCode::invalid_hash_chain, "does not lead"},
        {"its last step is missing", [](Batch& batch) { batch.chain.steps.pop_back(); },
         FaultCode::malformed_hash_chain, "#STEP2"},
        {"the result names another step", [](Batch& batch) { batch.result.uri = "/sig-hashchain.xml#STEP9"; },
         FaultCode::malformed_hash_chain, "#STEP9"},
        {"the result names no step", [](Batch& batch) { batch.result.uri = "/sig-hashchain.xml"; },
         FaultCode::malformed_hash_chain, "names no step"},
        {"the result names another document", [](Batch& batch) { batch.result.uri = "/other.xml#STEP0"; },
         FaultCode::invalid_reference, "/other.xml"},
        {"a step refers to itself", [](Batch& batch) { batch.chain.steps[0].items[0].uri = "#STEP0"; },
         FaultCode::invalid_hash_chain, "circle"},
        {"its digest method is unknown",
         [](Batch& batch) { batch.result.method = "http://www.w3.org/2001/04/xmldsig-more#md5"; },
         FaultCode::malformed_hash_chain, "unknown digest method"},
    };
    for (const auto& row : rows)
        for (const auto mode : {Mode::strict, Mode::compatible}) {
            CAPTURE(std::string(row.why));
            Batch batch;
            row.change(batch);
            const auto used = batch.judge(mode);
            REQUIRE_FALSE(used);
            CHECK(used.error().code == row.code);
            CHECK_MESSAGE(says(used.error(), row.word), used.error().detail);
        }
}

TEST_CASE("a chain that its maker signed is refused for its shape, in strict mode only, when") {
    struct {
        const char* why;
        void (*change)(Batch&);
        const char* word;
    } const rows[] = {
        {"an attachment stands for a node of the tree",
         [](Batch& batch) {
             batch.chain.steps = {
                 {"STEP0", {data("/message.xml", batch.digests[0]), data("/attachment1", batch.digests[1])}},
             };
             batch.chain.steps[0].items.push_back(value(keys::sha512("more")));
         },
         "shape"},
        {"the attachment stands before the message",
         [](Batch& batch) { std::swap(batch.chain.steps.back().items[0], batch.chain.steps.back().items[1]); },
         "shape"},
        {"a part is used twice",
         [](Batch& batch) { batch.chain.steps.back().items.push_back(data("/attachment1", batch.digests[1])); },
         "shape"},
        {"two ways lead down", [](Batch& batch) { batch.chain.steps[0].items[1] = way("#STEP2"); }, "shape"},
        {"a step leads nowhere",
         [](Batch& batch) { batch.chain.steps.push_back({"STEP9", {value(keys::sha512("x"))}}); }, "lead nowhere"},
        {"a node uses SHA-1",
         [](Batch& batch) {
             batch.chain.steps[0].items[1].method = "http://www.w3.org/2000/09/xmldsig#sha1";
             batch.chain.steps[0].items[1].digest = std::string(20, 'x');
         },
         "sha1"},
        {"a digest does not have the length of its method",
         [](Batch& batch) { batch.chain.steps[0].items[1].digest = std::string(32, 'x'); }, "length"},
    };
    for (const auto& row : rows) {
        CAPTURE(std::string(row.why));
        Batch batch;
        row.change(batch);
        batch.sign_again();
        const auto tolerated = batch.judge(Mode::compatible);
        CHECK_MESSAGE(tolerated, (tolerated ? "" : tolerated.error().detail));
        const auto refused = batch.judge(Mode::strict);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == FaultCode::malformed_hash_chain);
        CHECK_MESSAGE(says(refused.error(), row.word), refused.error().detail);
    }
}

TEST_CASE("a chain of more steps than are accepted is refused without following it") {
    Batch batch;
    batch.chain.steps.clear();
    for (int i = 0; i < 100; ++i)
        batch.chain.steps.push_back({fmt::format("STEP{}", i), {value("x"), way(fmt::format("#STEP{}", i + 1))}});
    batch.chain.steps.push_back({"STEP100", {data("/message.xml", batch.digests[0])}});
    const auto used = batch.judge(Mode::compatible);
    REQUIRE_FALSE(used);
    CHECK(used.error().code == FaultCode::invalid_hash_chain);
    CHECK(says(used.error(), "64 steps deep"));
}

TEST_CASE("steps that refer to each other many times over cost no more than their number") {
    Batch batch;
    batch.chain.steps.clear();
    for (int i = 0; i < 60; ++i)
        batch.chain.steps.push_back(
            {fmt::format("STEP{}", i), {way(fmt::format("#STEP{}", i + 1)), way(fmt::format("#STEP{}", i + 1))}});
    batch.chain.steps.push_back({"STEP60", {data("/message.xml", batch.digests[0])}});
    const auto used = batch.judge(Mode::compatible);  // 2^60 ways, answered at once
    REQUIRE_FALSE(used);
    CHECK(used.error().code == FaultCode::invalid_hash_chain);
}

TEST_CASE("a document that is no hash chain is malformed") {
    for (const auto text : {"", "no XML", "<a/>", "<HashChain xmlns='http://cyber.ee/hashchain'><x/></HashChain>"}) {
        Batch batch;
        const auto used = check_chain(message::write_hash_chain_result(batch.result), text, "/sig-hashchain.xml",
                                      batch.parts, batch.required, Mode::strict);
        REQUIRE_FALSE(used);
        CHECK(used.error().code == FaultCode::malformed_hash_chain);
    }
}
