#include "security-server/transport/threads_own.hpp"

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/query.hpp>

#include <algorithm>

namespace onceway::transport {

ThreadIndex::ThreadIndex(channel::Threads& threads) {
    for (unsigned i = 0; i < threads.count(); ++i) contexts_.push_back(&threads.context(i));
}

std::size_t ThreadIndex::of(const boost::asio::any_io_executor& executor) const {
    const boost::asio::execution_context* context = &boost::asio::query(executor, boost::asio::execution::context);
    return static_cast<std::size_t>(std::ranges::find(contexts_, context) - contexts_.begin());
}

}  // namespace onceway::transport
