// Sealing: what is written verifies, for every kind of key, in every form, from many callers at once.
#include "certs/signature/sealer.hpp"

#include "schemas/message/hash_chain.hpp"
#include "tests/certs/signature/sealed.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

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
        sealed.signature = *seals[i].signature;
        sealed.chain_result = *seals[i].chain_result;
        sealed.chain = seals[i].chain;
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
    const signature::KeySource source = [&](const identity::MemberId&) -> Result<signature::SigningKey> {
        return signer.key;
    };
    signature::Sealer sealer(source, clock, 2);
    boost::asio::io_context context;
    int done = 0;
    for (int i = 0; i < 50; ++i)
        boost::asio::co_spawn(context, seal_one(sealer, i, std::this_thread::get_id(), done), boost::asio::detached);
    context.run();
    CHECK(done == 50);
}

TEST_CASE("a member without a key gets the reason of its key ring, and a source that throws stops nothing") {
    const Signer signer;
    const FixedClock clock(test_time());
    int calls = 0;
    const signature::KeySource source = [&](const identity::MemberId&) -> Result<signature::SigningKey> {
        if (++calls == 1) return fault(FaultCode::cannot_create_signature, "no certificate");
        if (calls == 2) throw std::runtime_error("disk gone");
        return signer.key;
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
    const signature::KeySource source = [&](const identity::MemberId&) -> Result<signature::SigningKey> {
        return signer.key;
    };
    boost::asio::io_context context;
    int done = 0;
    auto sealer = std::make_unique<signature::Sealer>(source, clock);
    for (int i = 0; i < 20; ++i)
        boost::asio::co_spawn(context, seal_one(*sealer, i, std::this_thread::get_id(), done), boost::asio::detached);
    context.poll();  // every caller has handed over its message
    sealer.reset();
    context.restart();
    context.run();
    CHECK(done == 20);
}
