// Waits for a coroutine, as a test does.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <optional>
#include <type_traits>
#include <utility>

namespace onceway::tests {

/// Asio wants what a story returns to have a default value; a Result has none.
template <class T>
boost::asio::awaitable<void> keep_result(boost::asio::awaitable<T> story, std::optional<T>* into) {
    into->emplace(co_await std::move(story));
}

/// Runs `story` on `context`, which other threads run, and gives what it returned; its exception comes through.
template <class T>
T run_on(boost::asio::io_context& context, boost::asio::awaitable<T> story) {
    if constexpr (std::is_void_v<T>) {
        boost::asio::co_spawn(context, std::move(story), boost::asio::use_future).get();
    } else {
        std::optional<T> result;
        boost::asio::co_spawn(context, keep_result(std::move(story), &result), boost::asio::use_future).get();
        return std::move(*result);
    }
}

/// The same on this thread.
template <class T>
T run(boost::asio::awaitable<T> story) {
    boost::asio::io_context context;
    if constexpr (std::is_void_v<T>) {
        auto done = boost::asio::co_spawn(context, std::move(story), boost::asio::use_future);
        context.run();
        done.get();
    } else {
        std::optional<T> result;
        auto done = boost::asio::co_spawn(context, keep_result(std::move(story), &result), boost::asio::use_future);
        context.run();
        done.get();
        return std::move(*result);
    }
}

}  // namespace onceway::tests
