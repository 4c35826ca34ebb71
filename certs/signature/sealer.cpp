#include "certs/signature/sealer.hpp"

#include "certs/signature/prepared_key.hpp"
#include "schemas/base/log.hpp"
#include "schemas/base/thread.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace onceway::signature {
namespace asio = boost::asio;
namespace {

constexpr std::size_t most_waiting = 10'000, most_together = 128, most_prepared = 256;
constexpr std::chrono::milliseconds longest_round{20}, between_looks{200};

Fault cannot_seal(std::string detail) { return fault(FaultCode::cannot_create_signature, std::move(detail)); }

/// A message that waits for its seal, and who waits for it.
struct Job {
    std::vector<Octets> digests;
    asio::any_io_executor executor;  // of the one who waits
    Result<Seal> outcome = fault(FaultCode::internal_error, "not yet sealed");

    virtual ~Job() = default;
    /// Hands over the outcome; called once, on the executor of the one who waits.
    virtual void resume() = 0;
};
using Jobs = std::vector<std::unique_ptr<Job>>;

template <class Handler>
struct WaitingJob final : Job {
    explicit WaitingJob(Handler waiting) : handler(std::move(waiting)) {
        executor = asio::prefer(asio::any_io_executor(asio::get_associated_executor(handler)),
                                asio::execution::outstanding_work.tracked);
    }
    void resume() override {
        executor = {};  // our claim on the context's time ends here
        std::move(handler)(std::move(outcome));
    }

    Handler handler;
};

/// Wakes all who wait, with one post for each executor.
void wake(Jobs group) {
    while (!group.empty()) {
        const auto executor = group.front()->executor;
        const auto others = std::stable_partition(group.begin(), group.end(),
                                                  [&](const auto& job) { return job->executor == executor; });
        Jobs ready(std::make_move_iterator(group.begin()), std::make_move_iterator(others));
        group.erase(group.begin(), others);
        asio::post(executor, [ready = std::move(ready)] {
            for (const auto& job : ready) job->resume();
        });
    }
}

/// The messages of one member, in the order in which they came.
struct Lane {
    identity::MemberId member;
    std::deque<std::unique_ptr<Job>> jobs;
};
struct Group {
    identity::MemberId member;
    Jobs jobs;
};

/// Lanes with something in them. Members take turns, so that one who sends much delays the others by one signature.
class Queue {
public:
    std::size_t size() const { return size_; }

    void add(const identity::MemberId& member, std::unique_ptr<Job> job) {
        auto lane = std::ranges::find(lanes_, member, &Lane::member);
        if (lane == lanes_.end()) lane = lanes_.insert(lanes_.end(), Lane{member, {}});
        lane->jobs.push_back(std::move(job));
        ++size_;
    }

    /// What the next signature is for; empty when nothing waits.
    Group take() {
        if (lanes_.empty()) return {};
        Lane lane = std::move(lanes_.front());
        lanes_.pop_front();
        Group group{lane.member, {}};
        for (; !lane.jobs.empty() && group.jobs.size() < most_together; --size_) {
            group.jobs.push_back(std::move(lane.jobs.front()));
            lane.jobs.pop_front();
        }
        if (!lane.jobs.empty()) lanes_.push_back(std::move(lane));
        return group;
    }

private:
    std::deque<Lane> lanes_;
    std::size_t size_ = 0;
};

/// Rung by the executor of the first message that waits, once it has come round to whatever was ready with it: so a
/// message that is alone is signed at once, and those that come together are signed together.
struct Bell {
    std::mutex door;  // of everything that the signing threads share
    std::condition_variable arrived;
    bool rung = false;

    void ring() {
        {
            const std::lock_guard lock(door);
            rung = true;
        }
        arrived.notify_all();
    }
};

/// The keys that one signing thread has prepared.
class PreparedKeys {
public:
    const PreparedKey& of(const identity::MemberId& member, std::shared_ptr<const SigningKey> key) {
        auto known = keys_.find(member);
        if (known != keys_.end() && known->second.key() == key) return known->second;
        PreparedKey fresh(std::move(key));
        if (keys_.size() >= most_prepared) keys_.clear();
        return keys_.insert_or_assign(member, std::move(fresh)).first->second;
    }

private:
    std::map<identity::MemberId, PreparedKey> keys_;
};

}  // namespace

struct Sealer::Parts {
    Parts(KeySource given, const Clock& time) : source(std::move(given)), clock(time) {}

    void run() {
        name_this_thread("signer");
        let_others_go_first();
        PreparedKeys prepared;
        for (Group group = next(); !group.jobs.empty(); group = next()) {
            seal(group, prepared);
            wake(std::move(group.jobs));
        }
    }

    /// Waits for something to sign; an empty group ends the thread.
    Group next() {
        std::unique_lock lock(bell->door);
        const auto ready = [this] { return stopping || (bell->rung && queue.size() > 0); };
        for (bool late = false; !ready() && !late;) {
            // An executor that was stopped does not ring; then what waits is taken unasked.
            const bool waited = queue.size() > 0;
            bell->arrived.wait_for(lock, waited ? longest_round : between_looks, ready);
            late = waited && queue.size() > 0;
        }
        Group group = queue.take();
        bell->rung = queue.size() > 0;
        return group;
    }

    /// Gives every job of the group its outcome.
    void seal(Group& group, PreparedKeys& prepared) {
        auto seals = sealed(group, prepared);
        if (seals) messages += group.jobs.size();
        for (std::size_t i = 0; i < group.jobs.size(); ++i) {
            Job& job = *group.jobs[i];
            if (seals)
                job.outcome = std::move((*seals)[i]);
            else
                job.outcome = seals.error();
        }
    }

    Result<std::vector<Seal>> sealed(Group& group, PreparedKeys& prepared) {
        try {
            auto key = source(group.member);
            if (!key) return key.error();
            std::vector<std::vector<Octets>> messages;
            messages.reserve(group.jobs.size());
            for (const auto& job : group.jobs) messages.push_back(std::move(job->digests));
            auto seals = prepared.of(group.member, std::move(*key)).seal_together(messages, clock.now());
            if (!seals) return cannot_seal("Signing for " + group.member.text() + ": " + seals.error().detail);
            ++signatures;
            return seals;
        } catch (const std::exception& error) {
            log::error("signature.failed", {{"member", group.member.text()}, {"reason", error.what()}});
            return cannot_seal("Signing for " + group.member.text() + " failed; look into the server's log");
        }
    }

    /// Takes the job, or leaves it with the caller when too many wait.
    bool take(const identity::MemberId& member, std::unique_ptr<Job>& job) {
        const auto executor = job->executor;
        bool first = false;
        {
            const std::lock_guard lock(bell->door);
            if (queue.size() >= most_waiting) return false;
            first = queue.size() == 0;
            queue.add(member, std::move(job));
        }
        if (first) asio::post(executor, [bell = bell] { bell->ring(); });
        return true;
    }

    KeySource source;
    const Clock& clock;
    const std::shared_ptr<Bell> bell = std::make_shared<Bell>();  // may ring when the sealer is gone
    Queue queue;
    bool stopping = false;
    std::atomic<std::uint64_t> messages = 0, signatures = 0;
    std::vector<std::thread> threads;
};

Sealer::Sealer(KeySource source, const Clock& clock, unsigned threads)
    : parts_(std::make_unique<Parts>(std::move(source), clock)) {
    for (unsigned i = 0; i < std::max(threads, 1U); ++i) parts_->threads.emplace_back([this] { parts_->run(); });
}

Sealer::~Sealer() {
    {
        const std::lock_guard lock(parts_->bell->door);
        parts_->stopping = true;
    }
    parts_->bell->arrived.notify_all();
    for (auto& thread : parts_->threads) thread.join();
}

Async<Seal> Sealer::seal(identity::MemberId member, std::vector<Octets> digests) {
    // What cannot be signed must not spoil the signature of others.
    if (digests.empty()) co_return cannot_seal("there is nothing to sign");
    auto start = [this, &member, &digests](auto handler) {
        std::unique_ptr<Job> job = std::make_unique<WaitingJob<decltype(handler)>>(std::move(handler));
        job->digests = std::move(digests);
        if (parts_->take(member, job)) return;
        job->outcome = fault(FaultCode::overloaded, "more messages wait for a signature than the server can make");
        Jobs alone;
        alone.push_back(std::move(job));
        wake(std::move(alone));
    };
    auto token = asio::use_awaitable;
    auto outcome = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<Seal>)>(start, token);
    co_return outcome;
}

SealerWork Sealer::work() const {
    const std::lock_guard lock(parts_->bell->door);
    return {parts_->messages, parts_->signatures, parts_->queue.size()};
}

}  // namespace onceway::signature
