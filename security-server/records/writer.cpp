#include "security-server/records/writer.hpp"

#include "schemas/base/failpoint.hpp"
#include "schemas/base/log.hpp"
#include "schemas/base/thread.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>

namespace onceway::records {
namespace asio = boost::asio;
namespace {

constexpr std::size_t most_waiting = 10'000, most_in_a_commit = 512;
constexpr std::chrono::seconds between_probes{1};
constexpr std::chrono::milliseconds longest_round{20};

/// What a test wants of the commit that is about to be.
void meet_failpoint() {
    const int error = failpoint::reached("log.commit");
    if (error == ENOSPC) throw store::StoreFull("a test made it full");
    if (error != 0) throw store::StoreBroken("a test made it fail");
}

bool counts_as_evidence(const Record& record) { return record.outcome == "accepted" && record.seal.signature; }

/// Wakes all that wait, with one post for each executor.
void wake(std::vector<std::shared_ptr<Waiting>> group) {
    while (!group.empty()) {
        const auto executor = group.front()->executor;
        const auto others = std::stable_partition(group.begin(), group.end(),
                                                  [&](const auto& waiting) { return waiting->executor == executor; });
        std::vector<std::shared_ptr<Waiting>> ready(group.begin(), others);
        group.erase(group.begin(), others);
        asio::post(executor, [ready = std::move(ready)] {
            for (const auto& waiting : ready) {
                auto resume = std::move(*waiting->resume);
                waiting->executor = {};  // our claim on the context's time ends here
                std::move(resume)();
            }
        });
    }
}

}  // namespace

Entry Waiting::entry() const {
    if (file) return {record, std::nullopt, &*file, parts};
    if (body_octets) return {record, *body_octets, nullptr, parts};
    const bool any = record.body && (parts.empty() || std::ranges::any_of(parts, &LoggedPart::kept));
    if (!any) return {record, std::nullopt, nullptr, parts};
    const bool nothing = !parts.empty() && kept_octets(parts) == 0;
    return {record, nothing ? OctetsView() : record.body->view(), nullptr, parts};
}

Writer::Writer(std::unique_ptr<StoreWriter> store, SearchIndex& index)
    : store_(std::move(store)), index_(index), last_number_(store_->last_number()) {
    health_.last_number = last_number_;
    health_.unstamped = store_->unstamped();
    health_.oldest_unstamped = store_->oldest_unstamped();
    thread_ = std::thread([this] {
        name_this_thread("log");
        let_others_go_first();
        work();
    });
}

Writer::~Writer() {
    {
        const std::lock_guard lock(door_);
        stopping_ = true;
    }
    something_waits_.notify_one();
    thread_.join();
}

asio::awaitable<void> Writer::write(std::shared_ptr<Waiting> waiting) {
    auto start = [this, waiting](auto handler) {
        waiting->executor = asio::prefer(asio::any_io_executor(asio::get_associated_executor(handler)),
                                         asio::execution::outstanding_work.tracked);
        waiting->resume.emplace(std::move(handler));
        enqueue(waiting);
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(start, asio::use_awaitable);
}

void Writer::enqueue(std::shared_ptr<Waiting> waiting) {
    const auto executor = waiting->executor;
    bool first = false, taken = false;
    {
        const std::lock_guard lock(door_);
        if (!stopping_ && !broken_ && records_.size() < most_waiting) {
            taken = true;
            first = records_.empty();
            records_.push_back(waiting);
        } else if (broken_) {
            waiting->outcome = fault(FaultCode::database_error, health_.trouble);
        } else {
            waiting->outcome = fault(FaultCode::logging_failed,
                                     stopping_ ? "The message log is being closed" : "The message log's queue is full");
        }
    }
    if (first)
        asio::post(executor, [bell = bell_] {
            {
                const std::lock_guard lock(bell->door);
                bell->rung = true;
            }
            bell->something_waits.notify_one();
        });
    if (taken) return;
    std::vector<std::shared_ptr<Waiting>> alone;
    alone.push_back(std::move(waiting));
    wake(std::move(alone));
}

Result<void> Writer::run(std::function<void(StoreWriter&)> work) {
    auto errand = std::make_unique<Errand>();
    errand->work = std::move(work);
    auto outcome = errand->outcome.get_future();
    {
        const std::lock_guard lock(door_);
        if (stopping_) return fault(FaultCode::database_error, "The message log is being closed");
        if (broken_) return fault(FaultCode::database_error, health_.trouble);
        errands_.push_back(std::move(errand));
    }
    something_waits_.notify_one();
    return outcome.get();
}

Health Writer::health() const {
    const std::lock_guard lock(door_);
    auto health = health_;
    health.waiting = records_.size();
    return health;
}

void Writer::work() {
    for (bool last = false; !last;) {
        auto taken = take();
        last = taken.last;
        if (taken.records.empty() && taken.errands.empty() && !last) probe();
        if (!taken.records.empty()) {
            commit(taken.records);
            wake(std::move(taken.records));
        }
        for (auto& errand : taken.errands) perform(*errand);
        checkpoint();
    }
}

Writer::Taken Writer::take() {
    std::unique_lock lock(door_);
    const auto something = [this] { return stopping_ || !errands_.empty() || (bell_->rung && !records_.empty()); };
    for (bool late = false; !something() && !late;) {
        // An executor that was stopped does not ring; then what waits is taken unasked.
        if (!records_.empty())
            late = !something_waits_.wait_for(lock, longest_round, something);
        else if (full_)
            late = !something_waits_.wait_for(lock, between_probes, something);
        else
            something_waits_.wait_for(lock, longest_round * 10, something);
    }
    Taken taken;
    const auto end = records_.begin() + static_cast<std::ptrdiff_t>(std::min(records_.size(), most_in_a_commit));
    taken.records.assign(std::make_move_iterator(records_.begin()), std::make_move_iterator(end));
    records_.erase(records_.begin(), end);
    taken.errands = std::move(errands_);
    errands_.clear();
    bell_->rung = !records_.empty();
    taken.last = stopping_ && records_.empty();
    return taken;
}

void Writer::commit(std::vector<std::shared_ptr<Waiting>>& group) {
    try {
        commit_now(group);
    } catch (const store::StoreBroken& error) {
        const auto fault = failed(error, true, false);
        for (auto& waiting : group) waiting->outcome = fault, waiting->uncertain = true;
    } catch (const store::StoreFull& error) {
        const auto fault = failed(error, false, true);
        for (auto& waiting : group) waiting->outcome = fault;
    } catch (const std::exception& error) {
        // One record that the tables refuse must not refuse the others.
        if (group.size() == 1) {
            group.front()->outcome = failed(error, false, false);
            return;
        }
        for (auto& waiting : group) {
            std::vector<std::shared_ptr<Waiting>> alone{waiting};
            commit(alone);
        }
    }
}

void Writer::commit_now(const std::vector<std::shared_ptr<Waiting>>& group) {
    if (broken_) throw store::StoreBroken(health_.trouble);
    std::uint64_t number = last_number_;
    store_->commit([&] {
        meet_failpoint();
        for (const auto& waiting : group) store_->insert(++number, waiting->entry());
    });
    // From here on the group is on disk.
    failpoint::reached("log.committed");
    number = last_number_;
    std::uint64_t evidence = 0;
    std::optional<Instant> first;
    for (const auto& waiting : group) {
        waiting->outcome = ++number;
        index_.note(number, waiting->record.message_id);
        if (!counts_as_evidence(waiting->record)) continue;
        if (evidence++ == 0) first = waiting->record.at;
    }
    last_number_ = number;
    healthy();
    const std::lock_guard lock(door_);
    health_.last_number = number;
    if (health_.unstamped == 0 && evidence > 0) health_.oldest_unstamped = first;
    health_.unstamped += evidence;
}

/// Behind the waking: nobody waits for it but the next group.
void Writer::checkpoint() {
    if (broken_) return;
    try {
        store_->checkpoint_when_due();
    } catch (const store::StoreBroken& error) {
        failed(error, true, false);
    } catch (const store::StoreFull& error) {
        failed(error, false, true);
    } catch (const std::exception& error) {
        failed(error, false, false);
    }
}

void Writer::perform(Errand& errand) {
    try {
        if (broken_) throw store::StoreBroken(health_.trouble);
        store_->commit([&] { errand.work(*store_); });
        healthy();
        const auto unstamped = store_->unstamped();
        const auto oldest = store_->oldest_unstamped();
        {
            const std::lock_guard lock(door_);
            health_.unstamped = unstamped;
            health_.oldest_unstamped = oldest;
        }
        errand.outcome.set_value({});
    } catch (const store::StoreBroken& error) {
        errand.outcome.set_value(failed(error, true, false));
    } catch (const store::StoreFull& error) {
        errand.outcome.set_value(failed(error, false, true));
    } catch (const std::exception& error) {
        errand.outcome.set_value(failed(error, false, false));
    }
}

void Writer::probe() {
    try {
        store_->commit([&] { store_->probe(); });
        healthy();
    } catch (const store::StoreBroken& error) {
        failed(error, true, false);
    } catch (const std::exception&) {
        // Still full; it was said when it began.
    }
}

Fault Writer::failed(const std::exception& error, bool broken, bool full) {
    std::string text = std::string("Writing the message log: ") + error.what();
    if (broken) text += ". Nothing is acknowledged any more; check the disk, then restart the server";
    if (full) text += ". Make room on the disk; the server goes on by itself";
    bool first = false;
    {
        const std::lock_guard lock(door_);
        first = (broken && !broken_) || (full && !full_);
        broken_ = broken_ || broken;
        full_ = full_ || full;
        if (broken || full) health_.writable = false, health_.trouble = text;
    }
    if (first || (!broken && !full)) log::error("log.write_failed", {{"reason", text}});
    return fault(FaultCode::database_error, std::move(text));
}

void Writer::healthy() {
    bool again = false;
    {
        const std::lock_guard lock(door_);
        if (broken_) return;
        again = full_;
        full_ = false;
        health_.writable = true;
        health_.trouble.clear();
    }
    if (again) log::info("log.writable_again");
}

}  // namespace onceway::records
