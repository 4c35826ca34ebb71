#include "tests/support/run.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <future>

namespace onceway::tests {

void run_to_end(boost::asio::io_context& context, boost::asio::awaitable<void> story) {
    boost::asio::co_spawn(context, std::move(story), boost::asio::use_future).get();
}

void run_to_end(boost::asio::awaitable<void> story) {
    boost::asio::io_context context;
    auto done = boost::asio::co_spawn(context, std::move(story), boost::asio::use_future);
    context.run();
    done.get();
}

}  // namespace onceway::tests
