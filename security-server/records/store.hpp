// The tables of the message log: the one place of this folder that speaks SQL. A writer for the one thread that
// commits, a reader for everybody else. What each column holds stands in docs/auditors/message-log.md.
#pragma once

#include "schemas/store/database.hpp"
#include "security-server/records/compact.hpp"
#include "security-server/records/logged_parts.hpp"
#include "security-server/records/message_log.hpp"
#include "security-server/records/pack.hpp"
#include "security-server/records/pressed.hpp"

#include <array>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace onceway::records {

/// A database up to this size is checked from end to end when it is opened; a larger one by its tail, which takes the
/// same time however large it is.
inline constexpr std::uint64_t checked_whole = 64 * 1024 * 1024;

/// A body that lies beside the database.
struct BodyFile {
    std::string name;  // in the folder `bodies`
    std::uint64_t size = 0;
    Octets sha512;
};

/// A record and its body, ready to be written. A body stands in `body` or in `file`, not in both; several attachments,
/// or one that is not kept, are listed in `parts`, and what is kept of them is the body.
struct Entry {
    const Record& record;
    std::optional<OctetsView> body;
    const BodyFile* file = nullptr;
    std::span<const LoggedPart> parts{};
};

/// Writes. One thread. A broken or full disk throws store::StoreError from any of these.
class StoreWriter {
public:
    static Result<std::unique_ptr<StoreWriter>> open(const std::filesystem::path& path);
    ~StoreWriter();

    std::uint64_t last_number();
    std::uint64_t unstamped();
    /// When the oldest record without a time-stamp was taken, or another of its commit.
    std::optional<Instant> oldest_unstamped();

    /// Runs `work` between BEGIN and COMMIT; when it returns, what it inserted is on disk. After a throw, nothing is.
    template <class F>
    void commit(F&& work) {
        try {
            database_.transaction([&] {
                work();
                close_pack();
            });
        } catch (...) {
            forget();
            throw;
        }
    }
    // Inside commit:
    /// Takes the record with this number; each is one above the last.
    void insert(std::uint64_t number, const Entry& entry);
    void keep_stamp(const MessageLog::Stamp& stamp);
    /// Outside commit: moves what was committed from the write-ahead log into the database once that is much. A failed
    /// sync throws StoreBroken, as in a commit.
    void checkpoint_when_due();
    /// From now on the tables behave as on a full disk when they would outgrow `octets`.
    void limit_to(std::uint64_t octets);
    /// Writes a little and takes it away again: shows whether the disk takes anything.
    void probe();

private:
    explicit StoreWriter(store::Database database);
    void forget();
    void close_pack();
    std::int64_t keep_part(OctetsView octets);
    std::int64_t keep_errand(const Record& record);
    std::int64_t find_or_add_errand(const Record& record);
    /// The record that holds this signature already, for what was signed as a batch; 0: none.
    std::uint64_t holder_of(const signature::Seal& seal) const;
    std::int64_t keep_file(const BodyFile& file);
    void add_unstamped(std::uint64_t first, std::uint64_t last);
    std::optional<std::pair<std::uint64_t, std::uint64_t>> take_unstamped(std::uint64_t from, std::uint64_t to);
    std::int64_t add_stamp(const MessageLog::Stamp& stamp);

    struct SharedSeal {
        std::shared_ptr<const Octets> signature, result;
        std::uint64_t number;
    };
    struct Statements;
    store::Database database_;
    std::unique_ptr<Statements> statements_;
    Packer packer_;
    PackBuilder pack_;
    Presser presser_;
    std::optional<Octets> link_;                                  // of the last pack; none: to be read
    std::optional<std::pair<std::uint64_t, std::uint64_t>> run_;  // the last one that waits; none: to be read
    std::vector<std::uint64_t> waiting_;                          // evidence in the open pack
    std::unordered_map<std::string, std::int64_t> errands_;
    struct {
        std::int64_t id = 0;  // 0: none
        identity::ClientId client;
        identity::ServiceId service;
    } last_errand_;
    std::deque<SharedSeal> seals_;  // the last ones, so that a batch's signature is kept once
};

/// The digests that a record's documents may name. `parts` are the raw SHA-512 of the body or of all attachments.
KnownDigests digests_of(OctetsView message, std::vector<Octets> parts);

/// A record as it lies in the tables, its documents still compact.
struct Row {
    Stored stored;
    std::string client, provider, service;  // percent-encoded, as identifiers stand in a URL
    Octets message;
    bool has_body = false;  // in the database; `body` only when it was asked for
    std::optional<Octets> body;
    std::optional<BodyFile> file;
    std::vector<LoggedPart> parts;  // empty: none, or one that is kept whole
    std::uint64_t seal = 0;         // the record that holds the signature, most often this one; 0: none
    Octets signature;               // empty when another record holds it
    std::optional<Octets> result, chain;

    const std::string& local_party() const { return stored.side == Side::client ? client : provider; }
};

/// A time-stamp as it lies in the tables. `leaves` is empty for a single one.
struct KeptStamp {
    Octets token, result, leaves;
    std::size_t position = 0;
};

/// A pack as it was read; its link was recomputed.
struct OpenPack {
    PackFacts facts;
    Octets plain;
    std::vector<PackedRecord> records;  // views into `plain`
};

/// Reads, on a connection of its own. One thread at a time. What is damaged is a fault that names the record.
class StoreReader {
public:
    enum class Opening { quick, checked_whole };
    static Result<std::unique_ptr<StoreReader>> open(const std::filesystem::path& path,
                                                     Opening opening = Opening::quick);
    ~StoreReader();

    std::vector<std::uint64_t> unstamped(std::size_t most);
    /// None when there is no record under this number. Faults: `database_error`.
    Result<std::optional<Row>> row(std::uint64_t number, bool with_body);
    /// Faults: `database_error`.
    Result<std::optional<KeptStamp>> stamp(std::uint64_t number);
    /// Numbers above `after` and their message ids, at least `most` of them unless there are fewer. Faults:
    /// `database_error`.
    Result<std::vector<std::pair<std::uint64_t, std::string>>> message_ids(std::uint64_t after, std::size_t most);

    struct Documents {
        Octets signature;
        std::optional<Octets> result, chain;
    };
    /// The documents of a row, its body included, as they were sent. Faults: `database_error`.
    Result<Documents> documents(const Row& row);
    /// The signature document that the record under this number holds. Faults: `database_error`.
    Result<Octets> signature(std::uint64_t holder);

    /// Reads the last thousand records and gives the body files that they name. Faults: `database_error` when a number
    /// is missing or a pack is not what was written.
    Result<std::vector<BodyFile>> check_tail();
    bool names_file(std::string_view name);
    /// Of the last pack; empty without one.
    Octets last_link();
    /// Numbers of the newest `most` records that were refused, newest first, looking through the last `through`
    /// records. Faults: `database_error`.
    Result<std::vector<std::uint64_t>> refused(std::uint64_t through, std::size_t most);

    /// The pack that holds `number`; null when there is none. Faults: `database_error`.
    Result<std::shared_ptr<const OpenPack>> pack_of(std::uint64_t number);
    /// The first pack above `number`; null when there is none. Faults: `database_error`.
    Result<std::shared_ptr<const OpenPack>> pack_after(std::uint64_t number);

private:
    explicit StoreReader(store::Database database);
    void remember(std::shared_ptr<const OpenPack> pack);
    Result<Documents> seal_of(const Row& holder);
    Result<std::optional<BodyFile>> body_file(std::int64_t id);
    std::optional<Octets> part(std::int64_t id);
    Result<std::optional<Row>> unpacked(const OpenPack& pack, std::uint64_t number, bool with_body);
    bool is_stamped(std::uint64_t number);

    struct Errand {
        std::string client, provider, service;
    };
    Result<Errand> errand(std::int64_t id);

    struct Statements;
    store::Database database_;
    std::unique_ptr<Statements> statements_;
    std::unordered_map<std::int64_t, Octets> parts_;
    std::unordered_map<std::int64_t, Errand> errands_;
    std::deque<std::shared_ptr<const OpenPack>> packs_;  // read last
};

}  // namespace onceway::records
