#include "certs/channel/threads.hpp"

#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <latch>
#include <set>
#include <thread>

using namespace onceway;
using boost::asio::awaitable;

TEST_CASE("there is a thread for each context, and contexts are given out in turn") {
    channel::Threads threads(3);
    CHECK(threads.count() == 3);
    std::set<boost::asio::io_context*> given;
    for (int i = 0; i < 3; ++i) given.insert(&threads.next());
    CHECK(given.size() == 3);
    CHECK_FALSE(threads.here());
}

TEST_CASE("a story that throws ends alone; its thread goes on") {
    channel::Threads threads(1);
    std::latch told(1);
    auto throws = []() -> awaitable<void> {
        throw std::runtime_error("a bug");
        co_return;
    };
    auto tells = [](std::latch& latch) -> awaitable<void> {
        latch.count_down();
        co_return;
    };
    threads.spawn(threads.context(0), "throwing", throws());
    threads.spawn(threads.context(0), "telling", tells(told));
    told.wait();
    CHECK_FALSE(threads.stopped());
}

TEST_CASE("disk work runs elsewhere, and its story goes on where it was") {
    channel::Threads threads(1);
    auto story = [](channel::Threads& own) -> awaitable<bool> {
        bool worked_here = true;
        std::function<void()> work = [&] { worked_here = own.here(); };
        co_await channel::on_disk_pool(std::move(work));
        co_return !worked_here && own.here();
    };
    CHECK(tests::run_on(threads.context(0), story(threads)));
}

TEST_CASE("threads stop only after disk work that would resume on them") {
    std::atomic<bool> worked = false;
    std::latch started(1), go_on(1);
    std::thread release;
    {
        channel::Threads threads(1);
        auto story = [](std::atomic<bool>& done, std::latch& begun, std::latch& may_end) -> awaitable<void> {
            std::function<void()> work = [&] {
                begun.count_down();
                may_end.wait();
                done = true;
            };
            co_await channel::on_disk_pool(std::move(work));
        };
        threads.spawn(threads.context(0), "working", story(worked, started, go_on));
        started.wait();
        release = std::thread([&] { go_on.count_down(); });
        threads.stop();
        CHECK(threads.stopped());
        CHECK(worked);
    }
    release.join();
}

TEST_CASE("when threads have stopped, no story is left, wherever what it holds belongs") {
    struct Held {
        std::shared_ptr<std::atomic<int>> count;
        boost::asio::ip::tcp::socket socket;
        ~Held() { --*count; }
    };
    auto waits = [](std::shared_ptr<std::atomic<int>> count, boost::asio::io_context& other,
                    std::latch& begun) -> awaitable<void> {
        ++*count;
        const Held held{std::move(count), boost::asio::ip::tcp::socket(other, boost::asio::ip::tcp::v4())};
        boost::asio::steady_timer never(co_await boost::asio::this_coro::executor, std::chrono::hours(1));
        begun.count_down();
        co_await never.async_wait(boost::asio::use_awaitable);
    };
    const auto count = std::make_shared<std::atomic<int>>(0);
    channel::Threads threads(3);
    std::latch begun(9);
    for (unsigned at = 0; at < 3; ++at)
        for (unsigned of = 0; of < 3; ++of)
            threads.spawn(threads.context(at), "waiting", waits(count, threads.context(of), begun));
    begun.wait();
    CHECK(*count == 9);
    threads.stop();
    CHECK(*count == 0);
}
