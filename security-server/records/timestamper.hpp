// Puts time-stamps on what was recorded: in the background, in batches, from the first authority that answers rightly;
// and refuses messages once that has failed for too long.
#pragma once

#include "certs/x509/certificate.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/limits.hpp"
#include "schemas/base/time.hpp"
#include "security-server/records/message_log.hpp"
#include "security-server/records/stamp_authorities.hpp"
#include "security-server/registry-view/view.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace onceway::records {

/// Carries a question to the authority at `url` and gives its whole answer. Faults: `mlog_…` of message-log §3.3.
using AskAuthority = std::function<Async<Octets>(std::string url, Octets question)>;

/// How long one authority may take: to connect, and for everything.
struct Patience {
    std::chrono::milliseconds connect = limits::trust_service_connect, total = limits::trust_service_total;
};
/// Over HTTP as message-log §3.3 describes; https only to hosts that `roots` vouch for.
AskAuthority ask_over_http(std::vector<x509::Certificate> roots = {}, Patience patience = {});

class Timestamper {
public:
    struct Settings {
        std::chrono::seconds interval{0};      // between two runs, from 1 s; 0: as the private parameters say
        std::chrono::seconds retry_delay{60};  // after a failure, when that is shorter; 0: the interval
        std::chrono::seconds acceptable_failure{14'400};  // 0: failing never refuses messages
        std::size_t batch = 10'000;                       // records under one token
        std::vector<std::string> authorities;             // URLs in order; empty: the approved ones of our instance
        Preference preference = Preference::none;
        bool immediately = false;        // each message waits for a stamp of its own; see `stamp_now`
        std::filesystem::path memory{};  // a file that keeps since when stamping fails; empty: forgotten at the end
    };
    /// The references outlive this object, and this outlives its coroutines. Reads `memory`.
    Timestamper(MessageLog& log, const registry_view::View& view, const Clock& clock, Settings settings,
                AskAuthority ask);
    ~Timestamper();

    /// Stamps what waits, again and again, until `stop`. The first time after a second. Rule: message-log §1.9.
    boost::asio::awaitable<void> run();
    /// Ends `run` once its present step is done. From any thread.
    void stop();

    /// One run: the oldest unstamped records under one token, as often as a full batch was there. Gives their number.
    /// Faults: `timestamping_failed` with each authority's reason, `global_conf_outdated`, `database_error`.
    Async<std::size_t> run_once();
    /// Stamps these records now, each with a token of its own; those that have a stamp are left alone. When stamping
    /// failed before, the others follow at once. Rule: message-log §1.9, forced. Faults: as `run_once`.
    Async<void> stamp_now(std::vector<std::uint64_t> numbers);

    /// Whether a message may be logged now. Faults: `mlog_no_timestamping_provider_found`, and, unless messages are
    /// stamped immediately, `timestamping_failed`. Quick, and safe from any thread. Rule: message-log §1.8 (a) and (b).
    Result<void> admits() const;
    /// Until the next run.
    std::chrono::seconds delay() const;

    struct State {
        std::optional<Instant> last_success, failing_since;
        /// After this moment a stamp on the oldest record that waits comes too late: the OCSP answer in its signature
        /// is too old then, and nobody can verify it. As the last run saw it. Rule: message-log T1.
        std::optional<Instant> stamp_before;
        /// Each URL that was asked, and the reason of its last failure; empty when it was right.
        std::map<std::string, std::string> authorities;
        std::vector<std::string> in_order;  // that the next question goes to, in turn
        std::vector<std::string> unknown;   // those that the operator selected and the configuration does not name
    };
    State state() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::records
