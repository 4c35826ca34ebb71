// The threads that carry messages: one io_context a core, each run by one thread. A connection lives and dies on its
// own.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
class thread_pool;
}  // namespace boost::asio

namespace onceway::channel {

class Threads {
public:
    explicit Threads(unsigned count);  // 0: one for each core
    ~Threads();                        // stops and joins

    unsigned count() const;
    boost::asio::io_context& context(unsigned index);
    boost::asio::io_context& next();  // round robin

    /// Starts a story of its own; exceptions are logged as `task.failed` with `name`.
    void spawn(boost::asio::io_context& where, const char* name, boost::asio::awaitable<void> story);

    /// Ends all contexts; returns when every thread has, when no work of the disk pool will resume on them, and when
    /// the stories that were under way have been dropped: their destructors run here.
    void stop();
    bool stopped() const;
    /// True on one of these threads.
    bool here() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// The pool for blocking disk work; four threads, shared by the process.
boost::asio::thread_pool& disk_pool();

/// Runs `work` on the disk pool and resumes on the caller's executor. `work` must not throw.
boost::asio::awaitable<void> on_disk_pool(std::function<void()> work);

}  // namespace onceway::channel
