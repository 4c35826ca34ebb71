#include "security-server/consumer/race.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <list>
#include <memory>
#include <optional>

namespace onceway::consumer {
namespace {

namespace asio = boost::asio;

/// Shared by those who run, all on one thread, and by the one who waits.
struct Course {
    explicit Course(const asio::any_io_executor& executor) : decided(executor, asio::steady_timer::time_point::max()) {}

    asio::steady_timer decided;
    std::optional<Line> winner;
    std::optional<Fault> why_not;
    std::size_t running = 0;
    bool over = false;
    std::list<asio::cancellation_signal> signals;  // one for each runner

    void end() {
        over = true;
        decided.cancel();
        for (auto& signal : signals) signal.emit(asio::cancellation_type::terminal);
    }
    /// That a server showed the wrong certificate says more than that another did not answer.
    void note(Fault fault) {
        const auto says_little = [](const Fault& one) {
            return one.code == FaultCode::network_error || one.code == FaultCode::unknown_host;
        };
        if (!why_not || !says_little(fault) || says_little(*why_not)) why_not = std::move(fault);
    }
};

asio::awaitable<void> run_for(std::shared_ptr<Course> course, OpenLine open, std::string address) {
    auto line = co_await open(std::move(address));
    if (course->over) {
        if (line) line->connection->close();
        co_return;
    }
    if (line)
        course->winner.emplace(std::move(*line));
    else
        course->note(line.error());
}

void start(const std::shared_ptr<Course>& course, const asio::any_io_executor& executor, const OpenLine& open,
           std::string address) {
    auto& signal = course->signals.emplace_back();
    ++course->running;
    auto ended = [course](std::exception_ptr) {
        --course->running;
        if (!course->over && (course->winner || course->running == 0)) course->end();
    };
    asio::co_spawn(executor, run_for(course, open, std::move(address)),
                   asio::bind_cancellation_slot(signal.slot(), std::move(ended)));
}

}  // namespace

Async<Line> race(std::vector<std::string> addresses, OpenLine open) {
    const auto executor = co_await asio::this_coro::executor;
    auto course = std::make_shared<Course>(executor);
    for (auto& address : addresses) start(course, executor, open, std::move(address));
    if (!course->over) co_await course->decided.async_wait(asio::as_tuple(asio::use_awaitable));
    if (course->winner) co_return std::move(*course->winner);
    if (course->why_not) co_return *course->why_not;
    co_return fault(FaultCode::network_error, "The provider has no address.");
}

}  // namespace onceway::consumer
