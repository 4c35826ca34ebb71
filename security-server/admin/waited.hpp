// Waits for a story on this very thread: for commands, and for requests that may block.
#pragma once

#include "schemas/base/async.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>

namespace onceway::admin {

template <class T>
boost::asio::awaitable<void> keep_outcome(Async<T> story, std::optional<Result<T>>& outcome) {
    auto ended = co_await std::move(story);
    outcome.emplace(std::move(ended));
}

/// What `story` comes to; its exception comes through. Blocks: not for a thread that carries messages. A connection
/// cannot be what it comes to: it would outlive what moves it.
template <class T>
Result<T> waited(Async<T> story) {
    std::optional<Result<T>> outcome;
    std::exception_ptr broken;
    const auto ended = [&broken](std::exception_ptr exception) { broken = exception; };
    boost::asio::io_context context;
    boost::asio::co_spawn(context, keep_outcome(std::move(story), outcome), ended);
    context.run();
    if (broken) std::rethrow_exception(broken);
    return std::move(*outcome);
}

}  // namespace onceway::admin
