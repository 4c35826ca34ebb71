#include "security-server/records/timestamper.hpp"

#include "certs/channel/client.hpp"
#include "certs/channel/threads.hpp"
#include "certs/keys/digest.hpp"
#include "certs/timestamp/timestamp.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/log.hpp"
#include "security-server/records/stamp_tree.hpp"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <mutex>

namespace onceway::records {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds first_run{1}, least_interval{1}, most_interval{86'400};

Async<Octets> ask(std::shared_ptr<const std::vector<x509::Certificate>> roots, std::string address, Octets question) {
    const auto failed = [&](const Fault& fault) {
        return onceway::fault(FaultCode::mlog_timestamp_provider_connection_failed, address + ": " + fault.detail);
    };
    channel::FetchRequest request;
    auto url = channel::Url::parse(address);
    if (!url) co_return failed(url.error());
    if (url->tls) {
        auto tls = channel::TlsContext::verified_client(*roots, url->host);
        if (!tls) co_return failed(tls.error());
        request.tls = std::move(*tls);
    }
    request.method = "POST";
    request.url = std::move(*url);
    request.fields = {{"Content-Type", "application/timestamp-query"}};
    request.body = std::move(question);
    request.most = limits::timestamp_answer_octets;
    request.connect = limits::trust_service_connect;
    request.total = limits::trust_service_total;
    auto answer = co_await channel::fetch(std::move(request));
    if (!answer) co_return failed(answer.error());
    if (answer->status != 200)
        co_return fault(FaultCode::mlog_timestamping_non_ok_response,
                        fmt::format("{}: answered with status {}", address, answer->status));
    co_return std::move(answer->body);
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

AskAuthority ask_over_http(std::vector<x509::Certificate> roots) {
    return [roots = std::make_shared<const std::vector<x509::Certificate>>(std::move(roots))](
               std::string url, Octets question) { return ask(roots, std::move(url), std::move(question)); };
}

struct Timestamper::Parts {
    MessageLog& log;
    const registry_view::View& view;
    const Clock& clock;
    Settings settings;
    AskAuthority ask;

    mutable std::mutex door;
    State state;
    bool stopping = false;
    std::weak_ptr<asio::steady_timer> timer;  // while `run` runs

    std::vector<std::string> urls() const;
    bool failing() const {
        const std::lock_guard lock(door);
        return state.failing_since.has_value();
    }
    bool stopped() const {
        const std::lock_guard lock(door);
        return stopping;
    }
    void answered(const std::string& url, std::string reason);
    void succeeded();
    void failed(const Fault& fault);
    void warn_when_late(std::int64_t freshness_seconds) const;

    Async<timestamp::Token> token_over(Octets data);
    Async<std::size_t> stamp_oldest(std::size_t most);
    Async<void> stamp_one(std::uint64_t number);
    Async<void> keep(MessageLog::Stamp stamp);
};

Timestamper::Timestamper(MessageLog& log, const registry_view::View& view, const Clock& clock, Settings settings,
                         AskAuthority ask)
    : parts_(new Parts{log, view, clock, std::move(settings), std::move(ask), {}, {}, false, {}}) {}
Timestamper::~Timestamper() = default;

// --- who is asked, and how it went ---

std::vector<std::string> Timestamper::Parts::urls() const {
    if (!settings.authorities.empty()) return settings.authorities;
    std::vector<std::string> urls;
    const auto snapshot = view.current();
    if (!snapshot) return urls;
    if (const auto* own = snapshot->trust->instance(snapshot->trust->own_instance()))
        for (const auto& authority : own->approved_tsas) urls.push_back(authority.url);
    return urls;
}

void Timestamper::Parts::answered(const std::string& url, std::string reason) {
    if (!reason.empty()) log::warning("timestamp.refused", {{"authority", url}, {"reason", reason}});
    const std::lock_guard lock(door);
    state.authorities[url] = std::move(reason);
}

void Timestamper::Parts::succeeded() {
    const std::lock_guard lock(door);
    if (state.failing_since) log::info("timestamp.recovered");
    state.failing_since.reset();
    state.last_success = clock.now();
}

void Timestamper::Parts::failed(const Fault& fault) {
    if (log.health().unstamped == 0) return;  // somebody stamped it meanwhile
    log::error("timestamp.failed", {{"code", fault.wire_code()}, {"reason", fault.detail}});
    const std::lock_guard lock(door);
    if (!state.failing_since) state.failing_since = clock.now();
}

/// A stamp that comes later than OCSP answers stay fresh makes its records unverifiable for ever. Rule: message-log T1.
void Timestamper::Parts::warn_when_late(std::int64_t freshness_seconds) const {
    const auto oldest = log.health().oldest_unstamped;
    if (!oldest) return;
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(clock.now() - *oldest).count();
    if (age * 2 > freshness_seconds)
        log::warning("timestamp.late",
                     {{"oldest_s", static_cast<std::int64_t>(age)}, {"unverifiable_after_s", freshness_seconds}});
}

Result<void> Timestamper::admits() const {
    if (parts_->urls().empty())
        return fault(FaultCode::mlog_no_timestamping_provider_found,
                     "No time-stamping authority is configured or approved");
    const auto period = parts_->settings.acceptable_failure;
    const std::lock_guard lock(parts_->door);
    const auto& since = parts_->state.failing_since;
    if (period.count() > 0 && since && parts_->clock.now() - period > *since)
        return fault(FaultCode::timestamping_failed,
                     "Cannot time-stamp messages: it has been failing since " + rfc3339(*since));
    return {};
}

Timestamper::State Timestamper::state() const {
    const std::lock_guard lock(parts_->door);
    return parts_->state;
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
    auto snapshot = parts_->view.current();
    if (snapshot) parts_->warn_when_late(snapshot->trust->ocsp_freshness_seconds());
    for (std::size_t all = 0;;) {
        // After a failure one record tries whether it is over; then the rest follows at once.
        const bool trying = parts_->failing();
        const std::size_t most = trying ? 1 : parts_->settings.batch;
        auto stamped = co_await parts_->stamp_oldest(most);
        if (!stamped) {
            parts_->failed(stamped.error());
            co_return std::move(stamped).error();
        }
        parts_->succeeded();
        all += *stamped;
        if (*stamped < most || (*stamped == 0)) co_return all;
    }
}

Async<void> Timestamper::stamp_now(std::vector<std::uint64_t> numbers) {
    for (const auto number : numbers) {
        auto stamped = co_await parts_->stamp_one(number);
        if (!stamped) co_return std::move(stamped).error();
        parts_->succeeded();
    }
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

void Timestamper::stop() {
    const std::lock_guard lock(parts_->door);
    parts_->stopping = true;
    if (const auto timer = parts_->timer.lock()) asio::post(timer->get_executor(), [timer] { timer->cancel(); });
}

}  // namespace onceway::records
