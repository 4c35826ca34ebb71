// bench_signature [RSA-2048|RSA-3072|P-256]: what signing and verifying a message of two parts costs, step by step, on
// one thread. The budget it is held against stands in docs/performance.md.
#include "certs/signature/chain_scan.hpp"
#include "certs/signature/memory.hpp"
#include "certs/signature/prepared_key.hpp"
#include "certs/signature/steps.hpp"
#include "tests/support/certificates.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <ctime>

namespace onceway::bench {
namespace {

using tests::must;
using tests::test_time;

const identity::MemberId member{"TEST", "GOV", "1234"};

double cpu_us() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
}

/// Processor time of one `step` in µs: the least of nine runs of `times`.
template <class Step>
double cost(int times, const Step& step) {
    double least = 1e12;
    for (int run = 0; run < 9; ++run) {
        const double begun = cpu_us();
        for (int i = 0; i < times; ++i) step();
        least = std::min(least, (cpu_us() - begun) / times);
    }
    return least;
}

void print(std::string_view what, double us) { fmt::print("{:56} {:9.2f} us\n", what, us); }

struct Scene {
    explicit Scene(std::string_view kind)
        : authority("Bench CA"),
          own(authority.issue_signing(member, tests::shared_key(kind))),
          trust(tests::trust_of(tests::shared_parameters(authority))),
          key(std::make_shared<const signature::SigningKey>(
              signature::SigningKey{own.key, own.certificate, {}, {authority.ocsp(own.certificate)}})) {}

    tests::CertificateAuthority authority;
    tests::Identity own;
    std::shared_ptr<const x509::Trust> trust;
    std::shared_ptr<const signature::SigningKey> key;
};

/// Digests of `count` messages with a body.
std::vector<std::vector<Octets>> messages(std::size_t count) {
    std::vector<std::vector<Octets>> all;
    for (std::size_t i = 0; i < count; ++i)
        all.push_back({keys::sha512(fmt::format("message {}", i)), keys::sha512(fmt::format("body {}", i))});
    return all;
}

signature::Question question(const std::vector<Octets>& digests, const signature::Seal& seal) {
    signature::Question asked{member, {}, *seal.signature, std::nullopt, std::nullopt};
    for (const Octets& digest : digests)
        asked.parts.push_back(
            {asked.parts.empty() ? "/message.xml" : fmt::format("/attachment{}", asked.parts.size()), digest, {}});
    if (seal.chain_result) asked.chain_result = *seal.chain_result;
    if (!seal.chain.empty()) asked.chain = seal.chain;
    return asked;
}

void measure_signing(const Scene& scene) {
    const signature::PreparedKey prepared(scene.key);
    const auto one = messages(1);
    print("sign: key prepared for each signature",
          cost(50, [&] { must(signature::seal_now(*scene.key, one[0], test_time())); }));
    print("sign: message part alone", cost(50, [&] { must(prepared.seal({one[0][0]}, test_time())); }));
    for (const std::size_t count : {1U, 16U, 64U, 128U}) {
        const auto batch = messages(count);
        const double us = cost(count > 16 ? 10 : 50, [&] { must(prepared.seal_together(batch, test_time())); });
        print(fmt::format("sign: each of {} messages together", count), us / static_cast<double>(count));
    }
}

void measure_verifying(const Scene& scene) {
    const signature::PreparedKey prepared(scene.key);
    const auto batch = messages(16);
    const auto seals = must(prepared.seal_together(batch, test_time()));
    const auto asked = question(batch[5], seals[5]);
    print("verify: parsed", cost(50, [&] { must(signature::verify(asked, *scene.trust, test_time())); }));

    // More signatures than are remembered, each with the same certificate.
    std::vector<signature::Seal> others;
    for (int i = 1; i <= 40; ++i)
        others.push_back(must(prepared.seal_together(batch, test_time() + std::chrono::seconds(i)))[5]);
    signature::VerifyMemory memory;
    std::size_t next = 0;
    const auto verify_other = [&] {
        const auto& seal = others[next++ % others.size()];
        must(signature::verify(question(batch[5], seal), scene.trust, test_time(), memory));
    };
    verify_other();
    print("verify: recognised, certificate remembered", cost(80, verify_other));
    const auto again = [&] { must(signature::verify(asked, scene.trust, test_time(), memory)); };
    again();
    print("verify: signature remembered, chain of 5 steps", cost(1000, again));
    const auto top = signature::read_chain_result(*seals[5].chain_result).value();
    const auto follow = [&] {
        if (!signature::leads_to(top, seals[5].chain, asked.parts)) throw std::logic_error("the chain leads nowhere");
    };
    print("  of it: following the chain", cost(1000, follow));
    const auto parse = [&] { must(signature::check_message_chain(asked, signature::Mode::strict)); };
    print("  the same, parsed", cost(200, parse));
    fmt::print("accepted: {} remembered, {} recognised, {} parsed\n", memory.counts().remembered,
               memory.counts().recognised, memory.counts().parsed);
}

}  // namespace
}  // namespace onceway::bench

int main(int count, char** words) {
    const std::string kind = count > 1 ? words[1] : "RSA-2048";
    fmt::print("{}, OCSP responder P-256; processor time of one thread\n", kind);
    const onceway::bench::Scene scene(kind);
    onceway::bench::measure_signing(scene);
    onceway::bench::measure_verifying(scene);
}
