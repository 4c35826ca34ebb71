// Starts coroutines that a test does not wait for one by one.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace boost::asio {
class io_context;
}

namespace onceway::tests {

enum class Thrown { fails_the_test, is_ignored };

/// Starts `story` on `context`, which the test runs. Compiled once: what Asio makes of a spawned story is dear.
void spawn(boost::asio::io_context& context, boost::asio::awaitable<void> story,
           Thrown thrown = Thrown::fails_the_test);

}  // namespace onceway::tests
