// `onceway-server anchor`: another anchor is shown, tried with a whole download, and only then taken.
#include "certs/channel/threads.hpp"
#include "schemas/store/database.hpp"
#include "security-server/admin/asking.hpp"
#include "security-server/registry-view/client.hpp"

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <future>

namespace onceway::admin {
namespace {

constexpr std::size_t anchor_octets = 1024 * 1024;

boost::asio::awaitable<void> try_it(registry::Anchor anchor, std::filesystem::path roots,
                                    std::promise<Result<registry_view::Configuration>>& done) {
    auto tried =
        co_await registry_view::try_anchor(std::move(anchor), std::move(roots), Clock::system(), channel::fetch);
    done.set_value(std::move(tried));
}

Result<registry_view::Configuration> trial(const registry::Anchor& anchor, const ServerFile& file) {
    channel::Threads threads(1);
    std::promise<Result<registry_view::Configuration>> done;
    auto outcome = done.get_future();
    threads.spawn(threads.context(0), "trying the anchor", try_it(anchor, file.tls_roots, done));
    return outcome.get();
}

}  // namespace

Outcome replace_anchor(const AnchorOptions& options) {
    auto asking = Asking::of(options.folder);
    if (!asking) return complain(asking.error());
    const auto& file = asking->file();
    const auto octets = store::read_whole(options.anchor, anchor_octets);
    if (!octets) return complain(octets.error());
    const auto anchor = check_anchor(*octets, file.id.owner.instance);
    if (!anchor) return complain(anchor.error());

    const auto tried = trial(*anchor, file);
    if (!tried) return complain(tried.error());
    fmt::print("Anchor of {}{}\nSHA-224 {}\nIts configuration verifies: version {}, expires {}.\n", anchor->instance,
               anchor->generated_at ? ", made at " + rfc3339_seconds(*anchor->generated_at) : "",
               registry_view::anchor_hash(*octets), tried->version, rfc3339_seconds(tried->expires));
    if (!options.yes && !confirmed("Compare the hash with the registry's operator. Take this anchor?")) {
        fmt::print(stderr, "The anchor was not taken. Say --yes to take it without being asked.\n");
        return Outcome::could_not_tell;
    }

    auto lock = FolderLock::take(file.lock());
    if (!lock) return complain(lock.error());
    if (auto written = store::write_whole(file.anchor, *octets); !written) return complain(written.error());
    if (options.accept_older)
        if (auto forgotten = registry_view::Store(file.configuration()).forget(); !forgotten)
            return complain(forgotten.error());
    fmt::print("The anchor is in {}. Start the server.\n", file.anchor.string());
    return Outcome::yes;
}

}  // namespace onceway::admin
