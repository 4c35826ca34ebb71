// What each io thread keeps for itself: found without a lock, touched by nobody else.
#pragma once

#include "certs/channel/threads.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <vector>

namespace boost::asio {
class execution_context;
}

namespace onceway::transport {

/// Which of the threads an executor belongs to.
class ThreadIndex {
public:
    explicit ThreadIndex(channel::Threads& threads);
    /// The index of the thread, or the number of threads for an executor of nobody's.
    std::size_t of(const boost::asio::any_io_executor& executor) const;
    std::size_t count() const { return contexts_.size(); }

private:
    std::vector<const boost::asio::execution_context*> contexts_;
};

/// One `T` a thread. The one for an executor is used only by coroutines that run on it.
template <class T>
class PerThread {
public:
    explicit PerThread(channel::Threads& threads) : index_(threads) {
        for (std::size_t i = 0; i < index_.count(); ++i) own_.push_back(std::make_unique<T>());
    }
    /// nullptr on an executor that belongs to none of the threads: then nothing is kept.
    T* own(const boost::asio::any_io_executor& executor) const {
        const std::size_t i = index_.of(executor);
        return i < own_.size() ? own_[i].get() : nullptr;
    }

private:
    ThreadIndex index_;
    std::vector<std::unique_ptr<T>> own_;
};

}  // namespace onceway::transport
