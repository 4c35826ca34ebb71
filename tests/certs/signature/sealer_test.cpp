// Sealing: what is written verifies, for every kind of key, in every form, from many callers at once.
#include "certs/signature/sealer.hpp"

#include "schemas/message/hash_chain.hpp"
#include "tests/certs/signature/sealed.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/run.hpp"
#include "tests/support/spawn.hpp"

#include <doctest/doctest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <future>
#include <set>
#include <thread>

using namespace onceway;
using namespace onceway::tests;

namespace {

/// Gives its thread away until its seal is there, and says whether it came back on its own executor.
boost::asio::awaitable<void> seal_one(signature::Sealer& sealer, int number, std::thread::id home, int& done) {
    std::vector<Octets> digests{keys::sha512("message " + std::to_string(number))};
    auto seal = co_await sealer.seal(signing_member, digests);
    CHECK(seal.has_value());
    CHECK(std::this_thread::get_id() == home);
    if (seal) ++done;
}

boost::asio::awaitable<void> seal_into(signature::Sealer& sealer, int number, std::vector<signature::Seal>& into,
                                       identity::MemberId member = signing_member) {
    std::vector<Octets> digests{keys::sha512("message " + std::to_string(number))};
    auto seal = co_await sealer.seal(member, digests);
    CHECK(seal.has_value());
    if (seal) into.push_back(*seal);
}

boost::asio::awaitable<void> be_refused(signature::Sealer& sealer, identity::MemberId member,
                                        std::vector<Octets> digests, std::vector<std::string>& why) {
    auto seal = co_await sealer.seal(member, digests);
    CHECK_FALSE(seal.has_value());
    if (!seal) why.push_back(seal.error().detail);
}

/// Always the same key.
signature::KeySource source_of(const Signer& signer) {
    auto key = std::make_shared<const signature::SigningKey>(signer.key);
    return [key](const identity::MemberId&) -> Result<std::shared_ptr<const signature::SigningKey>> { return key; };
}

std::string why(const Result<signature::Verified>& verified) {
    return verified ? "" : verified.error().wire_code() + ": " + verified.error().detail;
}

}  // namespace

TEST_CASE("a sealed message verifies with every kind of key, alone or with a body") {
    for (const auto kind : {"RSA-2048", "RSA-3072", "RSA-4096", "P-256", "P-384"})
        for (const std::size_t parts : {1, 2, 4}) {
            CAPTURE(std::string(kind));
            CAPTURE(parts);
            const Signer signer(kind);
            const SealedMessage sealed(signer, std::vector<Octets>(parts, "content"));
            const auto verified = signature::verify(sealed.question(), *signer.trust, test_time());
            REQUIRE_MESSAGE(verified, why(verified));
            CHECK(verified->by_chain == (parts > 1));
            CHECK(verified->covered == std::vector<bool>(parts, true));
            CHECK(verified->certificate == signer.own.certificate);
        }
}

TEST_CASE("a message alone has no hash chain, one with parts has both documents (items 89, 90)") {
    const Signer signer;
    const SealedMessage plain(signer, {"message"}), chained(signer, {"message", "body"});
    CHECK(plain.seal.chain_result == nullptr);
    CHECK(plain.seal.chain.empty());
    CHECK(contains(plain.signature, R"(URI="/message.xml")"));
    CHECK(contains(plain.signature, "<xades:MimeType>text/xml</xades:MimeType>"));
    CHECK(contains(chained.signature, R"(URI="/sig-hashchainresult.xml")"));
    CHECK(contains(chained.signature, "<xades:MimeType>application/hash-chain-result</xades:MimeType>"));
    CHECK(contains(chained.chain, "/attachment1"));
}

TEST_CASE("an ECDSA value has twice the octets of the field") {
    struct {
        const char* kind;
        std::size_t octets;
    } const rows[] = {{"P-256", 64}, {"P-384", 96}};
    for (const auto& row : rows)
        for (int i = 0; i < 20; ++i) {
            const Signer signer(row.kind);
            const SealedMessage sealed(signer, {"message " + std::to_string(i)});
            CHECK(must(signature::outline(sealed.signature)).value.size() == row.octets);
        }
}

TEST_CASE("several messages under one signature verify each with its own chain") {
    const Signer signer;
    const std::vector<std::vector<Octets>> contents{{"one"}, {"two", "its body"}, {"three"}, {"four"}, {"five"}};
    std::vector<std::vector<Octets>> digests;
    for (const auto& parts : contents) {
        digests.emplace_back();
        for (const auto& part : parts) digests.back().push_back(keys::sha512(part));
    }
    const auto seals = must(signature::seal_together(signer.key, digests, test_time()));
    REQUIRE(seals.size() == contents.size());
    for (std::size_t i = 0; i < seals.size(); ++i) {
        CAPTURE(i);
        SealedMessage sealed(signer, contents[i]);
        sealed.take(contents[i], seals[i]);
        const auto verified = signature::verify(sealed.question(), *signer.trust, test_time());
        REQUIRE_MESSAGE(verified, why(verified));
        CHECK(seals[i].signature == seals[0].signature);

        sealed.chain = seals[(i + 1) % seals.size()].chain;
        const auto swapped = signature::verify(sealed.question(), *signer.trust, test_time());
        REQUIRE_FALSE(swapped);
        CHECK(contains(swapped.error().wire_code(), "malformed_signature."));
    }
}

TEST_CASE("an issuing authority below the approved one travels in the signature") {
    const CertificateAuthority root("Root"), issuing(root, "Issuing");
    auto parameters = shared_parameters(root);
    parameters.approved_cas.front().intermediates.push_back({issuing.certificate().der(), {}});
    const auto trust = trust_of(std::move(parameters));
    const auto own = issuing.issue_signing(signing_member);
    const signature::SigningKey key{own.key,
                                    own.certificate,
                                    {issuing.certificate()},
                                    {issuing.ocsp(own.certificate), root.ocsp(issuing.certificate())}};
    const auto seal = must(signature::seal_now(key, {keys::sha512("message")}, test_time()));
    const signature::Question question{
        signing_member, {{"/message.xml", keys::sha512("message")}}, *seal.signature, std::nullopt, std::nullopt};
    const auto verified = signature::verify(question, *trust, test_time());
    REQUIRE_MESSAGE(verified, why(verified));
    CHECK(contains(*seal.signature, R"(<xades:Cert URI="#encapsulated-cert-1"><xades:CertDigest>)"));

    const auto outline = must(signature::outline(*seal.signature));
    CHECK(outline.certificates == std::vector<Octets>{own.certificate.der(), issuing.certificate().der()});
    CHECK(outline.ocsp == key.ocsp);
}

TEST_CASE("the sealer serves many callers, each on its own thread") {
    const Signer signer;
    const FixedClock clock(test_time());
    const auto source = source_of(signer);
    signature::Sealer sealer(source, clock, 2);
    boost::asio::io_context context;
    int done = 0;
    for (int i = 0; i < 50; ++i) spawn(context, seal_one(sealer, i, std::this_thread::get_id(), done));
    context.run();
    CHECK(done == 50);
}

TEST_CASE("a member without a key gets the reason of its key ring, and a source that throws stops nothing") {
    const Signer signer;
    const FixedClock clock(test_time());
    int calls = 0;
    const auto usual = source_of(signer);
    const signature::KeySource source = [&](const identity::MemberId& member) {
        using Key = Result<std::shared_ptr<const signature::SigningKey>>;
        if (++calls == 1) return Key(fault(FaultCode::cannot_create_signature, "no certificate"));
        if (calls == 2) throw std::runtime_error("disk gone");
        return usual(member);
    };
    signature::Sealer sealer(source, clock);
    const auto refused = run(sealer.seal(signing_member, {keys::sha512("message")}));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail == "no certificate");
    const auto failed = run(sealer.seal(signing_member, {keys::sha512("message")}));
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == FaultCode::cannot_create_signature);
    CHECK_FALSE(contains(failed.error().detail, "disk gone"));
    CHECK(run(sealer.seal(signing_member, {keys::sha512("message")})));
}

TEST_CASE("what waits when the sealer goes is still signed") {
    const Signer signer;
    const FixedClock clock(test_time());
    const auto source = source_of(signer);
    boost::asio::io_context context;
    int done = 0;
    auto sealer = std::make_unique<signature::Sealer>(source, clock);
    for (int i = 0; i < 20; ++i) spawn(context, seal_one(*sealer, i, std::this_thread::get_id(), done));
    context.poll();  // every caller has handed over its message
    sealer.reset();
    context.restart();
    context.run();
    CHECK(done == 20);
}

TEST_CASE("a message alone is signed alone, and the sealer counts one signature for it") {
    const Signer signer;
    const FixedClock clock(test_time());
    signature::Sealer sealer(source_of(signer), clock);
    for (std::uint64_t i = 1; i <= 3; ++i) {
        const auto seal = run(sealer.seal(signing_member, {keys::sha512("message")}));
        REQUIRE(seal);
        CHECK(seal->chain_result == nullptr);
        CHECK(contains(*seal->signature, R"(URI="/message.xml")"));
        CHECK(sealer.work().messages == i);
        CHECK(sealer.work().signatures == i);
    }
    CHECK(sealer.work().waiting == 0);
}

TEST_CASE("messages from several threads share signatures, and each seal stands for itself") {
    constexpr int threads = 3, each = 60;
    const Signer signer("RSA-2048");
    const FixedClock clock(test_time());
    signature::Sealer sealer(source_of(signer), clock);
    std::vector<std::vector<signature::Seal>> seals(threads);
    std::vector<std::thread> callers;
    for (auto& mine : seals)
        callers.emplace_back([&sealer, &mine] {
            boost::asio::io_context context;
            for (int i = 0; i < each; ++i) spawn(context, seal_into(sealer, i, mine));
            context.run();
        });
    for (auto& caller : callers) caller.join();

    std::set<const Octets*> documents;
    for (const auto& mine : seals) {
        REQUIRE(mine.size() == each);
        for (const auto& seal : mine) documents.insert(seal.signature.get());
    }
    CHECK(sealer.work().messages == threads * each);
    CHECK(sealer.work().signatures == documents.size());
    CHECK(documents.size() < threads * each / 4);
}

TEST_CASE(
    "every message of a batch of up to 130, with one to three parts, verifies strictly and as genuine servers do") {
    const Signer signer;
    for (const std::size_t count : {1U, 2U, 3U, 7U, 8U, 9U, 64U, 130U}) {
        CAPTURE(count);
        std::vector<std::vector<Octets>> contents, digests;
        for (std::size_t i = 0; i < count; ++i) {
            contents.emplace_back();
            digests.emplace_back();
            for (std::size_t part = 0; part <= i % 3; ++part) {
                contents.back().push_back(fmt::format("part {} of {}", part, i));
                digests.back().push_back(keys::sha512(contents.back().back()));
            }
        }
        const auto seals = must(signature::seal_together(signer.key, digests, test_time()));
        REQUIRE(seals.size() == count);
        SealedMessage sealed(signer, {"message"});
        for (std::size_t i = 0; i < count; ++i) {
            CAPTURE(i);
            sealed.take(contents[i], seals[i]);
            for (const auto mode : {signature::Mode::strict, signature::Mode::compatible}) {
                const auto verified = signature::verify(sealed.question(), *signer.trust, test_time(), mode);
                REQUIRE_MESSAGE(verified, why(verified));
                CHECK(verified->covered.size() == contents[i].size());
            }
        }
    }
}

TEST_CASE("what a thread has ready together is signed together, although the signer has nothing else to do") {
    constexpr int rounds = 5, together = 20;
    const Signer signer;
    const FixedClock clock(test_time());
    signature::Sealer sealer(source_of(signer), clock);
    for (int round = 0; round < rounds; ++round) {
        boost::asio::io_context context;
        std::vector<signature::Seal> seals;
        for (int i = 0; i < together; ++i) spawn(context, seal_into(sealer, i, seals));
        context.run();
        CHECK(seals.size() == together);
    }
    CHECK(sealer.work().messages == rounds * together);
    CHECK(sealer.work().signatures < 2 * rounds);  // one each, unless this thread was held up meanwhile
}

TEST_CASE("a message is signed although its thread never comes round again") {
    const Signer signer;
    const FixedClock clock(test_time());
    signature::Sealer sealer(source_of(signer), clock);
    boost::asio::io_context context;
    std::vector<signature::Seal> seals;
    spawn(context, seal_into(sealer, 1, seals));
    const auto handed_over = [&] { return sealer.work().waiting + sealer.work().messages > 0; };
    while (!handed_over()) context.run_one();  // then this thread does nothing more
    while (sealer.work().messages == 0) std::this_thread::yield();
    CHECK(sealer.work().signatures == 1);
    context.run();
    CHECK(seals.size() == 1);
}

TEST_CASE("what waits for one member is signed together, what waits for another is not held up by it") {
    const Signer signer;
    const identity::MemberId other{"TEST", "COM", "5678"};
    const FixedClock clock(test_time());
    const auto usual = source_of(signer);
    std::promise<void> begun, go_on;
    std::vector<identity::MemberId> asked;
    const signature::KeySource source = [&](const identity::MemberId& member) {
        if (asked.empty()) {
            begun.set_value();
            go_on.get_future().wait();
        }
        asked.push_back(member);
        return usual(member);
    };
    signature::Sealer sealer(source, clock);
    boost::asio::io_context context;
    std::vector<signature::Seal> first, flood, calm;
    spawn(context, seal_into(sealer, 0, first));
    context.poll();
    begun.get_future().wait();
    for (int i = 0; i < 200; ++i) spawn(context, seal_into(sealer, i, flood));
    spawn(context, seal_into(sealer, 1, calm, other));
    context.poll();
    CHECK(sealer.work().waiting == 201);
    go_on.set_value();
    context.restart();
    context.run();

    CHECK(asked == std::vector{signing_member, signing_member, other, signing_member});
    REQUIRE(flood.size() == 200);
    CHECK(flood.front().signature == flood[127].signature);
    CHECK(flood[128].signature == flood.back().signature);
    CHECK(flood.front().signature != flood.back().signature);
    CHECK(calm.front().chain_result == nullptr);
}

TEST_CASE("when a signature cannot be made, everybody who waited for it learns why, and nobody else") {
    const Signer signer;
    const FixedClock clock(test_time());
    const auto usual = source_of(signer);
    const signature::KeySource source = [&](const identity::MemberId& member) {
        if (member == signing_member) return usual(member);
        return Result<std::shared_ptr<const signature::SigningKey>>(
            fault(FaultCode::cannot_create_signature, "no key of " + member.text()));
    };
    signature::Sealer sealer(source, clock);
    boost::asio::io_context context;
    std::vector<signature::Seal> good;
    std::vector<std::string> refused;
    for (int i = 0; i < 10; ++i) {
        spawn(context, seal_into(sealer, i, good));
        spawn(context, be_refused(sealer, {"TEST", "COM", "none"}, {keys::sha512("x")}, refused));
        spawn(context, be_refused(sealer, signing_member, {}, refused));
    }
    context.run();
    CHECK(good.size() == 10);
    REQUIRE(refused.size() == 20);
    CHECK(std::ranges::count(refused, "no key of MEMBER:TEST/COM/none") == 10);
    CHECK(std::ranges::count(refused, "there is nothing to sign") == 10);
}
