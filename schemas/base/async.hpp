// Work that waits: a coroutine that ends in a Result.
#pragma once

#include "schemas/base/result.hpp"

#include <boost/asio/awaitable.hpp>

namespace onceway {

/// A story told in order that may wait for the network, the disk or a key. Name it, then await it: no lambda and no
/// braced value stands inside a `co_await` expression, and no `co_await` inside an `if` (GCC 12 miscompiles both).
template <class T>
using Async = boost::asio::awaitable<Result<T>>;

}  // namespace onceway
