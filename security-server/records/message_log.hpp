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
#include "schemas/message/facts.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace onceway::records {

enum class Side { client, provider };
enum class Direction { request, response };

/// What becomes of SOAP attachments whose digests a hash chain gives. Genuine servers never keep them.
enum class SoapAttachments { kept, digests };

/// One message to record. `outcome` is "accepted", or the fault code with which it was refused.
struct Record {
    Side side;
    Direction direction;
    identity::ClientId client;    // who asked
    identity::ServiceId service;  // what was asked
    std::string message_id;       // x-road-id
    std::string request_id;       // x-road-request-id
    std::string outcome = "accepted";
    message::Language language = message::Language::rest;
    Octets message;                          // the message part's octets, whatever their encoding
    std::shared_ptr<channel::Payload> body;  // a REST body, or a part for each SOAP attachment; null when there is none
    signature::Seal seal;                    // as sent or received; `signature` null for what never had one
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
        std::filesystem::path folder;  // messages.db, index.db, bodies/
        /// 0: none. Larger bodies fail the exchange as X-Road's limit does; larger SOAP attachments are not kept, where
        /// a hash chain has their digests.
        std::uint64_t body_limit = 0;
        SoapAttachments soap_attachments = SoapAttachments::kept;
    };
    /// Opens and checks the tail (numbers without a gap, packs as they were written, last bodies present), which takes
    /// the same time however large the log is. Behind that it removes bodies that no record names, and makes a lost
    /// index. Faults: `database_error`.
    static Result<std::unique_ptr<MessageLog>> open(const Settings& settings, const Clock& clock);
    ~MessageLog();  // commits what is queued

    /// Returns once the record is durable; its number is gapless and ascending. Many that wait are committed together.
    /// Faults carry the phase `logging_failed.`: `logging_failed` (body over the limit, queue full), `database_error`
    /// (disk full: passes by itself; disk broken: nothing is acknowledged any more), and what the gate says.
    Async<std::uint64_t> append(Record record);

    /// Asked before every accepted record is taken; its fault refuses the record. The time-stamper's door: no
    /// authority, or failing for too long. Called from the threads that append. Rule: message-log §1.8.
    void admit_by(std::function<Result<void>()> gate);
    /// Awaited after every accepted, signed record has become durable, before `append` returns; its fault fails the
    /// message, and the record stays. For time-stamps that each message waits for. Rule: message-log §1.9.
    void stamp_by(std::function<Async<void>(std::uint64_t number)> stamp);

    Health health() const;

    // --- time-stamping ---
    struct Unstamped {
        std::uint64_t number;
        Octets signature_sha512;  // leaf of the time-stamp tree
    };
    /// Oldest accepted, signed records without a time-stamp, by number. Reads the disk, as everything below does.
    Result<std::vector<Unstamped>> unstamped(std::size_t most);
    /// The signature document of a record, and the signature value in it: what a single time-stamp is put on.
    Result<Octets> signature_document(std::uint64_t number);
    Result<Octets> signature_value(std::uint64_t number);
    /// One token for one record (single), or for many (batch). The chain documents of a batch are written from its
    /// leaves when a container is asked for.
    struct Stamp {
        Octets token;
        Instant at;
        Octets chain_result;                                    // empty for a single stamp
        std::vector<std::pair<std::uint64_t, Octets>> records;  // record and its leaf, in the order of the tree
    };
    /// Keeps a stamp in one transaction; records that got one meanwhile stay as they are. Waits for the writer: not for
    /// a thread that carries messages. Faults: `database_error`.
    Result<void> keep_stamp(const Stamp& stamp);

    // --- reading ---
    /// Accepted and signed records of one message. Rule: message-log §7.1.
    Result<std::vector<Stored>> find(const identity::ClientId& local_party, std::string_view message_id);
    /// The container of a stamped record, streamed; attachments that were not kept are not in it. Faults:
    /// `asic_timestamp_not_found` when it has no stamp yet, `not_found`. Safe to call from a thread that may block.
    Result<void> export_container(std::uint64_t number, const std::function<void(OctetsView)>& sink);

private:
    struct Parts;
    explicit MessageLog(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace onceway::records
