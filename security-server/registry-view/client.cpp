#include "security-server/registry-view/client.hpp"

#include "certs/channel/threads.hpp"
#include "schemas/base/log.hpp"
#include "security-server/registry-view/download.hpp"

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <mutex>

namespace onceway::registry_view {
namespace {

constexpr std::chrono::milliseconds first_pause{1'000}, longest_pause{60'000};

/// True when two directories list the same content, wherever it lies.
bool same_content(const std::vector<registry::DirectoryPart>& a, const std::vector<registry::DirectoryPart>& b) {
    return std::ranges::equal(a, b, [](const auto& one, const auto& other) {
        return one.identifier == other.identifier && one.instance == other.instance &&
               one.digest_uri == other.digest_uri && one.digest == other.digest;
    });
}

std::vector<registry::DirectoryPart> listed_in(const Configuration& configuration) {
    std::vector<registry::DirectoryPart> listed;
    for (const auto& part : configuration.parts) listed.push_back(part.listed);
    return listed;
}

}  // namespace

struct Client::Parts {
    ClientSettings settings;
    registry::Anchor anchor;
    const Clock& clock;
    Downloader downloader;
    Store store;
    std::mt19937 random{std::random_device{}()};
    Changed changed;

    // The last verified one, without its octets, and the location that last worked.
    std::vector<registry::DirectoryPart> listed;
    std::optional<Previous> previous;
    struct Remembered {
        Candidate candidate;
        int version;
    };
    std::optional<Remembered> remembered;

    mutable std::mutex lock;  // guards what other threads read
    std::shared_ptr<const Snapshot> snapshot;
    Standing standing;

    std::shared_ptr<const Snapshot> current() const {
        const std::lock_guard held(lock);
        return snapshot;
    }

    /// Hands out a snapshot with new content.
    void publish(std::shared_ptr<const Snapshot> next, std::vector<registry::DirectoryPart> parts) {
        const auto before = current();
        listed = std::move(parts);
        previous = Previous{next->expires, next->version};
        {
            const std::lock_guard held(lock);
            snapshot = next;
        }
        for (const auto& complaint : next->trust->complaints())
            log::warning("configuration.part_unusable", {{"reason", complaint}});
        if (changed) changed(before.get(), *next);
    }

    std::uint64_t next_revision() const {
        const auto now = current();
        return now ? now->revision + 1 : 1;
    }

    /// The same content with a later expiry: the same revision and the same trust.
    void extend(const registry::Directory& directory) {
        listed = directory.parts;
        previous = Previous{directory.expires, directory.version};
        auto next = std::make_shared<Snapshot>(*current());
        next->expires = directory.expires;
        const std::lock_guard held(lock);
        snapshot = std::move(next);
    }

    std::vector<Candidate> in_order() {
        const auto now = current();
        const auto* stored = now ? now->trust->instance(anchor.instance) : nullptr;
        auto places = candidates(anchor, stored, random);
        if (!remembered) return places;
        const auto found = std::ranges::find(places, remembered->candidate);
        if (found == places.end())
            remembered.reset();
        else
            std::rotate(places.begin(), found, found + 1);
        return places;
    }

    std::chrono::milliseconds pause() const;
    void tell(const Result<Refreshed>& refreshed, Instant at);
    Async<Refreshed> ask(Candidate candidate);
    struct Verified {
        std::shared_ptr<const Snapshot> snapshot;
        std::vector<registry::DirectoryPart> listed;
    };
    Result<Verified> verify_and_keep(const registry::Directory& directory, std::map<std::string, Octets> parts);
    Async<std::map<std::string, Octets>> collect(const Download& download, std::size_t& fetched);
};

Client::Client(ClientSettings settings, registry::Anchor anchor, const Clock& clock, Fetch fetch)
    : parts_(new Parts{settings, std::move(anchor), clock, Downloader(std::move(fetch), settings.tls_roots),
                       Store(settings.folder)}) {
    auto stored = parts_->store.load();
    if (!stored) {
        log::warning("configuration.store_damaged", {{"reason", stored.error().detail}});
    } else if (*stored && (*stored)->instance == parts_->anchor.instance) {
        parts_->publish(snapshot_of(**stored, 1), listed_in(**stored));
        log::info("configuration.loaded", {{"expires", rfc3339_seconds((*stored)->expires)}});
    }
}

Client::~Client() = default;

std::shared_ptr<const Snapshot> Client::current() const { return parts_->current(); }

Standing Client::standing() const {
    const std::lock_guard held(parts_->lock);
    return parts_->standing;
}

void Client::on_change(Changed changed) { parts_->changed = std::move(changed); }

/// Parts whose digest is known come from the store; the others are fetched, in the order of the directory.
Async<std::map<std::string, Octets>> Client::Parts::collect(const Download& download, std::size_t& fetched) {
    std::map<std::string, Octets> parts;
    for (const auto& part : download.directory.parts) {
        std::optional<Octets> known;
        const std::function<void()> look = [&] { known = store.part(part); };
        co_await channel::on_disk_pool(look);
        if (known) {
            parts.emplace(part.location, std::move(*known));
            continue;
        }
        auto octets = co_await downloader.part(download.location, part);
        if (!octets) co_return octets.error();
        parts.emplace(part.location, std::move(*octets));
        ++fetched;
    }
    co_return parts;
}

/// What is verified and kept, ready to be handed out. Large documents take their time, so this runs beside the
/// messages.
Result<Client::Parts::Verified> Client::Parts::verify_and_keep(const registry::Directory& directory,
                                                               std::map<std::string, Octets> parts) {
    auto whole = verify_parts(directory, anchor.instance, std::move(parts));
    if (!whole) return whole.error();
    if (auto kept = store.keep(*whole); !kept) return kept.error();
    return Verified{snapshot_of(*whole, next_revision()), listed_in(*whole)};
}

Async<Refreshed> Client::Parts::ask(Candidate candidate) {
    // 1. The directory: the remembered version of a remembered location, otherwise the highest there is.
    std::optional<int> version;
    if (remembered && remembered->candidate == candidate) version = remembered->version;
    auto download = co_await downloader.directory(candidate, anchor.instance, version, clock.now(), previous);
    if (!download) co_return download.error();
    Refreshed refreshed{false, download->location, 0};

    // 2. Unchanged content: nothing to fetch, but the expiry moves forward.
    if (current() && same_content(listed, download->directory.parts)) {
        Result<void> kept;
        const std::function<void()> work = [&] { kept = store.extend(download->directory); };
        co_await channel::on_disk_pool(work);
        if (!kept) co_return kept.error();
        extend(download->directory);
        remembered = Remembered{std::move(candidate), download->version};
        co_return refreshed;
    }

    // 3. All parts, all verified; then the disk; then everybody else.
    auto parts = co_await collect(*download, refreshed.downloaded);
    if (!parts) co_return parts.error();
    Result<Verified> verified = fault(FaultCode::internal_error, "Verifying the global configuration: not done.");
    const std::function<void()> work = [&] { verified = verify_and_keep(download->directory, std::move(*parts)); };
    co_await channel::on_disk_pool(work);
    if (!verified) co_return verified.error();
    publish(std::move(verified->snapshot), std::move(verified->listed));
    remembered = Remembered{std::move(candidate), download->version};
    refreshed.changed = true;
    co_return refreshed;
}

/// What a run came to, for the log and for `status`.
void Client::Parts::tell(const Result<Refreshed>& refreshed, Instant at) {
    {
        const std::lock_guard held(lock);
        standing.last_try = at;
        if (refreshed) {
            standing = Standing{at, at, {}, refreshed->location, 0};
        } else {
            standing.trouble = refreshed.error().detail;
            ++standing.failures;
        }
    }
    if (!refreshed) {
        const auto& why = refreshed.error();
        log::error("configuration.refresh_failed", {{"code", spelling(why.code)}, {"reason", why.detail}});
    } else if (refreshed->changed) {
        const auto now = current();
        log::info(
            "configuration.changed",
            {{"location", refreshed->location}, {"expires", rfc3339_seconds(now->expires)}, {"version", now->version}});
    }
}

Async<Refreshed> Client::refresh() {
    const auto at = parts_->clock.now();
    Result<Refreshed> refreshed =
        fault(FaultCode::malformed_anchor,
              "Downloading the global configuration: the anchor has no http address. Ask the registry for another.");
    for (auto& candidate : parts_->in_order()) {
        refreshed = co_await parts_->ask(candidate);
        if (refreshed) break;
        parts_->remembered.reset();
        log::debug("configuration.candidate_failed",
                   {{"location", candidate.url}, {"reason", refreshed.error().detail}});
    }
    parts_->tell(refreshed, at);
    co_return refreshed;
}

/// Soon after a failure, then ever later; the interval after a success.
std::chrono::milliseconds Client::Parts::pause() const {
    const std::lock_guard held(lock);
    if (standing.failures == 0) return settings.interval;
    const int doublings = std::min(standing.failures - 1, 16);
    return std::min(first_pause * (1 << doublings), std::max(longest_pause, settings.interval));
}

boost::asio::awaitable<void> Client::run() {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    for (;;) {
        timer.expires_after(parts_->pause());
        const auto [error] = co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        if (error) co_return;
        [[maybe_unused]] auto refreshed = co_await refresh();
    }
}

}  // namespace onceway::registry_view
