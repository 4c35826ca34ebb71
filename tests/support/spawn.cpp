#include "tests/support/spawn.hpp"

#include <doctest/doctest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace onceway::tests {

void spawn(boost::asio::io_context& context, boost::asio::awaitable<void> story, Thrown thrown) {
    boost::asio::co_spawn(context, std::move(story), [thrown](std::exception_ptr failed) {
        if (thrown == Thrown::fails_the_test) CHECK_FALSE(failed);
    });
}

}  // namespace onceway::tests
