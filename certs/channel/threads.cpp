#include "certs/channel/threads.hpp"

#include "schemas/base/log.hpp"
#include "schemas/base/thread.hpp"

#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace onceway::channel {

namespace asio = boost::asio;

namespace {

/// How many works the disk pool still has. Contexts may end only when none will resume on them.
class DiskWorks {
public:
    void began() {
        std::lock_guard lock(mutex_);
        ++count_;
    }
    void ended() {
        std::lock_guard lock(mutex_);
        if (--count_ == 0) none_.notify_all();
    }
    void wait_for_none() {
        std::unique_lock lock(mutex_);
        none_.wait(lock, [this] { return count_ == 0; });
    }
    static DiskWorks& instance() {
        static DiskWorks works;
        return works;
    }

private:
    std::mutex mutex_;
    std::condition_variable none_;
    std::size_t count_ = 0;
};

std::string what(const std::exception_ptr& exception) {
    try {
        std::rethrow_exception(exception);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "an exception without words";
    }
}

void run_until_stopped(asio::io_context& context) {
    name_this_thread("io");
    while (!context.stopped()) {
        try {
            context.run();
        } catch (...) {
            log::error("thread.resumed", {{"reason", what(std::current_exception())}});
        }
    }
}

/// A context whose stories can be dropped while it still stands.
class Context : public asio::io_context {
public:
    using asio::io_context::io_context;
    void drop_stories() { shutdown(); }
};

}  // namespace

struct Threads::Parts {
    using Guard = asio::executor_work_guard<asio::io_context::executor_type>;
    std::vector<std::unique_ptr<Context>> contexts;
    std::vector<Guard> guards;
    std::vector<std::thread> threads;
    std::atomic<unsigned> next = 0;
    std::atomic<bool> stopped = false;
};

Threads::Threads(unsigned count) : parts_(std::make_unique<Parts>()) {
    if (count == 0) count = std::max(1u, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < count; ++i) {
        parts_->contexts.push_back(std::make_unique<Context>(1));
        parts_->guards.emplace_back(parts_->contexts.back()->get_executor());
    }
    for (auto& context : parts_->contexts)
        parts_->threads.emplace_back([where = context.get()] { run_until_stopped(*where); });
}

Threads::~Threads() { stop(); }

unsigned Threads::count() const { return static_cast<unsigned>(parts_->contexts.size()); }
asio::io_context& Threads::context(unsigned index) { return *parts_->contexts.at(index); }
asio::io_context& Threads::next() { return *parts_->contexts[parts_->next++ % parts_->contexts.size()]; }
bool Threads::stopped() const { return parts_->stopped; }
bool Threads::here() const {
    for (const auto& thread : parts_->threads)
        if (thread.get_id() == std::this_thread::get_id()) return true;
    return false;
}

void Threads::spawn(asio::io_context& where, const char* name, asio::awaitable<void> story) {
    auto ended = [name](std::exception_ptr exception) {
        if (exception) log::error("task.failed", {{"task", name}, {"reason", what(exception)}});
    };
    asio::co_spawn(where, std::move(story), ended);
}

void Threads::stop() {
    if (parts_->stopped.exchange(true)) return;
    parts_->guards.clear();
    for (auto& context : parts_->contexts) context->stop();
    for (auto& thread : parts_->threads) thread.join();
    DiskWorks::instance().wait_for_none();
    // A story may hold a socket of another context, and what a story leaves behind goes to its context once more: so
    // all of them end while every context, and everything that they were told of, still stands.
    for (int round = 0; round < 3; ++round)
        for (auto& context : parts_->contexts) context->drop_stories();
}

asio::thread_pool& disk_pool() {
    static asio::thread_pool pool(4);
    return pool;
}

asio::awaitable<void> on_disk_pool(std::function<void()> work) {
    const auto executor = co_await asio::this_coro::executor;
    auto start = [&work, executor](auto resume) {
        DiskWorks::instance().began();
        auto task = [&work, guard = asio::make_work_guard(executor), resume = std::move(resume)]() mutable {
            work();
            asio::post(guard.get_executor(), std::move(resume));
            guard.reset();
            DiskWorks::instance().ended();
        };
        asio::post(disk_pool(), std::move(task));
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(start, asio::use_awaitable);
}

}  // namespace onceway::channel
