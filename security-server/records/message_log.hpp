// The message log: every message sealed and every message refused, on disk before anything depends on it, numbered
// without a gap by one writer, and given back byte for byte as a signed document.
#pragma once

#include "certs/channel/payload.hpp"
#include "certs/container/asic.hpp"
#include "certs/signature/sealer.hpp"
#include "certs/timestamp/timestamp.hpp"
#include "schemas/base/async.hpp"
#include "schemas/base/time.hpp"
#include "schemas/identity/identifiers.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace onceway::records {

enum class Side { client, provider };
enum class Direction { request, response };

/// One message to record. `outcome` is "accepted", or the fault code with which it was refused.
struct Record {
    Side side;
    Direction direction;
    identity::ClientId client;    // who asked
    identity::ServiceId service;  // what was asked
    std::string message_id;       // x-road-id
    std::string request_id;       // x-road-request-id
    std::string outcome = "accepted";
    Octets message;                         // the message part's octets
    std::shared_ptr<channel::Payload> body; // null when there is none
    signature::Seal seal;                   // as sent or received; `signature` null for what never had one
    Instant at;

    /// Whose log this is: the client on the client side, the provider on the other. Rule: message-log §1.3.
    identity::ClientId local_party() const { return side == Side::client ? client : service.provider; }
};

struct Stored {
    std::uint64_t number = 0;
    Side side;
    Direction direction;
    std::string message_id, request_id, outcome;
    Instant at;
    bool stamped = false;
};

/// What the log says of itself; for health and `status`.
struct Health {
    bool writable = true;
    std::string trouble;  // why it is not
    std::uint64_t last_number = 0, unstamped = 0;
    std::optional<Instant> oldest_unstamped;
    std::size_t waiting = 0;  // records queued for the writer
};

class MessageLog {
public:
    struct Settings {
        std::filesystem::path folder;  // messages.db, bodies/
        std::uint64_t body_limit = 0;  // 0: none. Larger bodies fail the exchange as X-Road's limit does
    };
    /// Opens, checks the tail (numbers without a gap, last bodies present), removes bodies that no record names.
    /// Faults: `database_error`.
    static Result<std::unique_ptr<MessageLog>> open(const Settings& settings, const Clock& clock);
    ~MessageLog();  // commits what is queued

    /// Returns once the record is durable; its number is gapless and ascending. Many that wait are committed together.
    /// Faults: `logging_failed` with the cause; after a failed sync nothing is acknowledged any more.
    Async<std::uint64_t> append(Record record);

    Health health() const;

    // --- time-stamping ---
    struct Unstamped {
        std::uint64_t number;
        Octets signature_sha512;  // leaf of the time-stamp tree
    };
    /// Oldest accepted, signed records without a time-stamp, by number.
    Result<std::vector<Unstamped>> unstamped(std::size_t most);
    /// The signature value of a record, for a single time-stamp.
    Result<Octets> signature_value(std::uint64_t number);
    /// Keeps one token for one record (single) or many (batch: result document, a chain document each). One transaction;
    /// records that got a stamp meanwhile stay as they are.
    struct Stamp {
        Octets token;
        Instant at;
        Octets chain_result;                                   // empty for a single stamp
        std::vector<std::pair<std::uint64_t, Octets>> chains;  // record and chain document (empty for single)
    };
    Result<void> keep_stamp(const Stamp& stamp);

    // --- reading ---
    /// Accepted and signed records of one message. Rule: message-log §7.1.
    Result<std::vector<Stored>> find(const identity::ClientId& local_party, std::string_view message_id);
    /// The container of a stamped record, streamed. Faults: `asic_timestamp_not_found` when it has no stamp yet,
    /// `not_found`. Safe to call from a thread that may block.
    Result<void> export_container(std::uint64_t number, const std::function<void(OctetsView)>& sink);

private:
    struct Parts;
    explicit MessageLog(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::records
