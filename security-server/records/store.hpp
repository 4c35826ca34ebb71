// The tables of the message log: the one place of this folder that speaks SQL. A writer for the one thread that
// commits, a reader for everybody else. What each column holds stands in docs/auditors/message-log.md.
#pragma once

#include "schemas/store/database.hpp"
#include "security-server/records/compact.hpp"
#include "security-server/records/message_log.hpp"

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace onceway::records {

/// A body that lies beside the database.
struct BodyFile {
    std::string name;  // in the folder `bodies`
    std::uint64_t size = 0;
    Octets sha512;
};

/// A record and its body, ready to be written. A body stands in `body` or in `file`, not in both.
struct Entry {
    const Record& record;
    std::optional<OctetsView> body;
    const BodyFile* file = nullptr;
};

/// Writes. One thread. A broken or full disk throws store::StoreError from any of these.
class StoreWriter {
public:
    static Result<std::unique_ptr<StoreWriter>> open(const std::filesystem::path& path);
    ~StoreWriter();

    std::uint64_t last_number();
    std::uint64_t unstamped();
    std::optional<Instant> oldest_unstamped();
    /// Faults: `database_error` when the last thousand numbers have a gap.
    Result<void> check_tail();
    /// Files that the last thousand records name.
    std::vector<BodyFile> last_files();
    bool names_file(std::string_view name);

    /// Runs `work` between BEGIN and COMMIT; when it returns, what it inserted is on disk. After a throw, nothing is.
    template <class F>
    void commit(F&& work) {
        try {
            database_.transaction(std::forward<F>(work));
        } catch (...) {
            forget();
            throw;
        }
    }
    // Inside commit:
    void insert(std::uint64_t number, const Entry& entry);
    void keep_stamp(const MessageLog::Stamp& stamp);
    /// From now on the tables behave as on a full disk when they would outgrow `octets`.
    void limit_to(std::uint64_t octets);
    /// Writes a little and takes it away again: shows whether the disk takes anything.
    void probe();

private:
    explicit StoreWriter(store::Database database);
    void forget();
    std::int64_t keep_part(OctetsView octets);
    std::int64_t keep_errand(const Record& record);
    /// The record that holds this signature already, for what was signed as a batch; 0: none.
    std::uint64_t holder_of(const signature::Seal& seal) const;
    std::int64_t keep_file(const BodyFile& file);

    struct SharedSeal {
        std::shared_ptr<const Octets> signature, result;
        std::uint64_t number;
    };
    struct Statements;
    store::Database database_;
    std::unique_ptr<Statements> statements_;
    Packer packer_;
    std::unordered_map<std::string, std::int64_t> errands_;
    std::deque<SharedSeal> seals_;  // the last ones, so that a batch's signature is kept once
};

/// A record as it lies in the tables, its documents still compact.
struct Row {
    Stored stored;
    std::string client, provider, service;  // percent-encoded, as identifiers stand in a URL
    Octets message;
    bool has_body = false;  // in the database; `body` only when it was asked for
    std::optional<Octets> body;
    std::optional<BodyFile> file;
    std::uint64_t seal = 0;  // the record that holds the signature, most often this one; 0: none
    Octets signature;        // empty when another record holds it
    std::optional<Octets> result, chain;

    const std::string& local_party() const { return stored.side == Side::client ? client : provider; }
};

/// A time-stamp as it lies in the tables. `leaves` is empty for a single one.
struct KeptStamp {
    Octets token, result, leaves;
    std::size_t position = 0;
};

/// Reads, on a connection of its own. One thread at a time.
class StoreReader {
public:
    static Result<std::unique_ptr<StoreReader>> open(const std::filesystem::path& path);
    ~StoreReader();

    std::vector<std::uint64_t> unstamped(std::size_t most);
    std::optional<Row> row(std::uint64_t number, bool with_body);
    std::optional<KeptStamp> stamp(std::uint64_t number);
    /// Numbers above `after` and their message ids, at most `most` of them.
    std::vector<std::pair<std::uint64_t, std::string>> message_ids(std::uint64_t after, std::size_t most);

    struct Documents {
        Octets signature;
        std::optional<Octets> result, chain;
    };
    /// The documents of a row, its body included, as they were sent. Faults: `database_error`.
    Result<Documents> documents(const Row& row);
    /// The signature document that the record under this number holds. Faults: `database_error`.
    Result<Octets> signature(std::uint64_t holder);

private:
    explicit StoreReader(store::Database database);
    Result<Documents> seal_of(const Row& holder);
    std::optional<Octets> part(std::int64_t id);

    struct Statements;
    store::Database database_;
    std::unique_ptr<Statements> statements_;
    std::unordered_map<std::int64_t, Octets> parts_;
};

}  // namespace onceway::records
