#include "security-server/records/timestamper.hpp"

#include "certs/channel/threads.hpp"
#include "certs/keys/digest.hpp"
#include "certs/timestamp/timestamp.hpp"
#include "schemas/base/log.hpp"
#include "security-server/records/failing_since.hpp"
#include "security-server/records/lateness.hpp"
#include "security-server/records/stamp_tree.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>

namespace onceway::records {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds first_run{1}, least_interval{1}, most_interval{86'400};

/// Those of our own instance.
const std::vector<registry::ApprovedTsa>& approved(const registry_view::Snapshot* snapshot) {
    static const std::vector<registry::ApprovedTsa> none;
    const auto* own = snapshot ? snapshot->trust->instance(snapshot->trust->own_instance()) : nullptr;
    return own ? own->approved_tsas : none;
}

/// Work that waits for the disk, from a coroutine.
template <class T>
Async<T> on_disk(std::function<Result<T>()> work) {
    std::optional<Result<T>> outcome;
    std::function<void()> step = [&] { outcome.emplace(work()); };
    co_await channel::on_disk_pool(std::move(step));
    co_return std::move(*outcome);
}

}  // namespace

struct Timestamper::Parts {
    MessageLog& log;
    const registry_view::View& view;
    const Clock& clock;
    Settings settings;
    AskAuthority ask;

    mutable std::mutex door;
    State state;
    Lateness lateness = Lateness::in_time;
    bool stopping = false;
    std::atomic<bool> kept_in_mind = false;   // `memory` holds what `failing_since` says
    std::weak_ptr<asio::steady_timer> timer;  // while `run` runs

    std::vector<std::string> urls() const;
    bool has_authority() const;
    bool failing() const {
        const std::lock_guard lock(door);
        return state.failing_since.has_value();
    }
    bool stopped() const {
        const std::lock_guard lock(door);
        return stopping;
    }
    void wake() const;
    void answered(const std::string& url, std::string reason);
    void recall();
    Async<void> remember(std::optional<Instant> since);
    Async<void> succeeded();
    Async<void> failed(const Fault& fault);
    Async<void> look_at_oldest();

    Async<timestamp::Token> token_over(Octets data);
    Async<std::size_t> stamp_oldest(std::size_t most);
    Async<void> stamp_one(std::uint64_t number);
    Async<void> keep(MessageLog::Stamp stamp);
};

Timestamper::Timestamper(MessageLog& log, const registry_view::View& view, const Clock& clock, Settings settings,
                         AskAuthority ask)
    : parts_(new Parts{log, view, clock, std::move(settings), std::move(ask), {}, {}, {}, false, false, {}}) {
    parts_->recall();
}
Timestamper::~Timestamper() = default;

// --- who is asked, and how it went ---

std::vector<std::string> Timestamper::Parts::urls() const {
    const auto snapshot = view.current();
    return authorities_in_order(settings.authorities, approved(snapshot.get()), settings.preference);
}

/// Asked for every message: nothing is copied unless cost decides.
bool Timestamper::Parts::has_authority() const {
    if (settings.preference != Preference::none) return !urls().empty();
    if (!settings.authorities.empty()) return true;
    const auto snapshot = view.current();
    return !approved(snapshot.get()).empty();
}

void Timestamper::Parts::answered(const std::string& url, std::string reason) {
    if (!reason.empty()) log::warning("timestamp.refused", {{"authority", url}, {"reason", reason}});
    const std::lock_guard lock(door);
    state.authorities[url] = std::move(reason);
}

/// A restart mends nothing: what failed before goes on failing, until a stamp is had or no record waits for one.
void Timestamper::Parts::recall() {
    if (settings.memory.empty()) return;
    const auto since = read_failing_since(settings.memory, clock.now());
    if (!since) log::warning("timestamp.memory_unreadable", {{"reason", since.error().detail}});
    if (!since || !*since) return;
    if (log.health().unstamped == 0) {
        if (auto gone = write_failing_since(settings.memory, std::nullopt); !gone)
            log::warning("timestamp.memory_unwritten", {{"reason", gone.error().detail}});
        return;
    }
    state.failing_since = *since;
    kept_in_mind = true;
    log::warning("timestamp.still_failing", {{"since", rfc3339(**since)}});
}

Async<void> Timestamper::Parts::remember(std::optional<Instant> since) {
    if (settings.memory.empty()) co_return Result<void>();
    std::function<Result<void>()> work = [this, since] { return write_failing_since(settings.memory, since); };
    auto written = co_await on_disk<void>(std::move(work));
    if (!written) log::warning("timestamp.memory_unwritten", {{"reason", written.error().detail}});
    co_return written;
}

Async<void> Timestamper::Parts::succeeded() {
    const bool recovered = failing();
    {
        const std::lock_guard lock(door);
        state.failing_since.reset();
        state.last_success = clock.now();
    }
    if (recovered) {
        log::info("timestamp.recovered");
        [[maybe_unused]] auto forgotten = co_await remember(std::nullopt);
        kept_in_mind = false;
    }
    co_return Result<void>();
}

Async<void> Timestamper::Parts::failed(const Fault& fault) {
    if (log.health().unstamped == 0) co_return Result<void>();  // somebody stamped it meanwhile
    log::error("timestamp.failed", {{"code", fault.wire_code()}, {"reason", fault.detail}});
    std::optional<Instant> since;
    {
        const std::lock_guard lock(door);
        if (!state.failing_since) state.failing_since = clock.now();
        since = state.failing_since;
    }
    if (kept_in_mind) co_return Result<void>();
    auto remembered = co_await remember(since);
    kept_in_mind = remembered.has_value();
    co_return Result<void>();
}

/// Tells when the oldest record that waits passes a threshold.
Async<void> Timestamper::Parts::look_at_oldest() {
    const auto snapshot = view.current();
    if (!snapshot) co_return Result<void>();
    std::function<Result<Oldest>()> work = [this, snapshot] { return oldest_of(log, *snapshot->trust, clock.now()); };
    auto oldest = co_await on_disk<Oldest>(std::move(work));
    if (!oldest) co_return std::move(oldest).error();
    const auto before = std::exchange(lateness, oldest->lateness);
    {
        const std::lock_guard lock(door);
        state.stamp_before = oldest->stamp_before;
    }
    tell_lateness(before, *oldest, clock.now());
    co_return Result<void>();
}

Result<void> Timestamper::admits() const {
    if (!parts_->has_authority())
        return fault(FaultCode::mlog_no_timestamping_provider_found,
                     "No time-stamping authority is configured or approved");
    if (parts_->settings.immediately) return {};
    const auto period = parts_->settings.acceptable_failure;
    const std::lock_guard lock(parts_->door);
    const auto& since = parts_->state.failing_since;
    if (period.count() > 0 && since && parts_->clock.now() - period > *since)
        return fault(FaultCode::timestamping_failed,
                     "Cannot time-stamp messages: it has been failing since " + rfc3339(*since));
    return {};
}

Timestamper::State Timestamper::state() const {
    auto in_order = parts_->urls();
    const auto snapshot = parts_->view.current();
    const auto& known = approved(snapshot.get());
    const std::lock_guard lock(parts_->door);
    auto state = parts_->state;
    state.in_order = std::move(in_order);
    for (const auto& url : parts_->settings.authorities)
        if (std::ranges::count(known, url, &registry::ApprovedTsa::url) == 0) state.unknown.push_back(url);
    return state;
}

std::chrono::seconds Timestamper::delay() const {
    auto interval = parts_->settings.interval;
    if (interval.count() == 0) {
        const auto snapshot = parts_->view.current();
        interval = std::chrono::seconds(snapshot ? snapshot->private_parameters.time_stamping_interval_seconds : 60);
    }
    const auto retry = parts_->settings.retry_delay;
    if (parts_->failing() && retry.count() > 0) interval = std::min(interval, retry);
    return std::clamp(interval, least_interval, most_interval);
}

// --- stamping ---

Async<timestamp::Token> Timestamper::Parts::token_over(Octets data) {
    auto snapshot = view.valid(clock.now());
    if (!snapshot) co_return std::move(snapshot).error();
    const auto authorities = urls();
    if (authorities.empty())
        co_return fault(FaultCode::mlog_no_timestamping_provider_found,
                        "No time-stamping authority is configured or approved");
    std::string reasons;
    for (const auto& url : authorities) {
        const auto question = timestamp::Question::about(keys::sha512(data));
        auto answer = co_await ask(url, question.der());
        auto token = answer ? question.judge(*answer, (*snapshot)->trust->time_stampers())
                            : Result<timestamp::Token>(answer.error());
        answered(url, token ? std::string() : token.error().wire_code() + ": " + token.error().detail);
        if (token) co_return token;
        reasons += (reasons.empty() ? "" : "; ") + url + ": " + token.error().wire_code() + ": " + token.error().detail;
    }
    co_return fault(FaultCode::timestamping_failed, "No authority gave a time-stamp: " + reasons);
}

Async<void> Timestamper::Parts::keep(MessageLog::Stamp stamp) {
    std::function<Result<void>()> work = [&] { return log.keep_stamp(stamp); };
    co_return co_await on_disk<void>(std::move(work));
}

Async<void> Timestamper::Parts::stamp_one(std::uint64_t number) {
    std::function<Result<Octets>()> read = [&] { return log.signature_value(number); };
    auto value = co_await on_disk<Octets>(std::move(read));
    if (!value) co_return std::move(value).error();
    auto token = co_await token_over(std::move(*value));
    if (!token) co_return std::move(token).error();
    MessageLog::Stamp stamp{std::move(token->der), token->at, {}, {}};
    stamp.records.emplace_back(number, Octets());
    co_return co_await keep(std::move(stamp));
}

Async<std::size_t> Timestamper::Parts::stamp_oldest(std::size_t most) {
    std::function<Result<std::vector<MessageLog::Unstamped>>()> read = [&] { return log.unstamped(most); };
    auto waiting = co_await on_disk<std::vector<MessageLog::Unstamped>>(std::move(read));
    if (!waiting) co_return std::move(waiting).error();
    const auto count = waiting->size();
    if (count == 0) co_return count;
    if (count > 1 && count * 10 >= most * 7)
        log::warning("timestamp.batch_nearly_full", {{"records", std::uint64_t{count}}, {"most", std::uint64_t{most}}});
    if (count == 1) {
        auto stamped = co_await stamp_one(waiting->front().number);
        if (!stamped) co_return std::move(stamped).error();
        co_return count;
    }
    MessageLog::Stamp stamp;
    std::vector<Octets> leaves;
    for (auto& [number, leaf] : *waiting) {
        leaves.push_back(leaf);
        stamp.records.emplace_back(number, std::move(leaf));
    }
    stamp.chain_result = StampTree(std::move(leaves)).result_document();
    auto token = co_await token_over(stamp.chain_result);
    if (!token) co_return std::move(token).error();
    stamp.token = std::move(token->der);
    stamp.at = token->at;
    auto kept = co_await keep(std::move(stamp));
    if (!kept) co_return std::move(kept).error();
    co_return count;
}

Async<std::size_t> Timestamper::run_once() {
    auto looked = co_await parts_->look_at_oldest();
    if (!looked) log::warning("timestamp.oldest_unknown", {{"reason", looked.error().detail}});
    for (std::size_t all = 0;;) {
        // After a failure one record tries whether it is over; then the rest follows at once.
        const bool trying = parts_->failing();
        const std::size_t most = trying ? 1 : parts_->settings.batch;
        auto stamped = co_await parts_->stamp_oldest(most);
        if (!stamped) {
            [[maybe_unused]] auto noted = co_await parts_->failed(stamped.error());
            co_return std::move(stamped).error();
        }
        [[maybe_unused]] auto noted = co_await parts_->succeeded();
        all += *stamped;
        if (*stamped < most || *stamped == 0 || parts_->stopped()) co_return all;
    }
}

Async<void> Timestamper::stamp_now(std::vector<std::uint64_t> numbers) {
    const bool failed_before = parts_->failing();
    for (const auto number : numbers) {
        auto stamped = co_await parts_->stamp_one(number);
        if (!stamped) co_return std::move(stamped).error();
        [[maybe_unused]] auto noted = co_await parts_->succeeded();
    }
    if (failed_before && !parts_->failing()) parts_->wake();
    co_return Result<void>();
}

// --- the background ---

asio::awaitable<void> Timestamper::run() {
    const auto executor = co_await asio::this_coro::executor;
    auto timer = std::make_shared<asio::steady_timer>(executor, first_run);
    {
        const std::lock_guard lock(parts_->door);
        parts_->timer = timer;
    }
    for (;;) {
        if (parts_->stopped()) co_return;
        [[maybe_unused]] const auto [interrupted] = co_await timer->async_wait(asio::as_tuple(asio::use_awaitable));
        if (parts_->stopped()) co_return;
        auto stamped = co_await run_once();
        if (stamped && *stamped > 0) log::info("timestamp.kept", {{"records", static_cast<std::uint64_t>(*stamped)}});
        timer->expires_after(delay());
    }
}

/// Ends the pause between two runs. From any thread.
void Timestamper::Parts::wake() const {
    const std::lock_guard lock(door);
    if (const auto sleeping = timer.lock()) asio::post(sleeping->get_executor(), [sleeping] { sleeping->cancel(); });
}

void Timestamper::stop() {
    {
        const std::lock_guard lock(parts_->door);
        parts_->stopping = true;
    }
    parts_->wake();
}

}  // namespace onceway::records
