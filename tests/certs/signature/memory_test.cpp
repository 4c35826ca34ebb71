// The memory answers as fast as it can, and never differently: not for another signer, time, snapshot or octet.
#include "certs/signature/memory.hpp"

#include "certs/signature/chain_scan.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/message/hash_chain.hpp"
#include "tests/certs/signature/sealed.hpp"
#include "tests/support/contains.hpp"

#include <doctest/doctest.h>

using namespace onceway;
using namespace onceway::tests;
using namespace std::chrono_literals;
using signature::VerifyMemory;

namespace {

/// Messages of two parts under one signature.
struct Batch {
    explicit Batch(const Signer& signer, std::size_t count = 5) {
        std::vector<std::vector<Octets>> digests;
        for (std::size_t i = 0; i < count; ++i)
            digests.push_back({keys::sha512(contents(i)[0]), keys::sha512(contents(i)[1])});
        const auto seals = must(signature::seal_together(signer.key, digests, test_time()));
        for (std::size_t i = 0; i < count; ++i) {
            messages.emplace_back(signer, std::vector<Octets>{"message"});
            messages.back().take(contents(i), seals[i]);
        }
    }
    static std::vector<Octets> contents(std::size_t i) {
        return {fmt::format("message {}", i), fmt::format("body {}", i)};
    }

    std::vector<SealedMessage> messages;
};

std::string verdict(const Result<signature::Verified>& verified) {
    if (!verified) return verified.error().wire_code() + ": " + verified.error().detail;
    std::string text = fmt::format("{} {} {} {}", to_hex(verified->certificate.sha256()), verified->by_chain,
                                   to_hex(verified->value), verified->covered.size());
    text += verified->signing_time ? rfc3339(*verified->signing_time) : "-";
    const auto& judgement = verified->judgement;
    text += fmt::format(" {} {} {} {}", judgement.path.size(), judgement.ocsp.size(), rfc3339(judgement.from),
                        rfc3339(judgement.deadline));
    return text;
}

/// The verdict with memory, once it is the same as the verdict without.
std::string agreed(const signature::Question& question, const std::shared_ptr<const x509::Trust>& trust, Instant at,
                   VerifyMemory& memory) {
    const std::string with = verdict(signature::verify(question, trust, at, memory));
    CHECK(with == verdict(signature::verify(question, *trust, at)));
    return with;
}

bool accepted(const std::string& verdict) { return !contains(verdict, ": "); }

/// Changed octets that keep a text looking like what it was, or break it.
constexpr std::string_view replacements =
    "A/=<&\n \x80"
    "0\"";

}  // namespace

TEST_CASE("the first message of a batch costs a verification, the others only their chain") {
    const Signer signer("RSA-2048");
    VerifyMemory memory;
    for (const SealedMessage& message : Batch(signer).messages)
        CHECK(accepted(agreed(message.question(), signer.trust, test_time(), memory)));
    CHECK(memory.counts().recognised == 1);
    CHECK(memory.counts().remembered == 4);
    CHECK(memory.counts().parsed == 0);
}

TEST_CASE("messages sealed alone are recognised, with every kind of key and number of parts") {
    VerifyMemory memory;
    std::uint64_t messages = 0;
    for (const auto kind : {"RSA-2048", "P-256", "P-384"}) {
        const Signer signer(kind);
        for (const std::size_t parts : {1, 2, 4}) {
            CAPTURE(std::string(kind));
            CAPTURE(parts);
            const SealedMessage sealed(signer, std::vector<Octets>(parts, "content"));
            CHECK(accepted(agreed(sealed.question(), signer.trust, test_time(), memory)));
            CHECK(memory.counts().recognised == ++messages);
        }
    }
}

TEST_CASE("a signature that brings intermediates is recognised as well") {
    const CertificateAuthority root("Root"), issuing(root, "Issuing");
    auto parameters = shared_parameters(root);
    parameters.approved_cas.front().intermediates.push_back({issuing.certificate().der(), {}});
    const auto trust = trust_of(std::move(parameters));
    const auto own = issuing.issue_signing(signing_member);
    const signature::SigningKey key{own.key,
                                    own.certificate,
                                    {issuing.certificate()},
                                    {issuing.ocsp(own.certificate), root.ocsp(issuing.certificate())}};
    VerifyMemory memory;
    for (int i = 1; i <= 3; ++i) {
        const auto seal = must(signature::seal_now(key, {keys::sha512("message")}, test_time() + i * 1s));
        const signature::Question question{
            signing_member, {{"/message.xml", keys::sha512("message"), {}}}, *seal.signature, {}, {}};
        CHECK(accepted(agreed(question, trust, test_time(), memory)));
    }
    CHECK(memory.counts().recognised == 3);
}

TEST_CASE("another layout is parsed, and remembered all the same") {
    const Signer signer;
    SealedMessage sealed(signer, {"message", "body"});
    sealed.signature = replaced(sealed.signature, "<ds:KeyInfo>\n", "<ds:KeyInfo>\n\n");
    VerifyMemory memory;
    for (int i = 0; i < 3; ++i) CHECK(accepted(agreed(sealed.question(), signer.trust, test_time(), memory)));
    CHECK(memory.counts().parsed == 1);
    CHECK(memory.counts().remembered == 2);

    sealed.chain = replaced(sealed.chain, "    <ns2:HashStep", "  <ns2:HashStep");
    sealed.chain_result = replaced(sealed.chain_result, "    <DigestMethod", "  <DigestMethod");
    const auto refused = agreed(sealed.question(), signer.trust, test_time(), memory);
    CHECK(contains(refused, "does not have the digest that was signed"));
    SealedMessage again(signer, {"message", "body"});
    again.chain = replaced(again.chain, "    <ns2:HashStep", "  <ns2:HashStep");
    CHECK(accepted(agreed(again.question(), signer.trust, test_time(), memory)));
    CHECK(memory.counts().parsed == 2);
    CHECK(accepted(agreed(again.question(), signer.trust, test_time(), memory)));
    CHECK(memory.counts().remembered == 3);
}

TEST_CASE("a remembered signature is judged anew for") {
    const CertificateAuthority authority("Test CA");
    const Signer signer(authority, "P-256");
    const Batch batch(signer);
    const auto& first = batch.messages[0];
    const auto& second = batch.messages[1];
    VerifyMemory memory;
    REQUIRE(accepted(agreed(first.question(), signer.trust, test_time(), memory)));
    auto question = second.question();
    auto trust = signer.trust;
    Instant at = test_time();
    std::string says;
    SUBCASE("another signer") {
        question.signer = {"TEST", "GOV", "9999"};
        says = "incorrect_certificate";
    }
    SUBCASE("another snapshot, which does not approve the authority") {
        trust = Signer(CertificateAuthority("Other CA"), "P-256").trust;
        says = "internal_error";
    }
    SUBCASE("a time after the answer's end") {
        at += 1h + 1ms;
        says = "older than 3600 s";
    }
    SUBCASE("a time before the answer, by a clock that was set back") {
        at -= limits::clock_skew + 1ms;
        says = "in the future";
    }
    const SealedMessage other(signer, {"message", "body"});
    SUBCASE("another chain result") {
        question.chain_result = other.chain_result;
        says = "does not lead to the digest";
    }
    SUBCASE("another chain result with its chain") {
        question = other.question();
        question.signature = second.signature;
        says = "does not have the digest that was signed";
    }
    SUBCASE("a chain of another message") {
        question.chain = first.chain;
        says = "does not lead to the digest";
    }
    SUBCASE("a chain that is missing") {
        question.chain = std::nullopt;
        says = "was not received";
    }
    SUBCASE("a part that was not there") {
        question.parts.push_back({"/attachment2", keys::sha512("third"), {}});
        says = "not used by the hash chain";
    }
    SUBCASE("a part that was taken away") {
        question.parts.pop_back();
        says = "cannot resolve '/attachment1'";
    }
    SUBCASE("a part that was digested otherwise") {
        question.parts.back().sha512.clear();
        says = "cannot resolve '/attachment1'";
    }
    const auto refused = agreed(question, trust, at, memory);
    CHECK_FALSE(accepted(refused));
    CHECK_MESSAGE(contains(refused, says), refused);
    CHECK(memory.counts().remembered == 0);
}

TEST_CASE("within its time a remembered signature stands to the last millisecond, and again with a fresh snapshot") {
    const CertificateAuthority authority("Test CA");
    const Signer signer(authority, "P-256");
    const Batch batch(signer);
    VerifyMemory memory;
    const auto ask = [&](std::size_t message, const std::shared_ptr<const x509::Trust>& trust, Instant at) {
        return accepted(agreed(batch.messages[message].question(), trust, at, memory));
    };
    CHECK(ask(0, signer.trust, test_time()));
    CHECK(ask(1, signer.trust, test_time() + 1h));
    CHECK(ask(2, signer.trust, test_time() - limits::clock_skew));
    CHECK(memory.counts().remembered == 2);

    const auto renewed = trust_of(shared_parameters(authority));
    CHECK(ask(3, renewed, test_time()));
    CHECK(memory.counts().remembered == 2);
    CHECK(ask(4, renewed, test_time()));
    CHECK(memory.counts().remembered == 3);
    CHECK(ask(4, signer.trust, test_time()));
    CHECK(memory.counts().remembered == 3);
}

TEST_CASE("a signing time too far ahead is refused whatever was remembered at a later moment") {
    const CertificateAuthority authority("Test CA");
    const Signer signer(authority, "P-256");
    // An answer that is fresh for a day lets the clock go back further than the signing time may lie ahead.
    auto parameters = shared_parameters(authority);
    parameters.ocsp_freshness_seconds = 86'400;
    const auto trust = trust_of(std::move(parameters));
    auto key = signer.key;
    key.ocsp = {authority.ocsp(signer.own.certificate, test_time() - 1h)};
    const auto seal = must(signature::seal_now(key, {keys::sha512("message"), keys::sha512("body")}, test_time()));
    SealedMessage sealed(signer, {"message"});
    sealed.take({"message", "body"}, seal);
    VerifyMemory memory;
    CHECK(accepted(agreed(sealed.question(), trust, test_time(), memory)));
    CHECK(accepted(agreed(sealed.question(), trust, test_time() - signature::signing_time_ahead, memory)));
    CHECK(memory.counts().remembered == 1);
    const auto refused = agreed(sealed.question(), trust, test_time() - signature::signing_time_ahead - 1ms, memory);
    CHECK(contains(refused, "lies ahead"));
}

TEST_CASE("no octet of a remembered signature, its result or its chain may be another") {
    const Signer signer;
    const Batch batch(signer);
    VerifyMemory memory;
    REQUIRE(accepted(agreed(batch.messages[0].question(), signer.trust, test_time(), memory)));
    struct {
        const char* which;
        Octets SealedMessage::* document;
        std::size_t stride;
    } const rows[] = {{"signature", &SealedMessage::signature, 13},
                      {"result", &SealedMessage::chain_result, 1},
                      {"chain", &SealedMessage::chain, 1}};
    for (const auto& row : rows) {
        CAPTURE(std::string(row.which));
        SealedMessage sealed = batch.messages[1];
        Octets& document = sealed.*row.document;
        for (std::size_t i = 0; i < document.size(); i += row.stride) {
            CAPTURE(i);
            const char before = document[i];
            document[i] = replacements[i % replacements.size()];
            if (document[i] != before) agreed(sealed.question(), signer.trust, test_time(), memory);
            document[i] = before;
        }
    }
    CHECK(accepted(agreed(batch.messages[2].question(), signer.trust, test_time(), memory)));
    CHECK(memory.counts().remembered > 0);
}

TEST_CASE("what a memory holds is bounded: the oldest signature gives way") {
    const Signer signer;
    const Batch first(signer, 3);
    VerifyMemory memory;
    REQUIRE(accepted(agreed(first.messages[0].question(), signer.trust, test_time(), memory)));
    REQUIRE(accepted(agreed(first.messages[1].question(), signer.trust, test_time(), memory)));
    REQUIRE(memory.counts().remembered == 1);
    for (int i = 0; i < 32; ++i)
        agreed(SealedMessage(signer, {"message", "body"}).question(), signer.trust, test_time(), memory);
    CHECK(accepted(agreed(first.messages[2].question(), signer.trust, test_time(), memory)));
    CHECK(memory.counts().remembered == 1);
    CHECK(memory.counts().recognised == 34);
}

TEST_CASE("a chain is followed in both layouts of its namespaces, and only from exactly the parts that are there") {
    const Signer signer;
    for (const SealedMessage& message : Batch(signer).messages) {
        const auto parts = message.question().parts;
        const auto top = signature::read_chain_result(message.chain_result);
        REQUIRE(top);
        CHECK(*top == must(message::parse_hash_chain_result(message.chain_result)).digest);
        CHECK(signature::leads_to(*top, message.chain, parts));
        CHECK_FALSE(signature::leads_to(*top, message.chain + " ", parts));
        CHECK_FALSE(signature::leads_to(*top, message.chain, {parts[0]}));
        CHECK_FALSE(signature::leads_to(*top, message.chain, {parts[1], parts[0]}));
        CHECK_FALSE(signature::leads_to(*top, message.chain, {}));
        CHECK_FALSE(signature::leads_to(keys::sha512("other"), message.chain, parts));

        const auto other_layout = [](std::string text) {
            for (const auto& [from, to] : {std::pair{"<", "<ns2:"},
                                           {"<ns2:ns2:", "<"},
                                           {"<ns2:/ns2:", "</"},
                                           {"<ns2:/", "</ns2:"},
                                           {"<ns2:?", "<?"},
                                           {"xmlns=", "XMLNS2"},
                                           {"xmlns:ns2=", "xmlns="},
                                           {"XMLNS2", "xmlns:ns2="}})
                for (auto at = text.find(from); at != std::string::npos;
                     at = text.find(from, at + std::string_view(to).size()))
                    text.replace(at, std::string_view(from).size(), to);
            const auto first = text.find("xmlns:ns2"), second = text.find("xmlns=");
            const auto end = text.find('>', second);
            return text.substr(0, first) + text.substr(second, end - second) + " " +
                   text.substr(first, second - first - 1) + text.substr(end);
        };
        const Octets result = other_layout(message.chain_result), chain = other_layout(message.chain);
        REQUIRE(must(message::parse_hash_chain_result(result)).digest == *top);
        CHECK(signature::read_chain_result(result) == top);
        CHECK(signature::leads_to(*top, chain, parts));
    }
}
