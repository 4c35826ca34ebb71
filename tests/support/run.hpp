// Waits for a coroutine, as a test does.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <utility>

namespace onceway::tests {

/// Runs `story` on a thread of its own kind, this one, and gives what it returned; its exception comes through.
template <class T>
T run(boost::asio::awaitable<T> story) {
    boost::asio::io_context context;
    auto result = boost::asio::co_spawn(context, std::move(story), boost::asio::use_future);
    context.run();
    return result.get();
}

/// The same on a context that other threads run.
template <class T>
T run_on(boost::asio::io_context& context, boost::asio::awaitable<T> story) {
    return boost::asio::co_spawn(context, std::move(story), boost::asio::use_future).get();
}

}  // namespace onceway::tests
