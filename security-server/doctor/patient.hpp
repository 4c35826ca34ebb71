// What is known of a server before anybody else is asked: its file, its keys, its state, and how it says it stands.
#pragma once

#include "certs/keys/token.hpp"
#include "security-server/access/state.hpp"
#include "security-server/admin/asking.hpp"
#include "security-server/registry-view/client.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <vector>

namespace onceway::doctor {

/// Built once, then read by many checks at a time. What could not be had is empty, and the fault beside it says why.
struct Patient {
    /// Reads the folder and asks the server, running or not. Keys of a stopped server are unlocked when a file holds
    /// their PIN; nobody is asked for it. The clock outlives the patient. A server that runs and does not answer within
    /// `patience` is silent with `timed_out`.
    static std::shared_ptr<Patient> meet(admin::Asking asking, const Clock& clock,
                                         std::chrono::milliseconds patience = std::chrono::seconds(5));
    bool hangs() const { return silent && silent->code == FaultCode::timed_out; }

    admin::ServerFile file;
    const Clock& clock;

    bool running = false;
    boost::json::object status;   // as `onceway-server status --json` shows it
    std::optional<Fault> silent;  // why it could not be asked

    std::optional<access::State> state;
    std::optional<registry::Anchor> anchor;
    std::string anchor_hash;
    std::optional<Fault> no_anchor;
    std::vector<keys::KeyInfo> keys;
    std::optional<Fault> no_keys;
    std::optional<Fault> locked;  // a stopped server's keys: why they could not be unlocked, when a file has the PIN
    std::shared_ptr<const registry_view::Configuration> stored;  // the last that verified, expired or not
    std::optional<Fault> no_stored;

    /// Asks the server what only it can do. Safe from several threads.
    Result<boost::json::object> ask(const boost::json::object& request) const;

    Patient(admin::ServerFile file, const Clock& clock) : file(std::move(file)), clock(clock) {}

private:
    mutable std::mutex lock_;
    mutable std::counting_semaphore<2> questions_{2};  // a running server has messages to carry besides
    mutable std::optional<admin::Asking> asking_;
};

/// A section of the status; empty when it is not there.
const boost::json::object& section(const boost::json::object& status, std::string_view name);
std::int64_t number_in(const boost::json::object& object, std::string_view key);
bool is_true(const boost::json::object& object, std::string_view key);

}  // namespace onceway::doctor
