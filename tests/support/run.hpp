// Waits for a coroutine, as a test does.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace boost::asio {
class io_context;
}

namespace onceway::tests {

/// Runs `story` to its end, on `context`, which other threads run, or on this thread; its exception comes through.
/// Compiled once: what Asio makes of a new kind of story is dear.
void run_to_end(boost::asio::io_context& context, boost::asio::awaitable<void> story);
void run_to_end(boost::asio::awaitable<void> story);

/// Asio wants what a story returns to have a default value; a Result has none.
template <class T>
boost::asio::awaitable<void> keep_result(boost::asio::awaitable<T> story, std::optional<T>* into) {
    into->emplace(co_await std::move(story));
}

/// Runs `story` on `context`, which other threads run, and gives what it returned; its exception comes through.
template <class T>
T run_on(boost::asio::io_context& context, boost::asio::awaitable<T> story) {
    if constexpr (std::is_void_v<T>) {
        run_to_end(context, std::move(story));
    } else {
        std::optional<T> result;
        run_to_end(context, keep_result(std::move(story), &result));
        return std::move(*result);
    }
}

/// The same on this thread.
template <class T>
T run(boost::asio::awaitable<T> story) {
    if constexpr (std::is_void_v<T>) {
        run_to_end(std::move(story));
    } else {
        std::optional<T> result;
        run_to_end(keep_result(std::move(story), &result));
        return std::move(*result);
    }
}

}  // namespace onceway::tests
