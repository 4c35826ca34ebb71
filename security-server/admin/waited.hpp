// Waits for a story that is told on a thread of its own: for commands, and for requests that may block.
#pragma once

#include "certs/channel/threads.hpp"
#include "schemas/base/async.hpp"

#include <boost/asio/io_context.hpp>

#include <exception>
#include <future>

namespace onceway::admin {

template <class T>
boost::asio::awaitable<void> keep_outcome(Async<T> story, std::promise<Result<T>>& outcome) {
    try {
        auto ended = co_await std::move(story);
        outcome.set_value(std::move(ended));
    } catch (...) {
        outcome.set_exception(std::current_exception());
    }
}

/// What `story` comes to. Blocks: not for a thread that carries messages.
template <class T>
Result<T> waited(Async<T> story) {
    std::promise<Result<T>> outcome;
    auto future = outcome.get_future();
    channel::Threads threads(1);
    threads.spawn(threads.context(0), "waited for", keep_outcome(std::move(story), outcome));
    return future.get();
}

}  // namespace onceway::admin
