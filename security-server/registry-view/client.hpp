// The configuration client: asks the registry on its interval, believes only what verifies, and keeps the last of it.
#pragma once

#include "certs/channel/client.hpp"
#include "security-server/registry-view/candidates.hpp"
#include "security-server/registry-view/store.hpp"
#include "security-server/registry-view/view.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace onceway::registry_view {

struct ClientSettings {
    std::filesystem::path folder;                                            // where verified configurations are kept
    std::chrono::milliseconds interval{60'000};                              // from 1 s
    std::filesystem::path tls_roots = "/etc/ssl/certs/ca-certificates.crt";  // for https variants; absent: http only
};

/// How one run went.
struct Refreshed {
    bool changed = false;        // other content than before; false when only the expiry moved
    std::string location;        // that served it, with version
    std::size_t downloaded = 0;  // parts fetched
};

/// How the client stands; for health and `status`.
struct Standing {
    std::optional<Instant> last_success, last_try;
    std::string trouble;  // of the last try; empty when it succeeded
    std::string location;
    int failures = 0;  // in a row
};

/// Carries one exchange with the registry; `channel::fetch`, or a test's own.
using Fetch = std::function<Async<channel::FetchAnswer>(channel::FetchRequest)>;

/// One instance's configuration. `current` may be called from any thread; the rest belongs to one.
class Client : public View {
public:
    /// Starts from what is on disk, expired or not; a damaged store is logged and left to the next download.
    Client(ClientSettings settings, registry::Anchor anchor, const Clock& clock, Fetch fetch = channel::fetch);
    ~Client() override;

    std::shared_ptr<const Snapshot> current() const override;
    Standing standing() const;

    /// Called on the client's thread after every change of content; the first snapshot has no `before`.
    using Changed = std::function<void(const Snapshot* before, const Snapshot& now)>;
    void on_change(Changed changed);

    /// One run over all candidates until one works; nothing is kept unless everything verified.
    /// Faults: the one of the last candidate. Rule: global-configuration §2.3, §2.7.
    Async<Refreshed> refresh();

    /// Runs for ever: the interval after a success, after failures up to one minute or the interval, whichever is
    /// longer.
    boost::asio::awaitable<void> run();

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// Downloads and verifies a configuration with an anchor that is not yet in use, and keeps nothing: the trial that an
/// anchor must pass. Faults: as `Client::refresh`; `malformed_anchor` for an anchor without an http address.
/// Rule: global-configuration §2.1, items 6 and 8.
Async<Configuration> try_anchor(registry::Anchor anchor, std::filesystem::path tls_roots, const Clock& clock,
                                Fetch fetch);

/// The snapshot of a verified configuration; `revision` says which change of content it is.
std::shared_ptr<const Snapshot> snapshot_of(const Configuration& configuration, std::uint64_t revision);

/// The SHA-224 over the anchor's octets as people compare it: "AB:CD:…". Rule: global-configuration §2.1.
std::string anchor_hash(OctetsView anchor_file);

}  // namespace onceway::registry_view
