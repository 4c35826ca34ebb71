// A registry at work: it publishes on its interval and after each decision, and answers HTTP and HTTPS.
#pragma once

#include "central-registry/admin/commands.hpp"
#include "central-registry/admin/publishing.hpp"
#include "certs/channel/server.hpp"
#include "certs/channel/threads.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace onceway::central {

/// Publishes when a decision was made, when the interval has passed, and again after a failure.
class Schedule {
public:
    Schedule(store::Database& database, const Place& place)
        : database_(database), place_(place), ring_(place.secret()) {}

    /// Publishes if it is time. A failure, a broken disk included, ends no publication that is out: it is logged as
    /// `configuration.not_published` and tried again.
    void look();

private:
    void look_once();
    store::Database& database_;
    const Place& place_;
    KeyRing ring_;
    std::int64_t decision_ = -1;
    std::chrono::steady_clock::time_point due_{}, next_glance_{};
};

class Service {
public:
    /// Opens the registry, publishes for the first time, and opens the doors; they answer when this returns.
    /// Faults: those of open_registry, `network_error`, `pin_incorrect`, `invalid_argument`.
    static Result<std::unique_ptr<Service>> start(const Place& place, const ServeWishes& wishes);
    ~Service();

    /// To be called a few times a second.
    void look() { schedule_.look(); }
    /// Lets the answers under way end, and closes the doors.
    void stop();

    std::string instance();
    /// "http://127.0.0.1:8880", with the ports that were taken.
    std::string http_url() const;
    std::string https_url() const;  // empty without HTTPS

private:
    Service(store::Database database, const Place& place, const ServeWishes& wishes);
    Result<void> open_doors();
    Result<std::unique_ptr<channel::Listener>> open_door(const std::string& address,
                                                         std::shared_ptr<channel::TlsContext> tls);

    Place place_;
    ServeWishes wishes_;
    store::Database database_;
    Schedule schedule_;
    channel::Threads threads_{2};
    std::unique_ptr<channel::Listener> http_, https_;
};

}  // namespace onceway::central
