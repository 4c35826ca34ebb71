#include "certs/signature/sealer.hpp"

#include "certs/signature/template.hpp"
#include "certs/signature/tree.hpp"
#include "schemas/base/log.hpp"
#include "schemas/base/thread.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

namespace onceway::signature {
namespace {

constexpr std::size_t most_waiting = 10'000;

Fault cannot_seal(std::string detail) { return fault(FaultCode::cannot_create_signature, std::move(detail)); }

/// Signs what reference 0 names and writes the document.
Result<Octets> sign_document(const SigningKey& key, bool by_chain, Octets reference_digest, Instant at) {
    const auto algorithm = key.key->default_algorithm();
    const SignedFacts facts{algorithm.uri(),
                            by_chain,
                            std::move(reference_digest),
                            at,
                            key.certificate.sha512(),
                            key.certificate.issuer(),
                            key.certificate.serial_decimal()};
    auto value = key.key->sign(algorithm, canonical_forms(facts).signed_info, keys::EcdsaForm::raw);
    if (!value) return value.error();
    return write_document(facts, *value, {key.certificate, key.intermediates, key.ocsp});
}

/// A message that waits for its seal, and who waits for it.
struct Job {
    identity::MemberId member;
    std::vector<Octets> digests;

    virtual ~Job() = default;
    /// Hands over the outcome on the executor of the one who waits; called once.
    virtual void finish(Result<Seal> outcome) = 0;
};

template <class Handler>
struct WaitingJob final : Job {
    using Executor = boost::asio::associated_executor_t<Handler>;
    using Tracked = std::decay_t<decltype(boost::asio::prefer(std::declval<Executor>(),
                                                              boost::asio::execution::outstanding_work.tracked))>;

    explicit WaitingJob(Handler waiting)
        : executor(boost::asio::prefer(boost::asio::get_associated_executor(waiting),
                                       boost::asio::execution::outstanding_work.tracked)),
          handler(std::move(waiting)) {}

    void finish(Result<Seal> outcome) override {
        auto resume = [handler = std::move(handler), outcome = std::move(outcome)]() mutable {
            std::move(handler)(std::move(outcome));
        };
        boost::asio::post(executor, std::move(resume));
    }

    Tracked executor;
    Handler handler;
};

}  // namespace

Result<Seal> seal_now(const SigningKey& key, const std::vector<Octets>& digests, Instant at) {
    if (digests.empty()) return cannot_seal("there is nothing to sign");
    if (digests.size() == 1) {
        auto document = sign_document(key, false, digests.front(), at);
        if (!document) return document.error();
        return Seal{std::make_shared<const Octets>(std::move(*document)), nullptr, {}};
    }
    auto seals = seal_together(key, {digests}, at);
    if (!seals) return seals.error();
    return std::move(seals->front());
}

Result<std::vector<Seal>> seal_together(const SigningKey& key, const std::vector<std::vector<Octets>>& messages,
                                        Instant at) {
    if (messages.empty()) return cannot_seal("there is nothing to sign");
    for (const auto& digests : messages)
        if (digests.empty()) return cannot_seal("there is nothing to sign");
    const Tree tree = build_tree(messages);
    const auto result = std::make_shared<const Octets>(message::write_hash_chain_result(tree.result));
    auto document = sign_document(key, true, keys::sha512(*result), at);
    if (!document) return document.error();
    const auto signature = std::make_shared<const Octets>(std::move(*document));

    std::vector<Seal> seals;
    for (const auto& chain : tree.chains) seals.push_back({signature, result, message::write_hash_chain(chain)});
    return seals;
}

struct Sealer::Parts {
    Parts(KeySource given, const Clock& time) : source(std::move(given)), clock(time) {}

    void work() {
        name_this_thread("signer");
        let_others_go_first();
        while (auto job = next()) {
            auto outcome = sealed(*job);
            job->finish(std::move(outcome));
        }
    }

    std::unique_ptr<Job> next() {
        std::unique_lock lock(mutex);
        arrived.wait(lock, [this] { return stopping || !waiting.empty(); });
        if (waiting.empty()) return nullptr;
        auto job = std::move(waiting.front());
        waiting.pop_front();
        return job;
    }

    Result<Seal> sealed(const Job& job) const {
        try {
            auto key = source(job.member);
            if (!key) return key.error();
            auto seal = seal_now(*key, job.digests, clock.now());
            if (!seal) return cannot_seal("Signing for " + job.member.text() + ": " + seal.error().detail);
            return seal;
        } catch (const std::exception& error) {
            log::error("signature.failed", {{"member", job.member.text()}, {"reason", error.what()}});
            return cannot_seal("Signing for " + job.member.text() + " failed; look into the server's log");
        }
    }

    /// Takes the job, or leaves it with the caller when too many wait.
    bool take(std::unique_ptr<Job>& job) {
        {
            const std::lock_guard lock(mutex);
            if (waiting.size() >= most_waiting) return false;
            waiting.push_back(std::move(job));
        }
        arrived.notify_one();
        return true;
    }

    KeySource source;
    const Clock& clock;
    std::mutex mutex;
    std::condition_variable arrived;
    std::deque<std::unique_ptr<Job>> waiting;
    bool stopping = false;
    std::vector<std::thread> threads;
};

Sealer::Sealer(KeySource source, const Clock& clock, unsigned threads)
    : parts_(std::make_unique<Parts>(std::move(source), clock)) {
    for (unsigned i = 0; i < std::max(threads, 1U); ++i) parts_->threads.emplace_back([this] { parts_->work(); });
}

Sealer::~Sealer() {
    {
        const std::lock_guard lock(parts_->mutex);
        parts_->stopping = true;
    }
    parts_->arrived.notify_all();
    for (auto& thread : parts_->threads) thread.join();
}

Async<Seal> Sealer::seal(identity::MemberId member, std::vector<Octets> digests) {
    auto start = [this, &member, &digests](auto handler) {
        std::unique_ptr<Job> job = std::make_unique<WaitingJob<decltype(handler)>>(std::move(handler));
        job->member = std::move(member);
        job->digests = std::move(digests);
        if (!parts_->take(job))
            job->finish(fault(FaultCode::overloaded, "more messages wait for a signature than the server can make"));
    };
    auto token = boost::asio::use_awaitable;
    auto outcome =
        co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Result<Seal>)>(start, token);
    co_return outcome;
}

}  // namespace onceway::signature
